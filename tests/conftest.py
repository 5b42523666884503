"""For all tests."""

import ppnet  # noqa: F401 - before torch, so that torch's threads sleep while they wait for each other
