"""Keys of requests that may be sent twice, and what was answered the first time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.store.database import Connection
from dialerd.store.tables_people import idempotency_keys as keys


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key that was used for the request with this fingerprint; without an answer that has begun and not ended."""

    fingerprint: str
    answer: Answer | None


def reserve(conn: Connection, owner: str, key: str, fingerprint: str, now: datetime) -> bool:
    """Takes the key for this request. False when it is taken."""
    insert = (sqlite if conn.dialect.name == "sqlite" else postgresql).insert(keys)
    row = {"owner": owner, "key": key, "fingerprint": fingerprint, "created_at": now}
    taken = insert.values(row).on_conflict_do_nothing().returning(keys.c.key)
    return conn.execute(taken).first() is not None


def get(conn: Connection, owner: str, key: str) -> KeyRecord | None:
    """What the key was used for; None when it is free."""
    found = conn.execute(
        select(keys.c.fingerprint, keys.c.status, keys.c.headers, keys.c.body).where(_this(owner, key))
    ).one_or_none()
    if found is None:
        return None
    fingerprint, status, headers, body = found
    return KeyRecord(fingerprint, None if status is None else Answer(status, json.loads(headers), body))


def keep(conn: Connection, owner: str, key: str, answer: Answer) -> None:
    """Keeps what was answered."""
    values = {"status": answer.status, "headers": json.dumps(dict(answer.headers)), "body": answer.body}
    conn.execute(update(keys).where(_this(owner, key)).values(**values))


def release(conn: Connection, owner: str, key: str) -> None:
    """Nothing was done: the key may be used again."""
    conn.execute(delete(keys).where(_this(owner, key)))


def forget(conn: Connection, before: datetime) -> None:
    """Forgets keys that were used before then."""
    conn.execute(delete(keys).where(keys.c.created_at < before))


def _this(owner: str, key: str) -> ColumnElement[bool]:
    return and_(keys.c.owner == owner, keys.c.key == key)
