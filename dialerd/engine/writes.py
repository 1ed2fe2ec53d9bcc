"""The bridge from the event loop to the writer thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from dialerd.store.database import Connection
from dialerd.store.writer import GroupWriter

T = TypeVar("T")


class Writes:
    """Awaitable group commits: returns when the work's group is on disk."""

    def __init__(self, writer: GroupWriter) -> None:
        """`writer` is the process's one writer thread."""
        self._writer = writer

    async def __call__(self, work: Callable[[Connection], T], *, locks: Sequence[str] = ()) -> T:
        """Run the work in the next group. `locks` are the sent attempts it changes.

        Raises what the work raised, or Unavailable when the commit failed.
        """
        return await asyncio.wrap_future(self._writer.submit(work, locks=locks))
