"""Wait for what is to come, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.02


def wait_for(look: Callable[[], T], what: str, timeout: float = 15.0, tell: Callable[[], str] = str) -> T:
    """What `look` returns as soon as it is true; an AssertionError that says `what` and `tell()` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what}\n{tell()}")
        time.sleep(LOOK_SECONDS)
    return found
