"""Engines that use this database: one row a node, with a heartbeat. Every instant is of the database's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.store.clock import database_now
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, nodes


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """An engine as it last reported, `silent_for` ago. `instance` is new at each start; `status` is what it says of itself,
    for people, `asks` which paces it wants a part of, for the other engines.
    """

    name: str
    instance: str
    pid: int
    host: str
    version: str
    started_at: datetime
    heartbeat_at: datetime
    status: Mapping[str, Any]
    asks: frozenset[str] = frozenset()
    silent_for: timedelta = timedelta()


def register(conn: Connection, name: str, *, instance: str, pid: int, host: str, version: str) -> NodeRecord | None:
    """Enters a process under the node's name and returns the one that had it before, if any: it may still live, and the
    caller may raise to take the entry back. From now on the earlier one's `beat` says False. What that one asked for stays
    until the first `beat`.
    """
    before, now = get(conn, name, lock=True), database_now(conn)
    row: dict[str, Any] = {
        "instance": instance,
        "pid": pid,
        "host": host,
        "version": version,
        "started_at": now,
        "heartbeat_at": now,
    }
    row |= {"status": {}, "asks": [] if before is None else sorted(before.asks)}
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = insert(nodes).values(name=name, **row)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
    return before


def beat(
    conn: Connection,
    name: str,
    instance: str,
    status: Mapping[str, Any] | None = None,
    *,
    asks: Iterable[str] | None = None,
) -> bool:
    """Says that the process lives, what it says of itself, and which paces it wants a part of. False when another process
    has taken the name: this one must not dial any more.
    """
    values: dict[str, Any] = {"heartbeat_at": database_now(conn)}
    if status is not None:
        values["status"] = dict(status)
    if asks is not None:
        values["asks"] = sorted(asks)
    this = (nodes.c.name == name, nodes.c.instance == instance)
    return conn.execute(update(nodes).where(*this).values(**values)).rowcount == 1


def leave(conn: Connection, name: str, instance: str) -> None:
    """Removes the entry of a process that stops, unless another one has taken the name."""
    conn.execute(delete(nodes).where(nodes.c.name == name, nodes.c.instance == instance))


def forget_silent(conn: Connection, silence: timedelta) -> int:
    """Removes the entries of engines that have been silent for so long and have no open attempt. Returns how many."""
    return conn.execute(_FORGET, {"before": database_now(conn) - silence}).rowcount


def get(conn: Connection, name: str, *, lock: bool = False) -> NodeRecord | None:
    """The node, or None."""
    statement = select(nodes).where(nodes.c.name == name)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else _record(row, database_now(conn))


def lives(conn: Connection, name: str, instance: str, silence: timedelta) -> bool:
    """Whether this life of the node has beaten within `silence`."""
    node = get(conn, name)
    return node is not None and node.instance == instance and node.silent_for <= silence


def all(conn: Connection) -> list[NodeRecord]:  # noqa: A001 - nodes.all() is how it is called
    """Every node that is entered, alive or not, by name."""
    rows = conn.execute(select(nodes).order_by(nodes.c.name)).all()
    now = database_now(conn)
    return [_record(row, now) for row in rows]


def _record(row: Any, now: datetime) -> NodeRecord:
    return replace(NodeRecord(*row), asks=frozenset(row.asks), silent_for=now - row.heartbeat_at)


_FORGET = delete(nodes).where(
    nodes.c.heartbeat_at < bindparam("before", type_=nodes.c.heartbeat_at.type),
    ~exists().where(attempts.c.ended_at.is_(None), attempts.c.node == nodes.c.name),
)
