"""Whose attempts are whose: what becomes of those whose engine has stopped, or has been replaced.

An attempt belongs to the life of an engine that claimed it (`owner`), for as long as that one's entry in `nodes` beats.
All of it is judged by the database's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, func, select, update

from dialerd.domain.facts import AttemptState
from dialerd.store.claims import restore
from dialerd.store.clock import database_now
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, nodes
from dialerd.store.types import UtcDateTime

SILENCE = timedelta(seconds=10)
"""An engine says every two seconds that it lives; after this long it does not."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A sent attempt that has no end and no engine. `silent_for`: since it was sent, or its engine's last heartbeat."""

    attempt_id: str
    campaign: str
    state: AttemptState
    asterisk: str
    node: str
    silent_for: timedelta


def give_back_abandoned(conn: Connection, owner: str, silence: timedelta, now: datetime) -> list[str]:
    """Gives back, as claims.give_back does, the claims of every engine but `owner` that has been silent for so long or
    whose entry is gone or another's; only what is still `claimed`. Returns the attempts.
    """
    cutoff = database_now(conn) - silence
    return restore(conn, conn.execute(_GIVE_BACK_ABANDONED, {"b_owner": owner, "cutoff": cutoff}).all(), now)


def abandoned(conn: Connection, owner: str, silence: timedelta) -> list[Abandoned]:
    """Every attempt past `claimed` without an end whose engine is not `owner` and has been silent for so long."""
    now = database_now(conn)
    rows = conn.execute(_ABANDONED, {"b_owner": owner, "cutoff": now - silence})
    return [
        Abandoned(row.id, row.campaign, AttemptState(row.state), row.asterisk, row.node, now - max(row.sent, row.beat))
        for row in rows
    ]


def take_over(
    conn: Connection, attempt_ids: Sequence[str], node: str, owner: str, silence: timedelta
) -> frozenset[str]:
    """Makes abandoned attempts this engine's. Returns those that became so; the others have an engine by now, or an end."""
    if not attempt_ids:
        return frozenset()
    cutoff = database_now(conn) - silence
    values = {"ids": list(attempt_ids), "b_owner": owner, "new_owner": owner, "new_node": node, "cutoff": cutoff}
    return frozenset(conn.execute(_TAKE_OVER, values).scalars())


_held = attempts.alias("held")
_alive = (
    select(nodes.c.name)
    .where(
        nodes.c.name == _held.c.node,
        nodes.c.instance == _held.c.owner,
        nodes.c.heartbeat_at > bindparam("cutoff", type_=UtcDateTime),
    )
    .correlate(_held)
    .exists()
)
# The open ones first, by their small index; SQLite would walk the whole ledger for the rest of the conditions.
_abandoned_ids = select(_held.c.id).where(_held.c.ended_at.is_(None), _held.c.owner != bindparam("b_owner"), ~_alive)
_is_claimed = attempts.c.state == AttemptState.CLAIMED.value
_is_abandoned = attempts.c.id.in_(_abandoned_ids)
_GIVE_BACK_ABANDONED = (
    delete(attempts).where(_is_abandoned, _is_claimed).returning(attempts.c.id, attempts.c.lead_id, attempts.c.due_at)
)
_sent = func.coalesce(attempts.c.sending_at, attempts.c.claimed_at, type_=UtcDateTime)
_its_node = and_(nodes.c.name == attempts.c.node, nodes.c.instance == attempts.c.owner)
_ABANDONED = (
    select(
        *(attempts.c[name] for name in ("id", "campaign", "state", "asterisk", "node")),
        _sent.label("sent"),
        func.coalesce(nodes.c.heartbeat_at, _sent, type_=UtcDateTime).label("beat"),
    )
    .select_from(attempts.outerjoin(nodes, _its_node))
    .where(_is_abandoned, ~_is_claimed)
    .order_by(attempts.c.id)
)
_TAKE_OVER = (
    update(attempts)
    .where(attempts.c.id.in_(bindparam("ids", expanding=True)), _is_abandoned, ~_is_claimed)
    .values(node=bindparam("new_node"), owner=bindparam("new_owner"))
    .returning(attempts.c.id)
)
