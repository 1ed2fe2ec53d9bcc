"""What transactions do to each other: how much each made SQLite do, in steps of its own machine, which are the same on
every computer, however busy; and which were open at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

EACH = 10


@contextmanager
def written() -> Iterator[list[int]]:
    """The steps that each transaction that writes takes, in the order they are committed, in this process."""
    done: list[int] = []
    running: dict[Connection, list[int]] = {}

    def begin(conn: Connection) -> None:
        if conn.dialect.name != "sqlite" or not conn.get_execution_options().get("dialerd_write"):
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
def _listening(begin: Callable[[Connection], None], end: Callable[[Connection], None]) -> Iterator[None]:
    events = (("begin", begin), ("commit", end), ("rollback", end))
    for name, listen in events:
        event.listen(Engine, name, listen)
    try:
        yield
    finally:
        for name, listen in events:
            event.remove(Engine, name, listen)
