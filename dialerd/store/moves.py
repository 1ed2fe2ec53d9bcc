"""Moving leads from one list to another, a few hundred in a transaction. Each lead is in exactly one list all the time.

The lead itself goes, and with its id everything that hangs on it: attempts, standing, due time. In the source its row
ends with a version that took it out; in the target a new row begins with a version that brought it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.store import dnc_leads, selection
from dialerd.store.arming import OUT, RETURN, take_rows
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection
from dialerd.store.leads import CLOSED_BY_HAND
from dialerd.store.tables import lead_rows, leads, list_buckets


@dataclass(frozen=True, slots=True)
class Move:
    """From which list to which one, and the versions of both that say so. `protected` are the dispositions of leads that
    must not become dialable by the way (Catalogue.protected).
    """

    source: int
    target: int
    source_version: int
    target_version: int
    protected: frozenset[str]


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of some leads. `duplicate` ones stayed where they were, since the target has their number; `updated`
    ones gave their fields to the target's lead and were withdrawn; `in_call` ones were left alone, since they or the
    target's lead that was to be updated are in a call.
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


@dataclass(frozen=True, slots=True)
class Sorted:
    """Which leads go to the target, and which give their fields to which lead of it; how many those are."""

    free: Sequence[int]
    known: Mapping[int, int]
    counts: Moved


def sort_out(conn: Connection, ids: Sequence[int], target: int, *, update_twins: bool) -> Sorted:
    """What is to become of the leads; `ids` are what selection.settle gave in this transaction."""
    known = twins(conn, ids, target) if ids else {}
    free = [lead_id for lead_id in ids if lead_id not in known]
    if not update_twins:
        return Sorted(free, {}, Moved(moved=len(free), duplicate=len(known)))
    # One that is in a call stays out of it: the end of the call decides about that lead as it was.
    quiet = set(selection.at_rest(conn, known.values()))
    fit = {lead_id: twin for lead_id, twin in known.items() if twin in quiet}
    return Sorted(free, fit, Moved(moved=len(free), updated=len(fit), in_call=len(known) - len(fit)))


def move(conn: Connection, move: Move, ids: Sequence[int], *, update_twins: bool, now: datetime) -> Moved:
    """Moves the leads; `ids` are what selection.settle gave in this transaction."""
    found = sort_out(conn, ids, move.target, update_twins=update_twins)
    if found.free:
        _end_rows(conn, move.source, move.source_version, found.free)
        conn.execute(_COPY_ROWS, _rows_of(move, found.free))
        conn.execute(_CHANGE_LIST, {"ids": found.free, "target": move.target})
        add_buckets(conn, move.target, found.free)
    if found.known:
        _update_twins(conn, move, found.known, now)
    # Another campaign may have other entries.
    dnc_leads.align_leads(conn, [*found.free, *found.known], now)
    return found.counts


def add_buckets(conn: Connection, list_id: int, ids: Sequence[int]) -> None:
    """Says where the list's claims find these leads of it."""
    kinds = select(literal(list_id), leads.c.priority, leads.c.zone).where(leads.c.id.in_(ids)).distinct()
    build = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    found = conn.execute(kinds).all()
    if found:
        rows = [{"list_id": list_id, "priority": priority, "zone": zone} for _, priority, zone in found]
        conn.execute(build(list_buckets).on_conflict_do_nothing(), rows)


def _update_twins(conn: Connection, move: Move, known: Mapping[int, int], now: datetime) -> None:
    theirs = list(known.values())
    _end_rows(conn, move.source, move.source_version, list(known))
    _end_rows(conn, move.target, move.target_version, theirs)
    said = conn.execute(_SAID, _rows_of(move, list(known))).mappings().all()
    begun = {"list_id": move.target, "from_version": move.target_version}
    conn.execute(insert(lead_rows), [{**row, "lead_id": known[row["lead_id"]], **begun} for row in said])
    take_rows(conn, move.target, move.target_version, theirs)
    add_buckets(conn, move.target, theirs)
    # A withdrawn lead of the target comes back, as it does when a file has it again.
    conn.execute(_COME_BACK, {"ids": theirs, "now": now})
    # Who said "never again" in one list, or was closed by a person there, is not called from the other one.
    for row in conn.execute(_OVER, {"ids": list(known), "protected": list(move.protected)}):
        never = row.disposition if row.disposition in move.protected else None
        why = CLOSED_BY_HAND if row.closed == CLOSED_BY_HAND else f"{never} is final"
        conn.execute(_END, {"b_id": known[row.id], "b_disposition": never, "b_closed": why})
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
_WITHDRAW = update(leads).where(leads.c.id.in_(_ids), leads.c.closed.is_(None)).values(**OUT)
_COME_BACK = update(leads).where(leads.c.id.in_(_ids), leads.c.closed == WITHDRAWN).values(**RETURN)
_OVER = select(leads.c.id, leads.c.disposition, leads.c.closed).where(
    leads.c.id.in_(_ids),
    or_(leads.c.disposition.in_(bindparam("protected", expanding=True)), leads.c.closed == CLOSED_BY_HAND),
)
_b_closed = bindparam("b_closed", type_=leads.c.closed.type)
_END = (
    update(leads)
    .where(leads.c.id == bindparam("b_id"))
    .values(
        disposition=func.coalesce(bindparam("b_disposition", type_=leads.c.disposition.type), leads.c.disposition),
        due_at=None,
        # By hand is the stronger word: a reset of the list leaves such leads alone.
        closed=case((_b_closed == CLOSED_BY_HAND, _b_closed), else_=func.coalesce(leads.c.closed, _b_closed)),
    )
)
