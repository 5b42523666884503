"""Which threads come first where all cores are busy."""

import os
import sys
import threading

STEP = 5  # with 10 the network waits for this thread, which falls behind


def step_back() -> None:
    """Lets the program's other threads come before the calling one and those that it starts. Linux alone has
    priorities of single threads; elsewhere nothing changes."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + STEP)
