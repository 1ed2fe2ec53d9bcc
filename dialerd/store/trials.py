"""Trials as they are written down and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from dialerd.store.database import Connection
from dialerd.store.tables import trials


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """A call to a telephone of one's own. `disposition` and `ended_at` are None while it is up."""

    trial_id: str
    campaign: str
    endpoint: str
    actor: str
    begun_at: datetime
    answered_at: datetime | None
    destination: str | None
    ended_at: datetime | None
    disposition: str | None
    detail: str


def begin(conn: Connection, trial_id: str, *, campaign: str, endpoint: str, actor: str, now: datetime) -> None:
    """Writes a trial down before its call is made."""
    row = {"id": trial_id, "campaign": campaign, "endpoint": endpoint, "actor": actor, "begun_at": now}
    conn.execute(insert(trials), row)


def load_many(conn: Connection, trial_ids: Sequence[str]) -> dict[str, TrialRecord]:
    """The trials there are among these, by id."""
    if not trial_ids:
        return {}
    return {row.id: TrialRecord(*row) for row in conn.execute(_LOAD, {"ids": list(trial_ids)})}


def mark_routed(conn: Connection, trial_id: str, destination: str, now: datetime) -> None:
    """The trial was answered and is sent on."""
    conn.execute(_ROUTED, {"b_id": trial_id, "destination": destination, "answered_at": now})


def end(conn: Connection, trial_id: str, disposition: str, detail: str, now: datetime) -> None:
    """Ends the trial, once: what comes later changes nothing."""
    conn.execute(_END, {"b_id": trial_id, "disposition": disposition, "detail": detail, "ended_at": now})


_LOAD = select(trials).where(trials.c.id.in_(bindparam("ids", expanding=True)))
_this = (trials.c.id == bindparam("b_id"), trials.c.ended_at.is_(None))
_ROUTED = (
    update(trials).where(*_this).values(destination=bindparam("destination"), answered_at=bindparam("answered_at"))
)
_END = update(trials).where(*_this).values({name: bindparam(name) for name in ("disposition", "detail", "ended_at")})
