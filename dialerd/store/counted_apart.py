"""New leads of a list in masses, counted once for each step instead of by the trigger, once for each of them.

Only SQLite needs it: there a trigger runs for each row, and costs more than the row. See docs/decisions/0008.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from dialerd.store.database import Connection
from dialerd.store.tables_tallies import HOUR, MINUTE


@contextmanager
def counted_apart(conn: Connection, list_id: int) -> Iterator[None]:
    """What the block inserts into this list's leads is not counted by the trigger: who inserts has to call `count_new`,
    in the same transaction. Nobody else inserts meanwhile, since SQLite has one writer, and if the block raises, the
    transaction must be rolled back.
    """
    conn.exec_driver_sql("INSERT INTO counted_apart (list_id) VALUES (?)", (list_id,))
    yield
    conn.exec_driver_sql("DELETE FROM counted_apart WHERE list_id = ?", (list_id,))


def count_new(conn: Connection, list_id: int, due_at: datetime, zones: Iterable[str]) -> None:
    """Adds to the tallies that there are new leads, never called and due at this instant, one in each of the zones."""
    by_zone = Counter(zones)
    if not by_zone:
        return
    seconds, number = int(due_at.timestamp()), by_zone.total()
    slots = (seconds // MINUTE, -(seconds // HOUR))
    conn.exec_driver_sql(_ADD_LEADS, [(list_id, slot, number) for slot in slots])
    hour = seconds // HOUR
    conn.exec_driver_sql(_ADD_ZONES, [(list_id, zone, hour, count) for zone, count in by_zone.items()])


_ADD_LEADS = """
INSERT INTO lead_tallies (list_id, slot, disposition, attempts, contacted, reason, batch, number)
VALUES (?, ?, 'new', 0, 0, '', 0, ?)
ON CONFLICT (list_id, slot, disposition, attempts, contacted, reason, batch)
DO UPDATE SET number = lead_tallies.number + excluded.number"""
_ADD_ZONES = """
INSERT INTO zone_tallies (list_id, zone, slot, disposition, attempts, contacted, batch, number)
VALUES (?, ?, ?, 'new', 0, 0, 0, ?)
ON CONFLICT (list_id, zone, slot, disposition, attempts, contacted, batch)
DO UPDATE SET number = zone_tallies.number + excluded.number"""
