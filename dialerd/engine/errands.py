"""Work beside the dial loop that has an end: each in a task of its own, and none fails in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from dialerd.domain.errors import DialerdError

log = structlog.get_logger("dialerd.engine")


class Errands:
    """Runs errands on the event loop until it is closed."""

    def __init__(self, on_fault: Callable[[Exception], None]) -> None:
        """`on_fault` hears of an errand that failed as none should; a DialerdError is a warning in the log."""
        self._on_fault = on_fault
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Begin this work."""
        task = asyncio.create_task(self._watched(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel what goes on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watched(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except DialerdError as error:
            log.warning("errand_failed", error=str(error))
        except Exception as error:  # noqa: BLE001 - the last line of defence: an errand may be all that lets the engine dial
            self._on_fault(error)
