"""Making leads fresh again for another pass, with a memory of what they were until it can no longer be undone.

A fresh lead is as new: its attempts count from 0, and attempts up to `fresh_after` are history that no rule looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from dialerd.store.database import Connection
from dialerd.store.tables import leads, reset_leads, resets


@dataclass(frozen=True, slots=True)
class ResetRecord:
    """A reset of a list's leads. `state` is running, done, undoing or undone; `leads` is how many were made fresh,
    `drip` how many of them become due in an hour (None: all at once).
    """

    reset_id: int
    list_id: int
    state: str
    dispositions: str
    drip: float | None
    leads: int
    created_at: datetime
    created_by: str


def begin(
    conn: Connection, list_id: int, *, dispositions: str, drip: float | None, created_by: str, now: datetime
) -> ResetRecord:
    """A new reset, in state `running`."""
    values = {"list_id": list_id, "dispositions": dispositions, "drip": drip}
    statement = insert(resets).values(state="running", created_at=now, created_by=created_by, **values)
    reset_id: int = conn.execute(statement.returning(resets.c.id)).scalar_one()
    return ResetRecord(reset_id, list_id, "running", dispositions, drip, 0, now, created_by)


def last(conn: Connection, list_id: int) -> ResetRecord | None:
    """The list's newest reset that was not undone."""
    statement = select(resets).where(resets.c.list_id == list_id, resets.c.state != "undone")
    row = conn.execute(statement.order_by(resets.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else ResetRecord(*row)


def set_state(conn: Connection, reset_id: int, state: str) -> None:
    """Moves the reset on."""
    conn.execute(update(resets).where(resets.c.id == reset_id).values(state=state))


def remember(conn: Connection, reset_id: int, ids: Sequence[int]) -> int:
    """Keeps what the leads are now, to be undone to; returns how many leads the reset had before these."""
    before: int = conn.execute(_GROW, {"b_id": reset_id, "more": len(ids)}).scalar_one() - len(ids)
    conn.execute(_REMEMBER, {"reset": reset_id, "ids": ids})
    return before


def freshen(conn: Connection, due: Sequence[tuple[int, datetime]]) -> None:
    """Makes the leads as new, each due at its time; `due` holds leads that selection.settle gave in this transaction."""
    instants = {at for _, at in due}
    if len(instants) == 1:
        conn.execute(_FRESHEN_ALL, {"ids": [lead_id for lead_id, _ in due], "b_due": instants.pop()})
    elif due:
        conn.execute(_FRESHEN, [{"b_id": lead_id, "b_due": at} for lead_id, at in due])


def dialed_since(conn: Connection, reset_id: int) -> int:
    """How many leads of the reset were claimed for a call since."""
    number: int = conn.execute(_DIALED, {"reset": reset_id}).scalar_one()
    return number


def page(conn: Connection, reset_id: int, limit: int) -> list[int]:
    """Leads whose state before the reset is still known, at most `limit`."""
    statement = select(reset_leads.c.lead_id).where(reset_leads.c.reset_id == reset_id)
    return list(conn.scalars(statement.order_by(reset_leads.c.lead_id).limit(limit)))


def restorable(conn: Connection, reset_id: int) -> tuple[int, int]:
    """Of how many leads the state before the reset is still known, and how many of them `restore` would give it back."""
    known, fit = conn.execute(_COUNT_KNOWN, {"reset": reset_id}).one()
    return known, fit


def restore(conn: Connection, reset_id: int, ids: Sequence[int]) -> int:
    """Gives the leads back what they were, where they were neither dialed nor closed since, and forgets it. Returns how
    many got it back.
    """
    values = {"reset": reset_id, "ids": ids}
    fit = list(conn.scalars(_UNTOUCHED, values))
    if fit:
        conn.execute(_RESTORE, {"reset": reset_id, "ids": fit})
    conn.execute(_FORGET, values)
    return len(fit)


def forget_earlier(conn: Connection, record: ResetRecord, limit: int) -> int:
    """Forgets what leads were before earlier resets of the list: only the last one can be undone. Returns how many."""
    statement = (
        select(reset_leads.c.reset_id, reset_leads.c.lead_id)
        .join(resets, resets.c.id == reset_leads.c.reset_id)
        .where(resets.c.list_id == record.list_id, resets.c.id < record.reset_id)
        .limit(limit)
    )
    found = conn.execute(statement).all()
    for reset_id in {row.reset_id for row in found}:
        ids = [row.lead_id for row in found if row.reset_id == reset_id]
        conn.execute(_FORGET, {"reset": reset_id, "ids": ids})
    return len(found)


_ids: Any = bindparam("ids", expanding=True)
_of_reset = and_(reset_leads.c.reset_id == bindparam("reset"), reset_leads.c.lead_id.in_(_ids))
_GROW = (
    update(resets)
    .where(resets.c.id == bindparam("b_id"))
    .values(leads=resets.c.leads + bindparam("more"))
    .returning(resets.c.leads)
)
_kept = ("disposition", "attempts", "dials", "fresh_after", "due_at", "closed", "waits_for")
_REMEMBER = insert(reset_leads).from_select(
    ["reset_id", "lead_id", *_kept],
    select(bindparam("reset", type_=reset_leads.c.reset_id.type), leads.c.id, *(leads.c[name] for name in _kept)).where(
        leads.c.id.in_(_ids)
    ),
)
_fresh: dict[str, Any] = {
    "disposition": "new",
    "attempts": 0,
    "fresh_after": leads.c.dials,
    "closed": None,
    "waits_for": None,
}
_due = bindparam("b_due", type_=leads.c.due_at.type)
_FRESHEN_ALL = update(leads).where(leads.c.id.in_(_ids)).values(due_at=_due, **_fresh)
_FRESHEN = update(leads).where(leads.c.id == bindparam("b_id")).values(due_at=_due, **_fresh)
_DIALED = (
    select(func.count())
    .select_from(reset_leads.join(leads, leads.c.id == reset_leads.c.lead_id))
    .where(reset_leads.c.reset_id == bindparam("reset"), leads.c.dials > reset_leads.c.dials)
)
_is_untouched = and_(leads.c.dials == reset_leads.c.dials, leads.c.disposition == "new", leads.c.closed.is_(None))
_UNTOUCHED = (
    select(leads.c.id)
    .join(reset_leads, reset_leads.c.lead_id == leads.c.id)
    .where(_of_reset, _is_untouched)
    .with_for_update(of=leads, skip_locked=True)
)
_COUNT_KNOWN = (
    select(func.count(), func.count().filter(_is_untouched))
    .select_from(reset_leads.outerjoin(leads, leads.c.id == reset_leads.c.lead_id))
    .where(reset_leads.c.reset_id == bindparam("reset"))
)
_RESTORE = (
    update(leads)
    .where(leads.c.id == reset_leads.c.lead_id, _of_reset)
    .values(**{name: reset_leads.c[name] for name in _kept if name != "dials"})
)
_FORGET = delete(reset_leads).where(_of_reset)
