"""The files that were uploaded, byte for byte, in compressed chunks. What has the same bytes is kept once.

They are in the database and not beside it, because several machines share it: whoever takes an import over has the file.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, insert, select, true, update

from dialerd.store.database import Connection, Database
from dialerd.store.tables import list_versions, original_parts, originals

PART_BYTES = 1 << 20
"""So many bytes of a file are one part, and one transaction: a few milliseconds."""

_DROP_PARTS = 8


def find(conn: Connection, sha256: str, size: int) -> int | None:
    """The id of the original with these bytes, or None."""
    same = and_(originals.c.sha256 == sha256, originals.c.size == size, originals.c.complete == true())
    found: int | None = conn.scalar(select(originals.c.id).where(same).order_by(originals.c.id).limit(1))
    return found


def begin(conn: Connection, sha256: str, size: int, worker: str, now: datetime) -> int:
    """A new original without its bytes; returns its id."""
    values = {"sha256": sha256, "size": size, "worker": worker, "heartbeat_at": now}
    original_id: int = conn.execute(insert(originals).values(**values).returning(originals.c.id)).scalar_one()
    return original_id


def add_part(conn: Connection, original_id: int, part: int, packed: bytes, now: datetime) -> None:
    """Adds the next part (0, 1, 2 ...), as `pack` made it."""
    conn.execute(insert(original_parts).values(original_id=original_id, part=part, data=packed))
    touch(conn, original_id, now)


def touch(conn: Connection, original_id: int, now: datetime) -> None:
    """Says that somebody is about to use it, so that it is not dropped."""
    conn.execute(update(originals).where(originals.c.id == original_id).values(heartbeat_at=now))


def complete(conn: Connection, original_id: int, now: datetime) -> None:
    """All its parts are there."""
    conn.execute(update(originals).where(originals.c.id == original_id).values(complete=True, heartbeat_at=now))


def pack(block: bytes) -> bytes:
    """A part as it is kept. The fastest level: lists shrink to a quarter with it, and little more with the others."""
    return zlib.compress(block, 1)


def blocks(database: Database, original_id: int) -> Iterator[bytes]:
    """The bytes of the original, a part at a time; no transaction is open while the caller works."""
    part = 0
    while True:
        with database.read() as conn:
            packed = conn.scalar(_PART, {"b_id": original_id, "b_part": part})
        if packed is None:
            return
        yield zlib.decompress(packed)
        part += 1


def whole(database: Database, original_id: int) -> bool:
    """Whether what is kept is what was uploaded, by its SHA-256."""
    digest = hashlib.sha256()
    for block in blocks(database, original_id):
        digest.update(block)
    with database.read() as conn:
        expected = conn.scalar(select(originals.c.sha256).where(originals.c.id == original_id))
    return digest.hexdigest() == expected


def has_unused(conn: Connection, before: datetime) -> bool:
    """Whether there is something to drop."""
    return conn.scalar(_UNUSED, {"before": before}) is not None


def drop_unused(conn: Connection, before: datetime) -> bool:
    """Drops a few parts of originals that no version names and nobody has touched since `before`. False when there is
    nothing left to drop. Call it again until then: a large file in one transaction would block the writer.
    """
    unused: int | None = conn.scalar(_UNUSED, {"before": before})
    if unused is None:
        return False
    parts = list(conn.scalars(_SOME_PARTS, {"b_id": unused}))
    if parts:
        conn.execute(delete(original_parts).where(_of_this, original_parts.c.part.in_(parts)), {"b_id": unused})
    else:
        conn.execute(delete(originals).where(originals.c.id == bindparam("b_id")), {"b_id": unused})
    return True


_of_this = original_parts.c.original_id == bindparam("b_id")
_PART = select(original_parts.c.data).where(_of_this, original_parts.c.part == bindparam("b_part"))
_SOME_PARTS = select(original_parts.c.part).where(_of_this).order_by(original_parts.c.part.desc()).limit(_DROP_PARTS)
_named = exists().where(list_versions.c.original_id == originals.c.id)
_UNUSED = (
    select(originals.c.id)
    .where(~_named, originals.c.heartbeat_at < bindparam("before", type_=originals.c.heartbeat_at.type))
    .limit(1)
)
