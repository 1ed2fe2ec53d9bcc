"""The part of the first schema that keeps facts attached to calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId, UtcDateTime


def create_words() -> None:
    """Creates the table of attributes."""
    op.create_table(
        "attributes",
        sa.Column("attempt_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", "name", name="attributes_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("attributes_of_lead", "attributes", ["lead_id", "attempt_id"])
