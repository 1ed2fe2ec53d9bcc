"""Python's collector of unreachable objects, told that a daemon has finished starting."""

from __future__ import annotations

import gc

# Net allocations before a look at the youngest objects. Python's 700 are those of two or three calls.
YOUNG = 20_000


def settle() -> None:
    """What is there now stays for good: the collector never looks at it again.

    Modules and settings are tens of thousands of objects. To walk over them all takes tens of milliseconds, in which no
    call is sent and no answered one is routed.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
