"""A guard against Qt bindings that lose references.

PySide6 6.12.0 is built as if None, True and False could not die, which holds from Python 3.12 on. On 3.11 every call
that returns nothing takes one reference of None away, and after some thousands of calls the interpreter aborts
("deallocating None"). 6.11 is not affected.
"""

import ctypes
import sys

PLENTY = 1 << 40
IMMORTAL_SINCE = (3, 12)


def keep_constants_alive() -> None:
    """Gives None, True and False more references than a run can lose. Does nothing where they cannot die."""
    if sys.version_info >= IMMORTAL_SINCE:
        return
    for constant in (None, True, False):
        count = ctypes.c_ssize_t.from_address(id(constant))  # the first field of every object in CPython
        if count.value < PLENTY:
            count.value += PLENTY
