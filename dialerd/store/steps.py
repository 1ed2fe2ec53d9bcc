"""How much goes into one transaction of long work, found out by measuring: so that nobody else waits for it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from dialerd.store.database import Connection, Database

# On SQLite everybody waits for the one writer. A third of the 50 ms that are promised: a row may suddenly cost three times
# what the last ones did, and disks have bad moments.
SQLITE_SECONDS = 0.015
# With nobody to wait for it.
ALONE_SECONDS = 0.02
POSTGRESQL_SECONDS = 0.1
# Nobody waits for rows that nobody sees yet; but a dozen questions and answers are part of each step. With more of them at a
# time the reader fills the pipe to us and waits, and then we wait for it.
UNSEEN_SECONDS = 0.06
LEAST, FIRST, MOST = 100, 250, 10_000
CHECKPOINT_ROWS, CHECKPOINT_ROWS_ALONE = 4000, 12_000
"""After so many rows SQLite's log is cleared: each of them writes about one page of 4 KB to it. Seldom costs less, since a
page that was written often is moved once; but it is more at a time, for which the disk is busy.
"""
COMPANY_SECONDS, ROOM_SECONDS = 1.0, 0.004
"""For so long company is thought to be there, and it is left room at least."""
PORTIONS = 4
"""A transaction that is done in portions has so many of them, more or less."""
LEAST_PORTION, FIRST_PORTION, MOST_PORTION = 25, 100, 1000

Watch = Callable[[int, float, float], None]
"""Told of each transaction: its rows, how many seconds it held the writer, how many of these it computed."""


class Steps:
    """Transactions that end when their time is up.

    What is known before a transaction begins has `size` rows, which follows from how long the last ones took. Better is
    work in `portions`, whose costs may differ as they like: they go on for as long as there is time.
    """

    def __init__(self, database: Database, watch: Watch | None = None, *, durable: bool = True) -> None:
        """Those that are not `durable` may be lost when the power fails (see Database.write): for what goes on from
        where it was, and ends with a transaction that is.
        """
        self._database = database
        self._durable = durable
        self._log = None if durable or database.dialect != "sqlite" else Log(database)
        self._company = Company(database)
        self._watch = watch
        seconds = POSTGRESQL_SECONDS if durable else UNSEEN_SECONDS
        self._target = SQLITE_SECONDS if database.dialect == "sqlite" else seconds
        self._began = 0.0
        self._last = 0.0
        self._portion = FIRST_PORTION
        self._rows: int | None = None
        self.size = FIRST

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One step, as Database.write."""
        self._rows = None
        with _no_collection(), self._database.write(durable=self._durable) as conn:
            self._began, worked = time.monotonic(), time.thread_time()
            self._company.look(conn)
            yield conn
        self._last, computed = time.monotonic() - self._began, time.thread_time() - worked
        rows = self.size if self._rows is None else self._rows
        if self._watch is not None:
            self._watch(rows, self._last, computed)
        if self._log is not None:
            self._log.add(rows, CHECKPOINT_ROWS if self._company.is_there else CHECKPOINT_ROWS_ALONE)
            self._company.let_in(self._last)
        if self._rows is None:
            self.size = self._fitting(computed)

    def _fitting(self, computed: float) -> int:
        if self._database.dialect != "sqlite":
            return adapted(self.size, self._last, self._target)
        # Waiting for the disk or for the processor counts half: a smaller step waits as long, and there are more.
        waited, share, target = self._last - computed, 2, self._target
        if self._log is not None:
            # On a busy machine most of it is waiting for the processor, which only somebody else who writes would mind.
            share, target = (2, target / 2) if self._company.is_there else (8, ALONE_SECONDS)
            if self._log.is_being_cleared:
                # Its COMMIT may wait for the disk until what is cleared has got there.
                target /= 2
        return adapted(self.size, computed + waited / share, target)

    def portions(self) -> Iterator[int]:
        """How many rows to do next, again and again within one `write`, until its time is up; at least once."""
        self._rows = 0
        while True:
            rows, began = self._portion, time.monotonic()
            self._rows += rows
            yield rows
            took = time.monotonic() - began
            fitting = adapted(rows, took, self._target / PORTIONS, least=LEAST_PORTION, most=MOST_PORTION)
            self._portion = fitting
            if time.monotonic() - self._began + took * fitting / rows > self._target:
                return

    @property
    def room(self) -> int:
        """About how many rows a transaction does in its portions: so many to get ready for it."""
        return (self._rows or self._portion * PORTIONS) + self._portion

    def rest(self) -> None:
        """Leaves the writer to others for as long as the last step had it. For steps that follow each other at once:
        whoever waits for SQLite looks again only every few milliseconds.
        """
        if self._database.dialect == "sqlite":
            time.sleep(min(self._last, 2 * self._target))

    def close(self) -> None:
        """Ends what goes on beside the steps. Call it for those that are not durable."""
        if self._log is not None:
            self._log.close()


class Log:
    """SQLite's log, cleared beside the one who writes: it takes a fifth of the time that the rows take."""

    def __init__(self, database: Database) -> None:
        self._rows = 0
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._clearing: Future[None] | None = None
        self._kept = ExitStack()
        # One of its own: who writes keeps the other one, which has what it needs of the indexes in memory.
        self._clear = self._kept.enter_context(database.checkpoints())

    def add(self, rows: int, limit: int) -> None:
        """So many rows more are in it, which are to be `limit` at most or little more."""
        self._rows += rows
        if self._clearing is not None and self._clearing.done():
            self._clearing.result()
            self._clearing = None
            # What came since it was begun. Only a log that is clear to its end is written from its beginning again.
            self._clear()
            self._rows = 0
        elif self._clearing is None and self._rows >= limit:
            self._clearing = self._thread.submit(self._clear)

    @property
    def is_being_cleared(self) -> bool:
        """At this moment, by the thread."""
        return self._clearing is not None and not self._clearing.done()

    def close(self) -> None:
        """Waits for what is under way. May be called twice."""
        self._thread.shutdown()
        self._kept.close()


class Company:
    """Whether others write to the same SQLite database: then who writes all the time leaves them room."""

    def __init__(self, database: Database) -> None:
        self._sqlite = database.dialect == "sqlite"
        self._seen: dict[object, int] = {}
        self._until = 0.0

    def look(self, conn: Connection) -> None:
        """Call it in each transaction. SQLite tells a connection whether others have committed since it last asked."""
        if not self._sqlite:
            return
        connection = conn.connection.driver_connection
        version = conn.exec_driver_sql("PRAGMA data_version").scalar_one()
        if self._seen.setdefault(connection, version) != version:
            self._until = time.monotonic() + COMPANY_SECONDS
        self._seen[connection] = version

    @property
    def is_there(self) -> bool:
        """Somebody else wrote a moment ago, and will again."""
        return time.monotonic() < self._until

    def let_in(self, took: float) -> None:
        """Leaves the writer alone for as long as the last step had it: whoever waits for it, and looks every millisecond, gets it,
        and the disk and the processors are as much for those who dial.
        """
        if self.is_there:
            time.sleep(max(ROOM_SECONDS, took))


def adapted(size: int, took: float, target: float, *, least: int = LEAST, most: int = MOST) -> int:
    """The rows of the next step, when `size` rows took so many seconds and `target` are wanted. It shrinks at once and
    grows by half at most, because what was quick now may be slow again.
    """
    fitting = int(size * target / max(took, 1e-6))
    return max(least, min(most, fitting, size + size // 2))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Python looks for garbage when the block has ended: within it, that would hold the writer for as long as it takes to
    walk through all our modules, 50 ms.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
