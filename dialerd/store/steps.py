"""How much goes into one transaction of long work, found out by measuring: so that nobody else waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dialerd.store.database import Connection, Database

# On SQLite everybody waits for the one writer: half of the 50 ms that are promised, since disks have bad moments.
SQLITE_SECONDS = 0.02
POSTGRESQL_SECONDS = 0.1
LEAST, FIRST, MOST = 100, 250, 10_000

Watch = Callable[[int, float, float], None]
"""Told of each transaction: its rows, how many seconds it held the writer, how many of these it computed."""


class Steps:
    """Transactions of `size` rows each; the size follows from how long the last ones took."""

    def __init__(self, database: Database, watch: Watch | None = None) -> None:
        self._database = database
        self._watch = watch
        self._target = SQLITE_SECONDS if database.dialect == "sqlite" else POSTGRESQL_SECONDS
        self._last = 0.0
        self.size = FIRST

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One step, as Database.write."""
        with self._database.write() as conn:
            started, worked = time.monotonic(), time.thread_time()
            yield conn
        self._last, computed = time.monotonic() - started, time.thread_time() - worked
        if self._watch is not None:
            self._watch(self.size, self._last, computed)
        # Waiting for the disk or for the processor counts half: a smaller step waits as long, and there are more of them.
        waited = self._last - computed if self._database.dialect == "sqlite" else 0.0
        self.size = adapted(self.size, self._last - waited / 2, self._target)

    def rest(self) -> None:
        """Leaves the writer to others for as long as the last step had it. For steps that follow each other at once:
        whoever waits for SQLite looks again only every few milliseconds.
        """
        if self._database.dialect == "sqlite":
            time.sleep(min(self._last, 2 * self._target))


def adapted(size: int, took: float, target: float) -> int:
    """The rows of the next step, when `size` rows took so many seconds and `target` are wanted. It shrinks at once and
    grows by half at most, because what was quick now may be slow again.
    """
    fitting = int(size * target / max(took, 1e-6))
    return max(LEAST, min(MOST, fitting, size + size // 2))
