"""Breakers of trunks that are not closed, as each engine wrote them down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.breaker import Breaker, Phase
from dialerd.domain.signs import Sign
from dialerd.store.database import Connection
from dialerd.store.tables import trunk_breakers


@dataclass(frozen=True, slots=True)
class BreakerRecord:
    """One trunk that node `node` does not ask now: why, since when, and when it is tried again."""

    node: str
    trunk: str
    phase: Phase
    blame: Sign
    reason: str
    since: datetime
    next_probe_at: datetime | None


def save(conn: Connection, node: str, breakers: Mapping[str, Breaker], now: datetime) -> None:
    """Writes down these breakers of the node, by trunk; a closed one has no row."""
    closed = [{"b_node": node, "b_trunk": trunk} for trunk, it in breakers.items() if it.phase is Phase.CLOSED]
    if closed:
        conn.execute(_DELETE, closed)
    rows = [
        {
            "node": node,
            "trunk": trunk,
            "phase": breaker.phase.value,
            "blame": breaker.blame.value,
            "reason": breaker.reason,
            "since": breaker.since or now,
            "next_probe_at": breaker.next_probe_at,
        }
        for trunk, breaker in breakers.items()
        if breaker.phase is not Phase.CLOSED and breaker.blame is not None
    ]
    if rows:
        conn.execute(_SAVE[conn.dialect.name], rows)


def all(conn: Connection) -> list[BreakerRecord]:  # noqa: A001 - breakers.all() is how it is called
    """Every breaker that is not closed, by trunk and node."""
    rows = conn.execute(_ALL)
    return [
        BreakerRecord(node, trunk, Phase(phase), Sign(blame), reason, since, next_probe_at)
        for node, trunk, phase, blame, reason, since, next_probe_at in rows
    ]


def of_node(conn: Connection, node: str) -> list[BreakerRecord]:
    """Those of one node."""
    return [record for record in all(conn) if record.node == node]


def blames(conn: Connection) -> dict[tuple[str, str], Sign]:
    """What is blamed for, by node and trunk, where anything is."""
    return {(record.node, record.trunk): record.blame for record in all(conn)}


def forget_others(conn: Connection, node: str, trunks: Iterable[str]) -> None:
    """Drops the node's breakers of trunks that are not among these: they are not configured any more."""
    known = set(trunks)
    gone = [record.trunk for record in of_node(conn, node) if record.trunk not in known]
    if gone:
        conn.execute(_DELETE, [{"b_node": node, "b_trunk": trunk} for trunk in gone])


def _save(build: Any) -> Any:
    statement = build(trunk_breakers)
    changed = {name: statement.excluded[name] for name in ("phase", "blame", "reason", "since", "next_probe_at")}
    return statement.on_conflict_do_update(index_elements=["node", "trunk"], set_=changed)


_ALL = select(trunk_breakers).order_by(trunk_breakers.c.trunk, trunk_breakers.c.node)
_SAVE = {"sqlite": _save(sqlite.insert), "postgresql": _save(postgresql.insert)}
_DELETE = delete(trunk_breakers).where(
    trunk_breakers.c.node == bindparam("b_node"), trunk_breakers.c.trunk == bindparam("b_trunk")
)
