"""What transactions do to each other: how much each made SQLite do, in steps of its own machine, which are the same on
every computer, however busy; and which were open at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine, Pool, event

EACH = 10


def written() -> AbstractContextManager[list[int]]:
    """The steps that each transaction that writes takes, in the order they are committed, in this process."""
    return _counted(lambda conn: bool(conn.get_execution_options().get("dialerd_write")))


def transactions() -> AbstractContextManager[list[int]]:
    """The steps that each transaction takes, of whatever kind."""
    return _counted(lambda _: True)


@contextmanager
def _counted(wanted: Callable[[Connection], bool]) -> Iterator[list[int]]:
    done: list[int] = []
    running: dict[Connection, list[int]] = {}

    def begin(conn: Connection) -> None:
        if conn.dialect.name != "sqlite" or not wanted(conn):
            return
        count = running[conn] = [0]

        def step() -> None:
            count[0] += EACH

        conn.connection.driver_connection.set_progress_handler(step, EACH)

    def end(conn: Connection) -> None:
        if conn in running:
            conn.connection.driver_connection.set_progress_handler(None, 0)
            done.append(running.pop(conn)[0])

    with _listening(begin, end):
        yield done


@contextmanager
def readers() -> Iterator[list[int]]:
    """How many transactions that only read were open in this process whenever one began that writes."""
    found: list[int] = []
    reading: set[Connection] = set()

    def begin(conn: Connection) -> None:
        if conn.get_execution_options().get("dialerd_write"):
            found.append(len(reading))
        else:
            reading.add(conn)

    with _listening(begin, reading.discard):
        yield found


@contextmanager
def held() -> Iterator[list[float]]:
    """How many seconds this thread computed in each transaction that writes, from its beginning to the end of its COMMIT."""
    found: list[float] = []
    began: dict[object, float] = {}

    def begin(conn: Connection) -> None:
        if conn.get_execution_options().get("dialerd_write"):
            began[conn.connection.dbapi_connection] = time.thread_time()

    def returned(dbapi_connection: object, _record: object) -> None:
        if dbapi_connection in began:
            found.append(time.thread_time() - began.pop(dbapi_connection))

    event.listen(Pool, "checkin", returned)
    try:
        with _listening(begin, lambda _: None):
            yield found
    finally:
        event.remove(Pool, "checkin", returned)


@contextmanager
def _listening(begin: Callable[[Connection], None], end: Callable[[Connection], None]) -> Iterator[None]:
    events = (("begin", begin), ("commit", end), ("rollback", end))
    for name, listen in events:
        event.listen(Engine, name, listen)
    try:
        yield
    finally:
        for name, listen in events:
            event.remove(Engine, name, listen)
