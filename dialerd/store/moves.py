"""Moving leads from one list to another, a few hundred in a transaction. Each lead is in exactly one list all the time.

The lead itself goes, and with its id everything that hangs on it: attempts, standing, due time. In the source its row
ends with a version that took it out; in the target a new row begins with a version that brought it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.dispositions import Disposition
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection
from dialerd.store.tables import lead_rows, leads, list_buckets

PROTECTED = (Disposition.DO_NOT_CALL, Disposition.OPTED_OUT, Disposition.INVALID_NUMBER)
"""What no reset, copy or move may make dialable by the way."""


@dataclass(frozen=True, slots=True)
class Move:
    """From which list to which one, and the versions of both that say so."""

    source: int
    target: int
    source_version: int
    target_version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of some leads. `duplicate` ones stayed where they were, since the target has their number; `updated`
    ones gave their fields to the target's lead and were withdrawn; `in_call` ones were left alone.
    """

    moved: int = 0
    duplicate: int = 0
    updated: int = 0
    in_call: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            self.moved + other.moved,
            self.duplicate + other.duplicate,
            self.updated + other.updated,
            self.in_call + other.in_call,
        )


def twins(conn: Connection, ids: Sequence[int], target: int) -> dict[int, int]:
    """Which of the leads have a number that the target list has too: their ids and those of the target's leads."""
    # Two questions, because joined SQLite would walk through all of the target list.
    phones = dict(conn.execute(select(leads.c.phone, leads.c.id).where(leads.c.id.in_(ids))).all())
    there = select(leads.c.phone, leads.c.id).where(leads.c.phone.in_(list(phones)), leads.c.list_id == target)
    return {phones[phone]: lead_id for phone, lead_id in conn.execute(there)}


def move(conn: Connection, move: Move, ids: Sequence[int], *, update_twins: bool, now: datetime) -> Moved:
    """Moves the leads; `ids` are what selection.settle gave in this transaction."""
    if not ids:
        return Moved()
    known = twins(conn, ids, move.target)
    free = [lead_id for lead_id in ids if lead_id not in known]
    if free:
        _end_rows(conn, move.source, move.source_version, free)
        conn.execute(_COPY_ROWS, _rows_of(move, free))
        conn.execute(_CHANGE_LIST, {"ids": free, "target": move.target})
        add_buckets(conn, move.target, free)
    if known and update_twins:
        _update_twins(conn, move, known, now)
        return Moved(moved=len(free), updated=len(known))
    return Moved(moved=len(free), duplicate=len(known))


def add_buckets(conn: Connection, list_id: int, ids: Sequence[int]) -> None:
    """Says where the list's claims find these leads of it."""
    kinds = select(literal(list_id), leads.c.priority, leads.c.zone).where(leads.c.id.in_(ids)).distinct()
    build = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    found = conn.execute(kinds).all()
    if found:
        rows = [{"list_id": list_id, "priority": priority, "zone": zone} for _, priority, zone in found]
        conn.execute(build(list_buckets).on_conflict_do_nothing(), rows)


def _update_twins(conn: Connection, move: Move, known: dict[int, int], now: datetime) -> None:
    _end_rows(conn, move.source, move.source_version, list(known))
    _end_rows(conn, move.target, move.target_version, list(known.values()))
    said = conn.execute(_SAID, _rows_of(move, list(known))).mappings().all()
    begun = {"list_id": move.target, "from_version": move.target_version}
    conn.execute(insert(lead_rows), [{**row, "lead_id": known[row["lead_id"]], **begun} for row in said])
    # A withdrawn lead of the target comes back, as it does when a file has it again.
    conn.execute(_COME_BACK, {"ids": list(known.values()), "now": now})
    # Who said "never again" in one list is not called from the other one.
    for row in conn.execute(_PROTECTED, {"ids": list(known)}):
        values = {"b_id": known[row.id], "disposition": row.disposition, "b_closed": f"{row.disposition} is final"}
        conn.execute(_PROTECT, values)
    conn.execute(_WITHDRAW, {"ids": list(known)})


def _end_rows(conn: Connection, list_id: int, version: int, ids: Sequence[int]) -> None:
    conn.execute(_END_ROWS, {"ids": ids, "b_list_id": list_id, "version": version})


def _rows_of(move: Move, ids: Sequence[int]) -> dict[str, object]:
    return {
        "ids": ids,
        "source": move.source,
        "ended": move.source_version,
        "target": move.target,
        "begun": move.target_version,
    }


_ids: Any = bindparam("ids", expanding=True)
_END_ROWS = (
    update(lead_rows)
    .where(
        lead_rows.c.lead_id.in_(_ids), lead_rows.c.list_id == bindparam("b_list_id"), lead_rows.c.to_version.is_(None)
    )
    .values(to_version=bindparam("version"))
)
_COLUMNS = ["lead_id", "list_id", "from_version", "line", "fields", "priority", "zone"]
_said_of_it = (lead_rows.c.line, lead_rows.c.fields, lead_rows.c.priority, lead_rows.c.zone)
_just_ended = and_(
    lead_rows.c.lead_id.in_(_ids),
    lead_rows.c.list_id == bindparam("source"),
    lead_rows.c.to_version == bindparam("ended"),
)
_target = bindparam("target", type_=lead_rows.c.list_id.type)
_begun = bindparam("begun", type_=lead_rows.c.from_version.type)
_COPY_ROWS = insert(lead_rows).from_select(
    _COLUMNS,
    select(lead_rows.c.lead_id, _target, _begun, *_said_of_it).where(_just_ended),
)
_SAID = select(lead_rows.c.lead_id, *_said_of_it).where(_just_ended)
_CHANGE_LIST = update(leads).where(leads.c.id.in_(_ids)).values(list_id=bindparam("target"))
_WITHDRAW = update(leads).where(leads.c.id.in_(_ids)).values(due_at=None, resume_at=leads.c.due_at, closed=WITHDRAWN)
_COME_BACK = (
    update(leads)
    .where(leads.c.id.in_(_ids), leads.c.closed == WITHDRAWN)
    .values(due_at=bindparam("now", type_=leads.c.due_at.type), closed=None)
)
_PROTECTED = select(leads.c.id, leads.c.disposition).where(leads.c.id.in_(_ids), leads.c.disposition.in_(PROTECTED))
_PROTECT = (
    update(leads)
    .where(leads.c.id == bindparam("b_id"))
    .values(
        disposition=bindparam("disposition"),
        due_at=None,
        closed=func.coalesce(leads.c.closed, bindparam("b_closed")),
    )
)
