"""New leads of a list in masses, counted once for each step of an import instead of by the trigger.

On SQLite that runs for each lead, and costs more than the lead; on PostgreSQL it sorts the rows of a step three times,
an eighth of what the step takes. See docs/decisions/0008.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, insert, text

from dialerd.store.database import Connection
from dialerd.store.tables_tallies import HOUR, MINUTE
from dialerd.store.tables_tallies import counted_apart as lists_apart


@contextmanager
def counted_apart(conn: Connection, list_id: int) -> Iterator[None]:
    """What the block inserts into this list's leads is not counted by the trigger: who inserts has to call `count_new`,
    in the same transaction. Other transactions do not see it; if the block raises, this one must be rolled back.
    """
    conn.execute(_BEGIN, {"list_id": list_id})
    yield
    conn.execute(_END)


def count_new(conn: Connection, list_id: int, due_at: datetime, zones: Iterable[str]) -> None:
    """Adds to the tallies that there are new leads, never called and due at this instant, one in each of the zones."""
    by_zone = Counter(zones)
    if not by_zone:
        return
    seconds, number = int(due_at.timestamp()), by_zone.total()
    hour, batch = seconds // HOUR, _BATCH[conn.dialect.name]
    slots = (seconds // MINUTE, -hour)
    conn.execute(_ADD_LEADS[batch], [{"list_id": list_id, "slot": slot, "number": number} for slot in slots])
    added = [{"list_id": list_id, "zone": zone, "slot": hour, "number": count} for zone, count in by_zone.items()]
    conn.execute(_ADD_ZONES[batch], added)


# As the triggers have it (migrations/v0001_tallies.py).
_BATCH = {"sqlite": "0", "postgresql": "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"}
_BEGIN, _END = insert(lists_apart), delete(lists_apart)
_ADD_LEADS = {
    batch: text(f"""
INSERT INTO lead_tallies (list_id, slot, disposition, attempts, contacted, reason, batch, number)
VALUES (:list_id, :slot, 'new', 0, false, '', {batch}, :number)
ON CONFLICT (list_id, slot, disposition, attempts, contacted, reason, batch)
DO UPDATE SET number = lead_tallies.number + excluded.number""")  # noqa: S608 - a constant of ours
    for batch in _BATCH.values()
}
_ADD_ZONES = {
    batch: text(f"""
INSERT INTO zone_tallies (list_id, zone, slot, disposition, attempts, contacted, batch, number)
VALUES (:list_id, :zone, :slot, 'new', 0, false, {batch}, :number)
ON CONFLICT (list_id, zone, slot, disposition, attempts, contacted, batch)
DO UPDATE SET number = zone_tallies.number + excluded.number""")  # noqa: S608 - a constant of ours
    for batch in _BATCH.values()
}
