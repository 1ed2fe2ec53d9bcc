"""What channels told FastAGI while the database was away, heard by the engine before it writes the end of a call.

Else an end could be called unknown that is known, and a number be free to be called again before its opting out is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from dialerd.ops import journal
from dialerd.ops.metrics import Metrics
from dialerd.service.attempts import EndResult
from dialerd.service.journals import Journals
from dialerd.settings import Settings
from dialerd.store.writer import GroupWriter


class Hearing:
    """Awaited by whoever is about to write an end."""

    def __init__(
        self,
        folder: Path,
        writer: GroupWriter,
        settings: Callable[[], Settings],
        metrics: Metrics,
        on_ended: Callable[[EndResult], None],
    ) -> None:
        """`folder` is that of this machine's journals; `on_ended` hears each end that is written."""
        metrics.journal_waiting.set_function(lambda: journal.waiting(folder).reports)
        self._folder = folder
        self._found: list[EndResult] = []
        self._journals = Journals(folder, writer, settings, on_ended=self._found.append)
        self._on_ended = on_ended
        self._one = asyncio.Lock()

    async def __call__(self) -> None:
        """Write down what waits in the journals of this machine. Raises Unavailable when the database does not take it."""
        if not journal.files(self._folder):
            return
        async with self._one:
            try:
                await asyncio.to_thread(self._journals.others, living=True)
            finally:
                for result in self._found:
                    self._on_ended(result)
                self._found.clear()
