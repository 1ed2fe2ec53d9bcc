"""What a verdict of the gates makes of a lead: it is put off, or closed with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Boolean, bindparam, case, update

from dialerd.domain.dnc import ON_DNC
from dialerd.domain.eligibility import NUMBER, Never, NoUntil, Wait
from dialerd.store.database import Connection
from dialerd.store.tables import leads

_SHORTEST_WAIT = timedelta(seconds=1)


def put_off(lead_id: int, at: datetime, wait: Wait = Wait.RETRY) -> dict[str, object]:
    """For `move`: the lead is due then, and why not before."""
    waits_for = None if wait is Wait.RETRY else wait.value
    on_dnc = wait is Wait.DO_NOT_CALL
    return {"b_lead_id": lead_id, "b_due": at, "b_closed": None, "b_waits_for": waits_for, "b_keeps": on_dnc}


def moved_by(lead_id: int, verdict: NoUntil | Never, now: datetime) -> dict[str, object]:
    """For `move`: what a verdict makes of the lead; it leaves the head of the index, for a second at least."""
    if isinstance(verdict, Never):
        comes_back = verdict.reason == ON_DNC or verdict.reason.startswith(NUMBER)
        return {**put_off(lead_id, now), "b_due": None, "b_closed": verdict.reason, "b_keeps": comes_back}
    return put_off(lead_id, max(verdict.at, now + _SHORTEST_WAIT), verdict.wait)


def move(conn: Connection, moves: Sequence[dict[str, object]]) -> None:
    """Puts off or closes leads that no attempt holds; those that somebody has closed stay as they are."""
    if moves:
        conn.execute(_MOVE, list(moves))


# What do-not-call has put off already was due before that.
_was_due = case((leads.c.waits_for == Wait.DO_NOT_CALL.value, leads.c.resume_at), else_=leads.c.due_at)
_MOVE = (
    update(leads)
    .where(leads.c.id == bindparam("b_lead_id"), leads.c.closed.is_(None))
    .values(
        due_at=bindparam("b_due"),
        closed=bindparam("b_closed"),
        waits_for=bindparam("b_waits_for"),
        resume_at=case((bindparam("b_keeps", type_=Boolean), _was_due), else_=leads.c.resume_at),
    )
)
