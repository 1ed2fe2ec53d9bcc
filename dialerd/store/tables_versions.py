"""The tables of versions: each upload to a list, the file it came from, and the rows that were refused."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
    text,
)

from dialerd.store.metadata import metadata
from dialerd.store.types import BigId, UtcDateTime

# What was uploaded, byte for byte, once however many versions came of it.
originals = Table(
    "originals",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("size", BigId, nullable=False),
    Column("complete", Boolean, nullable=False, server_default=false()),
    Column("worker", Text, nullable=False),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

original_parts = Table(
    "original_parts",
    metadata,
    Column("original_id", BigId, ForeignKey("originals.id", ondelete="CASCADE"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("original_id", "part"),
)

list_versions = Table(
    "list_versions",
    metadata,
    Column("list_id", BigId, ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("original_id", BigId, ForeignKey("originals.id")),
    # How the file is read and duplicates are treated: all that an interrupted import needs to go on.
    Column("options", JSON, nullable=False, server_default="{}"),
    # The file's header and delimiter, to write its rejected rows with.
    Column("layout", JSON),
    Column("state", Text, nullable=False),
    Column("error", Text),
    *(
        Column(bucket, Integer, nullable=False, server_default="0")
        for bucket in ("rows", "imported", "updated", "unchanged", "duplicate", "dnc", "rejected", "withdrawn")
    ),
    # What it is at, and how much of that is done.
    Column("phase", Text, nullable=False, server_default="reading"),
    Column("position", BigId, nullable=False, server_default="0"),
    Column("size", BigId, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("worker", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("cancelled_by", Text),
    Column("heartbeat_at", UtcDateTime, nullable=False),
    # The version that was current before, and the list's highest lead before: above it all are this version's own.
    Column("previous", Integer, nullable=False, server_default="0"),
    Column("highest_before", BigId, nullable=False, server_default="0"),
    # Its new leads got their due time when they were staged, because nobody could dial the list.
    Column("born_armed", Boolean, nullable=False, server_default=false()),
    # Counted with each step, since an overview must not count rows: new leads that have their due time from the start,
    # and leads, new or back, that are still to get theirs.
    Column("born", Integer, nullable=False, server_default="0"),
    Column("unarmed", Integer, nullable=False, server_default="0"),
    Column("published_at", UtcDateTime),
    Column("armed_up_to", BigId),
    Column("finished_at", UtcDateTime),
    PrimaryKeyConstraint("list_id", "number"),
    CheckConstraint("mode IN ('add', 'replace', 'rollback', 'copy', 'move')", name="mode"),
    CheckConstraint("state IN ('staging', 'published', 'armed', 'failed', 'undoing', 'undone')", name="state"),
)
_unfinished = text("state IN ('staging', 'published', 'undoing')")
Index(
    "list_versions_unfinished",
    list_versions.c.list_id,
    list_versions.c.number,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)
Index("list_versions_original", list_versions.c.original_id)

# Leads of earlier versions that the file of a version being staged names too: what a replacement must not withdraw.
version_known = Table(
    "version_known",
    metadata,
    Column("list_id", BigId, nullable=False),
    Column("version", Integer, nullable=False),
    Column("lead_id", BigId, nullable=False),
    PrimaryKeyConstraint("list_id", "version", "lead_id"),
    sqlite_with_rowid=False,
)

# What the file of a version says about leads of other lists, until it is taken over there.
other_updates = Table(
    "other_updates",
    metadata,
    Column("list_id", BigId, nullable=False),
    Column("version", Integer, nullable=False),
    Column("lead_id", BigId, nullable=False),
    Column("line", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    Column("fields", JSON, nullable=False),
    PrimaryKeyConstraint("list_id", "version", "lead_id"),
    sqlite_with_rowid=False,
)

rejects = Table(
    "rejects",
    metadata,
    Column("list_id", BigId, nullable=False),
    Column("version", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("cells", JSON, nullable=False, server_default="[]"),
    PrimaryKeyConstraint("list_id", "version", "line"),
)
