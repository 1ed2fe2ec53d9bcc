"""The part of the first schema that keeps resets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId, UtcDateTime


def create_resets() -> None:
    """Creates the tables of resets."""
    op.create_table(
        "resets",
        sa.Column("id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("dispositions", sa.Text, nullable=False),
        sa.Column("drip", sa.Float),
        sa.Column("leads", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="resets_pkey"),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="resets_list_id_fkey", ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('running', 'done', 'undoing', 'undone')", name=op.f("resets_state")),
    )
    op.create_index("resets_of_list", "resets", ["list_id", "id"])
    op.create_table(
        "reset_leads",
        sa.Column("reset_id", BigId, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("dials", sa.Integer, nullable=False),
        sa.Column("fresh_after", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("closed", sa.Text),
        sa.Column("waits_for", sa.Text),
        sa.PrimaryKeyConstraint("reset_id", "lead_id", name="reset_leads_pkey"),
        sa.ForeignKeyConstraint(["reset_id"], ["resets.id"], name="reset_leads_reset_id_fkey", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
