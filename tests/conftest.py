"""For all tests."""

import os

import ppnet  # noqa: F401 - before torch, so that torch's threads sleep while they wait for each other

os.environ["PPNET_LIVE_BACKEND"] = "torch"  # nothing is measured: the same joints in every run
