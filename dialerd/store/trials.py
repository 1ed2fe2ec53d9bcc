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
    """A call to a telephone of one's own. `taken_at` is None while nobody makes it, `placed_at` until Asterisk has taken it,
    `disposition` and `ended_at` while it is up.
    """

    trial_id: str
    campaign: str
    endpoint: str
    actor: str
    begun_at: datetime
    taken_at: datetime | None
    placed_at: datetime | None
    answered_at: datetime | None
    destination: str | None
    ended_at: datetime | None
    disposition: str | None
    detail: str


def begin(
    conn: Connection, trial_id: str, *, campaign: str, endpoint: str, actor: str, now: datetime, taken: bool = True
) -> None:
    """Writes a trial down before its call is made. Not `taken`: an engine is to make it."""
    row = {"id": trial_id, "campaign": campaign, "endpoint": endpoint, "actor": actor, "begun_at": now}
    conn.execute(insert(trials), row | {"taken_at": now if taken else None})


def load_many(conn: Connection, trial_ids: Sequence[str]) -> dict[str, TrialRecord]:
    """The trials there are among these, by id."""
    if not trial_ids:
        return {}
    return {row.id: TrialRecord(*row) for row in conn.execute(_LOAD, {"ids": list(trial_ids)})}


def wanted(conn: Connection) -> list[TrialRecord]:
    """The trials that nobody has taken yet, the oldest first."""
    return [TrialRecord(*row) for row in conn.execute(_WANTED)]


def take(conn: Connection, trial_id: str, now: datetime) -> bool:
    """Makes the trial the caller's, to be called once. False when another one has it, or it has ended."""
    return conn.execute(_TAKE, {"b_id": trial_id, "taken_at": now}).rowcount == 1


def mark_placed(conn: Connection, trial_id: str, now: datetime) -> None:
    """Asterisk makes the call."""
    conn.execute(_PLACED, {"b_id": trial_id, "placed_at": now})


def mark_routed(conn: Connection, trial_id: str, destination: str, now: datetime) -> None:
    """The trial was answered and is sent on."""
    conn.execute(_ROUTED, {"b_id": trial_id, "destination": destination, "answered_at": now})


def end(
    conn: Connection, trial_id: str, disposition: str, detail: str, now: datetime, *, untaken: bool = False
) -> bool:
    """Ends the trial, once: what comes later changes nothing. `untaken`: only when nobody has taken it. Whether it did."""
    values = {"b_id": trial_id, "disposition": disposition, "detail": detail, "ended_at": now}
    return conn.execute(_WITHDRAW if untaken else _END, values).rowcount == 1


_LOAD = select(trials).where(trials.c.id.in_(bindparam("ids", expanding=True)))
_untaken = (trials.c.taken_at.is_(None), trials.c.ended_at.is_(None))
_WANTED = select(trials).where(*_untaken).order_by(trials.c.begun_at, trials.c.id)
_this = (trials.c.id == bindparam("b_id"), trials.c.ended_at.is_(None))
_TAKE = update(trials).where(*_this, trials.c.taken_at.is_(None)).values(taken_at=bindparam("taken_at"))
_PLACED = update(trials).where(trials.c.id == bindparam("b_id")).values(placed_at=bindparam("placed_at"))
_ROUTED = (
    update(trials).where(*_this).values(destination=bindparam("destination"), answered_at=bindparam("answered_at"))
)
_END = update(trials).where(*_this).values({name: bindparam(name) for name in ("disposition", "detail", "ended_at")})
_WITHDRAW = _END.where(trials.c.taken_at.is_(None))
