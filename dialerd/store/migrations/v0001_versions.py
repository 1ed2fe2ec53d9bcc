"""The part of the first schema that keeps versions of lists and the files they came from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId, UtcDateTime

_BUCKETS = ("rows", "imported", "updated", "unchanged", "duplicate", "dnc", "rejected", "withdrawn")


def create_versions() -> None:
    """Creates the tables of versions."""
    _originals()
    op.create_table(
        "list_versions",
        *_upload_columns(),
        *_progress_columns(),
        sa.PrimaryKeyConstraint("list_id", "number", name="list_versions_pkey"),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="list_versions_list_id_fkey", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["original_id"], ["originals.id"], name="list_versions_original_id_fkey"),
        sa.CheckConstraint("mode IN ('add', 'replace', 'rollback', 'copy', 'move')", name=op.f("list_versions_mode")),
        sa.CheckConstraint(
            "state IN ('staging', 'published', 'armed', 'failed', 'undoing', 'undone')",
            name=op.f("list_versions_state"),
        ),
    )
    unfinished = sa.text("state IN ('staging', 'published', 'undoing')")
    op.create_index(
        "list_versions_unfinished",
        "list_versions",
        ["list_id", "number"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_index("list_versions_original", "list_versions", ["original_id"])
    _around()


def _originals() -> None:
    op.create_table(
        "originals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", BigId, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("heartbeat_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="originals_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index("originals_sha256", "originals", ["sha256"])
    op.create_table(
        "original_parts",
        sa.Column("original_id", BigId, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("original_id", "part", name="original_parts_pkey"),
        sa.ForeignKeyConstraint(
            ["original_id"], ["originals.id"], name="original_parts_original_id_fkey", ondelete="CASCADE"
        ),
    )


def _upload_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("original_id", BigId),
        sa.Column("options", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("layout", sa.JSON),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        *(sa.Column(bucket, sa.Integer, nullable=False, server_default="0") for bucket in _BUCKETS),
    ]


def _progress_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("phase", sa.Text, nullable=False, server_default="reading"),
        *(sa.Column(name, BigId, nullable=False, server_default="0") for name in ("position", "size")),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("worker", sa.Text, nullable=False, server_default=""),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cancelled_by", sa.Text),
        sa.Column("heartbeat_at", UtcDateTime, nullable=False),
        sa.Column("previous", sa.Integer, nullable=False, server_default="0"),
        sa.Column("highest_before", BigId, nullable=False, server_default="0"),
        sa.Column("born_armed", sa.Boolean, nullable=False, server_default=sa.false()),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("born", "unarmed")),
        sa.Column("published_at", UtcDateTime),
        sa.Column("armed_up_to", BigId),
        sa.Column("finished_at", UtcDateTime),
    ]


def _around() -> None:
    op.create_table(
        "version_known",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "version", "lead_id", name="version_known_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "other_updates",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "version", "lead_id", name="other_updates_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rejects",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("cells", sa.JSON, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("list_id", "version", "line", name="rejects_pkey"),
    )
