"""What a version makes of its list's leads, in steps that can be repeated: due, withdrawn, or as they were before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, or_, select, update

from dialerd.store import versions
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, lead_rows, leads, version_known
from dialerd.store.types import UtcDateTime

EVERY = 2**62
"""Above every lead id."""


def arm(
    conn: Connection,
    list_id: int,
    version: int,
    now: datetime,
    after_id: int,
    step: int,
    *,
    up_to: int = EVERY,
    known_up_to: int = EVERY,
) -> int | None:
    """Makes up to `step` leads that the version has a row about dialable, those with ids above `after_id` and not above
    `up_to`: new ones from `now` on, withdrawn ones when they would have been; leads that were dialed or closed before
    keep their standing. Those with ids up to `known_up_to` get the priority and zone of their row. Returns the last id looked at, to go on from, or
    None when there are none left. Give the same `now` to all steps: it is the leads' order.
    """
    span = {"after": after_id, "up_to": up_to}
    ids = list(conn.scalars(_BEGUN, {"b_list_id": list_id, "version": version, "step": step, **span}))
    if not ids:
        return None
    armed = conn.execute(_ARM, {"now": now, "ids": ids, "b_list_id": list_id}).rowcount
    versions.count(conn, list_id, version, unarmed=-armed)
    take_rows(conn, list_id, version, [lead_id for lead_id in ids if lead_id <= known_up_to])
    last: int = ids[-1]
    return last


def withdraw(conn: Connection, list_id: int, version: int, after_id: int, step: int) -> int | None:
    """Takes up to `step` leads that the version ended, those with ids above `after_id`, out of the dialing. Closed ones
    stay as they are closed. A call that is up goes on to its end. Returns as `arm`.
    """
    ids = _ended(conn, list_id, version, after_id, step)
    if not ids:
        return None
    conn.execute(_WITHDRAW, {"ids": ids, "b_list_id": list_id, "version": version})
    return ids[-1]


def end_others(conn: Connection, list_id: int, version: int, after_id: int, step: int) -> int | None:
    """For a replacement that is being staged: ends, from this version on, the rows of up to `step` leads that its file
    did not name, looking at those with ids above `after_id`. Returns as `arm`.
    """
    values = {"b_list_id": list_id, "after": after_id, "step": step}
    ids = list(conn.scalars(_NEXT_LEADS, values))
    if not ids:
        return None
    conn.execute(_END_OTHERS, {"first": ids[0], "last": ids[-1], "b_list_id": list_id, "version": version})
    last: int = ids[-1]
    return last


def ended_and_begun(conn: Connection, list_id: int, version: int) -> tuple[int, int, int]:
    """What the version did to the leads: how many it brought (or brought back), changed, and withdrew."""
    values = {"b_list_id": list_id, "version": version}
    begun, ended = conn.scalar(_COUNT_BEGUN, values) or 0, conn.scalar(_COUNT_ENDED, values) or 0
    changed = (conn.scalar(_COUNT_CHANGED, values) or 0) if begun and ended else 0
    return begun - changed, changed, ended - changed


def discard(conn: Connection, list_id: int, version: int, step: int = 1000) -> int:
    """Takes back up to `step` things of a version that is not the current one: its rows, the leads only it brought, and
    the ends it gave to rows of earlier versions; then its leads stand as they did before. Returns how many; 0 when
    nothing is left.
    """
    place = {"b_list_id": list_id, "version": version}
    begun = list(conn.scalars(_BEGUN, {**place, "after": 0, "up_to": EVERY, "step": step}))
    if begun:
        conn.execute(_DROP_ROWS, {"ids": begun, **place})
        dropped = conn.scalars(_DROP_LEADS.returning(leads.c.due_at), {"ids": begun, "b_list_id": list_id})
        born = sum(due_at is not None for due_at in dropped)
        versions.count(conn, list_id, version, born=-born)
        return len(begun)
    ended = _ended(conn, list_id, version, 0, step)
    if ended:
        conn.execute(_REOPEN, {"ids": ended, **place})
        return len(ended)
    return forget_known(conn, list_id, version, step)


def forget_known(conn: Connection, list_id: int, version: int, step: int) -> int:
    """Drops up to `step` notes on which known leads the version's file named. Returns how many."""
    place = {"b_list_id": list_id, "version": version}
    named = list(conn.scalars(_SOME_NAMED, {**place, "step": step}))
    if named:
        conn.execute(_DROP_NAMED, {"ids": named, **place})
    return len(named)


def restore_begun(conn: Connection, list_id: int, version: int, step: int) -> int:
    """One step of taking back a version that was published: up to `step` of the rows it began. Leads only it brought go
    with them, leads that it brought back are withdrawn again. Returns how many; 0 when none is left.
    """
    place = {"b_list_id": list_id, "version": version}
    ids = list(conn.scalars(_BEGUN, {**place, "after": 0, "up_to": EVERY, "step": step}))
    if ids:
        conn.execute(_DROP_ROWS, {"ids": ids, **place})
        conn.execute(_DROP_LEADS, {"ids": ids, "b_list_id": list_id})
        conn.execute(_WITHDRAW_DEAD, {"ids": ids, **place})
    return len(ids)


def restore_ended(conn: Connection, list_id: int, version: int, now: datetime, step: int) -> int:
    """The other step: up to `step` of the rows it ended hold again, and their leads are due as they were. Run it when
    restore_begun has nothing left. Returns as that.
    """
    place = {"b_list_id": list_id, "version": version}
    ids = _ended(conn, list_id, version, 0, step)
    if ids:
        conn.execute(_REOPEN, {"ids": ids, **place})
        _take(conn, ids, _OPEN_ROWS, place)
        conn.execute(_COME_BACK, {"ids": ids, "b_list_id": list_id, "now": now})
    return len(ids)


def take_rows(conn: Connection, list_id: int, version: int, ids: Sequence[int]) -> None:
    """Gives the leads the priority and zone that the version says, where they have others."""
    _take(conn, ids, _ROWS_OF, {"b_list_id": list_id, "version": version})


def _take(conn: Connection, ids: Sequence[int], statement: Any, place: dict[str, int]) -> None:
    if not ids:
        return
    said = {row.lead_id: row for row in conn.execute(statement, {"ids": ids, **place})}
    changed = [
        {"b_lead_id": lead_id, "priority": said[lead_id].priority, "zone": said[lead_id].zone}
        for lead_id, priority, zone in conn.execute(_KINDS, {"ids": ids, "b_list_id": place["b_list_id"]})
        if lead_id in said and (said[lead_id].priority, said[lead_id].zone) != (priority, zone)
    ]
    if changed:
        conn.execute(_SET_KIND, changed)


def _ended(conn: Connection, list_id: int, version: int, after_id: int, step: int) -> Sequence[int]:
    values = {"b_list_id": list_id, "version": version, "after": after_id, "step": step}
    return list(conn.scalars(_ENDED, values))


_ids: Any = bindparam("ids", expanding=True)
_version: Any = bindparam("version")
_list: Any = bindparam("b_list_id")
_begun = and_(lead_rows.c.list_id == _list, lead_rows.c.from_version == _version)
_was_ended = and_(lead_rows.c.list_id == _list, lead_rows.c.to_version == _version)
# Where ids are given, they alone lead the way: "+ 0" hides the other columns from the indexes. A planner that has no
# statistics yet, as after a large import, would else walk the whole list to find some hundred of its leads.
_of_list = lead_rows.c.list_id + 0 == _list
_begun_here = and_(_of_list, lead_rows.c.from_version + 0 == _version)
_ended_here = and_(_of_list, lead_rows.c.to_version + 0 == _version)
_mine = leads.c.list_id + 0 == _list
_in_call = select(attempts.c.id).where(attempts.c.lead_id == leads.c.id, attempts.c.ended_at.is_(None)).exists()
_step: Any = bindparam("step")

_BEGUN = (
    select(lead_rows.c.lead_id)
    .where(_begun, lead_rows.c.lead_id > bindparam("after"), lead_rows.c.lead_id <= bindparam("up_to"))
    .order_by(lead_rows.c.lead_id)
    .limit(_step)
)
_ENDED = (
    select(lead_rows.c.lead_id)
    .where(_was_ended, lead_rows.c.lead_id > bindparam("after"))
    .order_by(lead_rows.c.lead_id)
    .limit(_step)
)
_span = lead_rows.c.lead_id.between(bindparam("first"), bindparam("last"))
_due_then = func.coalesce(leads.c.resume_at, bindparam("now", type_=UtcDateTime), type_=UtcDateTime)
RETURN = {
    "due_at": case((_in_call, None), else_=_due_then),
    "closed": None,
    "resume_at": None,
}
"""What a withdrawn lead becomes that is live again: due when it would have been, at `now` where that was at once. One that
is in a call becomes due by its end.
"""
_ARM = (
    update(leads)
    .where(
        leads.c.id.in_(_ids),
        _mine,
        leads.c.due_at.is_(None),
        or_(leads.c.closed == WITHDRAWN, and_(leads.c.closed.is_(None), leads.c.disposition == "new", ~_in_call)),
    )
    .values(**RETURN)
)
_kind = (lead_rows.c.lead_id, lead_rows.c.priority, lead_rows.c.zone)
_ROWS_OF = select(*_kind).where(lead_rows.c.lead_id.in_(_ids), _begun_here)
_OPEN_ROWS = select(*_kind).where(lead_rows.c.lead_id.in_(_ids), _of_list, lead_rows.c.to_version.is_(None))
_KINDS = select(leads.c.id, leads.c.priority, leads.c.zone).where(leads.c.id.in_(_ids), _mine)
_SET_KIND = (
    update(leads)
    .where(leads.c.id == bindparam("b_lead_id"))
    .values(priority=bindparam("priority"), zone=bindparam("zone"))
)

_other = lead_rows.alias("other")
_begins_too = (
    select(_other.c.lead_id)
    .where(
        _other.c.lead_id == leads.c.id, _other.c.list_id == bindparam("b_list_id"), _other.c.from_version == _version
    )
    .exists()
)
OUT = {"due_at": None, "resume_at": leads.c.due_at, "closed": WITHDRAWN}
"""What a lead becomes that is live no more. Only one that is not closed: for whatever reason it is, it stays so."""
_WITHDRAW = update(leads).where(leads.c.id.in_(_ids), _mine, leads.c.closed.is_(None), ~_begins_too).values(**OUT)
_open_row = (
    select(_other.c.lead_id)
    .where(_other.c.lead_id == leads.c.id, _other.c.list_id + 0 == _list, _other.c.to_version.is_(None))
    .exists()
)
_still_ended = (
    select(_other.c.lead_id)
    .where(_other.c.lead_id == leads.c.id, _other.c.list_id == bindparam("b_list_id"), _other.c.to_version == _version)
    .exists()
)
# Not those whose row this version ended: they are live again when that end is taken back.
_WITHDRAW_DEAD = (
    update(leads).where(leads.c.id.in_(_ids), _mine, leads.c.closed.is_(None), ~_open_row, ~_still_ended).values(**OUT)
)
_COME_BACK = update(leads).where(leads.c.id.in_(_ids), _mine, leads.c.closed == WITHDRAWN).values(**RETURN)
_NEXT_LEADS = (
    select(leads.c.id)
    .where(leads.c.list_id == _list, leads.c.id > bindparam("after"))
    .order_by(leads.c.id)
    .limit(_step)
)
_named = (
    select(version_known.c.lead_id)
    .where(
        version_known.c.list_id == lead_rows.c.list_id,
        version_known.c.version == _version,
        version_known.c.lead_id == lead_rows.c.lead_id,
    )
    .exists()
)
_END_OTHERS = (
    update(lead_rows)
    .where(_span, _of_list, lead_rows.c.to_version.is_(None), lead_rows.c.from_version + 0 < _version, ~_named)
    .values(to_version=_version)
)

_COUNT_BEGUN = select(func.count()).select_from(lead_rows).where(_begun)
_COUNT_ENDED = select(func.count()).select_from(lead_rows).where(_was_ended)
_began_too = (
    select(_other.c.lead_id)
    .where(
        _other.c.lead_id == lead_rows.c.lead_id, _other.c.list_id + 0 == _list, _other.c.from_version + 0 == _version
    )
    .exists()
)
_COUNT_CHANGED = select(func.count()).select_from(lead_rows).where(_was_ended, _began_too)

_DROP_ROWS = delete(lead_rows).where(lead_rows.c.lead_id.in_(_ids), _begun_here)
_DROP_LEADS = delete(leads).where(
    leads.c.id.in_(_ids),
    _mine,
    ~select(lead_rows.c.lead_id).where(lead_rows.c.lead_id == leads.c.id).exists(),
)
_REOPEN = update(lead_rows).where(lead_rows.c.lead_id.in_(_ids), _ended_here).values(to_version=None)
_of_version_known = and_(version_known.c.list_id == bindparam("b_list_id"), version_known.c.version == _version)
_SOME_NAMED = select(version_known.c.lead_id).where(_of_version_known).limit(_step)
_DROP_NAMED = delete(version_known).where(_of_version_known, version_known.c.lead_id.in_(_ids))
