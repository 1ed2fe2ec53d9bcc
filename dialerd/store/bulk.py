"""Many new leads at once, past SQLAlchemy's row by row work: the drivers' own bulk statements.

Both ways insert the leads the list does not have, each with its row, and say which numbers it had.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy.exc import OperationalError

from dialerd.store.counted_apart import count_new, counted_apart
from dialerd.store.database import Connection
from dialerd.store.staged import StagedLead
from dialerd.store.types import UtcDateTime

_UTC = UtcDateTime()


def insert_new(
    conn: Connection, list_id: int, version: int, rows: Sequence[StagedLead], now: datetime, due_at: datetime | None
) -> Collection[str]:
    """Adds the rows' numbers as leads, each number once in `rows`, with their rows of the version, in their order.
    Returns the numbers that the list has already.
    """
    if not rows:
        return ()
    at, due = (_UTC.process_bind_param(moment, conn.dialect) for moment in (now, due_at))
    insert = _sqlite if conn.dialect.name == "sqlite" else _postgresql
    with counted_apart(conn, list_id):
        known = insert(conn, (list_id, version), rows, at, due)
    if due_at is not None:
        count_new(conn, list_id, due_at, (row.zone for row in rows if row.phone not in known))
    return known


def refresh_statistics(conn: Connection) -> None:
    """Tells PostgreSQL's planner about what was just loaded; it would find out by itself, but minutes later."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("ANALYZE leads, lead_rows")


def _sqlite(conn: Connection, place: tuple[int, int], rows: Sequence[StagedLead], at: Any, due: Any) -> Collection[str]:
    list_id, version = place
    # One writer: the ids above the highest are ours to give, and which of them are there says what was new.
    highest = conn.exec_driver_sql(_SQLITE_HIGHEST).scalar() or 0
    leads = [
        (lead_id, list_id, row.phone, row.zone, row.priority, due, at) for lead_id, row in enumerate(rows, highest + 1)
    ]
    added = _sqlite_leads(conn, leads)
    known: set[str] = set()
    new = list(enumerate(rows, highest + 1))
    if added != len(rows):
        ids = set(conn.exec_driver_sql(_SQLITE_ADDED, (highest,)).scalars().all())
        known = {row.phone for lead_id, row in new if lead_id not in ids}
        new = [(lead_id, row) for lead_id, row in new if lead_id in ids]
    if new:
        lead_rows = [(lead_id, list_id, version, row.line, row.priority, row.zone, row.packed) for lead_id, row in new]
        conn.exec_driver_sql(_SQLITE_ROWS, lead_rows)
    return known


def _sqlite_leads(conn: Connection, leads: Sequence[tuple[Any, ...]]) -> int:
    """Adds those the list does not have, and returns how many. Many by each statement: SQLite gets the program of the
    trigger ready for each statement anew, which takes as long as a lead with its indexes, and uses it for all its rows.
    """
    whole = len(leads) - len(leads) % _TOGETHER
    together = [tuple(chain.from_iterable(leads[at : at + _TOGETHER])) for at in range(0, whole, _TOGETHER)]
    parts = ((_SQLITE_LEADS_TOGETHER, together), (_SQLITE_LEADS, list(leads[whole:])))
    return sum(conn.exec_driver_sql(statement, some).rowcount for statement, some in parts if some)


def _postgresql(
    conn: Connection, place: tuple[int, int], rows: Sequence[StagedLead], at: Any, due: Any
) -> Collection[str]:
    list_id, version = place
    cursor: Any = conn.connection.cursor()
    try:
        # Nobody else adds to a list while a version of it comes in, so what is not there now will not be.
        cursor.execute(_THERE, {"list_id": list_id, "phones": [row.phone for row in rows]})
        known = {phone for (phone,) in cursor.fetchall()}
        new = [row for row in rows if row.phone not in known] if known else rows
        ids = cursor.execute(_IDS, {"count": len(new)}).fetchone()[0]
        instants = f"{_NOTHING if due is None else due.isoformat()}\t{at.isoformat()}"
        leads = (
            f"{lead_id}\t{list_id}\t{row.phone}\t{row.zone}\t{row.priority}\t{instants}\n"
            for lead_id, row in zip(ids, new, strict=True)
        )
        said = (
            f"{lead_id}\t{list_id}\t{version}\t{row.line}\t{row.priority}\t{row.zone}\t"
            f"{row.packed.replace(_BACKSLASH, _TWO)}\n"
            for lead_id, row in zip(ids, new, strict=True)
        )
        for statement, lines in ((_COPY_LEADS, leads), (_COPY_ROWS, said)):
            with cursor.copy(statement) as copy:
                # The server takes some in while the next ones are put together.
                while some := "".join(islice(lines, _SENT_TOGETHER)):
                    copy.write(some)
    except cursor.connection.OperationalError as error:
        # The driver's own, since SQLAlchemy knows no COPY: in the form that callers know.
        raise OperationalError("COPY", None, error) from error
    finally:
        cursor.close()
    return known


_SENT_TOGETHER = 200
_BACKSLASH, _TWO, _NOTHING = "\\", "\\\\", "\\N"

_SQLITE_HIGHEST = "SELECT seq FROM sqlite_sequence WHERE name = 'leads'"
_TOGETHER = 50


def _leads_statement(count: int) -> str:
    rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * count)
    return (
        f"INSERT INTO leads (id, list_id, phone, zone, priority, due_at, created_at) VALUES {rows}"  # noqa: S608 - no values
        " ON CONFLICT (phone, list_id) DO NOTHING"
    )


_SQLITE_LEADS, _SQLITE_LEADS_TOGETHER = _leads_statement(1), _leads_statement(_TOGETHER)
_SQLITE_ADDED = "SELECT id FROM leads WHERE id > ?"
_SQLITE_ROWS = """
INSERT INTO lead_rows (lead_id, list_id, from_version, line, priority, zone, fields) VALUES (?, ?, ?, ?, ?, ?, ?)"""

# From each number by index to its lead; see known.look_up.
_THERE = """
SELECT wanted.phone FROM unnest(%(phones)s::text[]) AS wanted (phone)
 CROSS JOIN LATERAL (SELECT 1 FROM leads WHERE leads.phone = wanted.phone AND list_id = %(list_id)s OFFSET 0) there"""
_IDS = "SELECT coalesce(array_agg(nextval('leads_id_seq')), '{}') FROM generate_series(1, %(count)s)"
_COPY_LEADS = "COPY leads (id, list_id, phone, zone, priority, due_at, created_at) FROM STDIN"
_COPY_ROWS = "COPY lead_rows (lead_id, list_id, from_version, line, priority, zone, fields) FROM STDIN"
