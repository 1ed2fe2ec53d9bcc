"""The part of the first schema that keeps do-not-call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId, UtcDateTime


def create_dnc() -> None:
    """Creates the tables of do-not-call."""
    op.create_table(
        "dnc_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False, server_default=""),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("source", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="dnc_entries_pkey"),
        sa.UniqueConstraint("number", "kind", "campaign", name="dnc_entries_number_kind_campaign_unique"),
        sa.CheckConstraint("kind IN ('exact', 'prefix')", name=op.f("dnc_entries_kind")),
        sqlite_autoincrement=True,
    )
    of_one = sa.text("campaign != ''")
    op.create_index("dnc_entries_campaign", "dnc_entries", ["campaign"], sqlite_where=of_one, postgresql_where=of_one)
    op.create_index("dnc_entries_added", "dnc_entries", ["added_at"])
    op.create_table(
        "dnc_copies",
        sa.Column("registry", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("copied_at", UtcDateTime, nullable=False),
        sa.Column("imported_at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("registry", "campaign", name="dnc_copies_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dnc_sweeps",
        sa.Column("id", BigId, nullable=False),
        sa.Column("beginning", sa.Text, nullable=False, server_default=""),
        sa.Column("list_id", BigId),
        sa.Column("after_number", sa.Text, nullable=False, server_default=""),
        sa.Column("after_lead", BigId, nullable=False, server_default="0"),
        sa.Column("heartbeat_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="dnc_sweeps_pkey"),
        sqlite_autoincrement=True,
    )
