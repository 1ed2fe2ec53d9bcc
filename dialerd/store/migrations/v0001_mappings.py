"""The part of the first schema that keeps mapping templates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import UtcDateTime


def create_mappings() -> None:
    """Creates the table of mapping templates."""
    op.create_table(
        "mappings",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="mappings_pkey"),
    )
