"""Engines that use this database: one row a node, with a heartbeat. Every instant is of the database's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
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
    conn.execute(_REGISTER[conn.dialect.name], {"name": name, **row})
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
    values: dict[str, Any] = {"b_name": name, "b_instance": instance, "heartbeat_at": database_now(conn)}
    if status is not None:
        values["status"] = dict(status)
    if asks is not None:
        values["asks"] = sorted(asks)
    return conn.execute(_beat(status=status is not None, asks=asks is not None), values).rowcount == 1


def leave(conn: Connection, name: str, instance: str) -> None:
    """Removes the entry of a process that stops, unless another one has taken the name."""
    conn.execute(_LEAVE, {"b_name": name, "b_instance": instance})


def forget_silent(conn: Connection, silence: timedelta) -> int:
    """Removes the entries of engines that have been silent for so long and have no open attempt. Returns how many."""
    return conn.execute(_FORGET, {"before": database_now(conn) - silence}).rowcount


def get(conn: Connection, name: str, *, lock: bool = False) -> NodeRecord | None:
    """The node, or None."""
    row = conn.execute(_GET_LOCKED if lock else _GET, {"b_name": name}).one_or_none()
    return None if row is None else _record(row, database_now(conn))


def lives(conn: Connection, name: str, instance: str, silence: timedelta) -> bool:
    """Whether this life of the node has beaten within `silence`."""
    node = get(conn, name)
    return node is not None and node.instance == instance and node.silent_for <= silence


def all(conn: Connection) -> list[NodeRecord]:  # noqa: A001 - nodes.all() is how it is called
    """Every node that is entered, alive or not, by name."""
    rows = conn.execute(_ALL).all()
    now = database_now(conn)
    return [_record(row, now) for row in rows]


def _record(row: Any, now: datetime) -> NodeRecord:
    return replace(NodeRecord(*row), asks=frozenset(row.asks), silent_for=now - row.heartbeat_at)


_ALL = select(nodes).order_by(nodes.c.name)
_GET = select(nodes).where(nodes.c.name == bindparam("b_name"))
_GET_LOCKED = _GET.with_for_update()
_this = (nodes.c.name == bindparam("b_name"), nodes.c.instance == bindparam("b_instance"))
_LEAVE = delete(nodes).where(*_this)


@cache
def _beat(*, status: bool, asks: bool) -> Any:
    """Heartbeats come twice a second from each engine: built once."""
    told = [name for name, is_told in (("status", status), ("asks", asks)) if is_told]
    return update(nodes).where(*_this).values({name: bindparam(name) for name in ("heartbeat_at", *told)})


def _register(build: Any) -> Any:
    statement = build(nodes)
    changed = {column.name: statement.excluded[column.name] for column in nodes.c if column.name != "name"}
    return statement.on_conflict_do_update(index_elements=["name"], set_=changed)


_REGISTER = {"sqlite": _register(sqlite.insert), "postgresql": _register(postgresql.insert)}
_FORGET = delete(nodes).where(
    nodes.c.heartbeat_at < bindparam("before", type_=nodes.c.heartbeat_at.type),
    ~exists().where(attempts.c.ended_at.is_(None), attempts.c.node == nodes.c.name),
)
