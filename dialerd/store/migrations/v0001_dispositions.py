"""The part of the first schema that keeps the flags of dispositions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId


def create_dispositions() -> None:
    """Creates the table of dispositions."""
    op.create_table(
        "dispositions",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("flags", sa.JSON, nullable=False),
        sa.Column("standing_after", BigId),
        sa.Column("contacted_after", BigId),
        sa.Column("numbers_after", BigId),
        sa.PrimaryKeyConstraint("name", name="dispositions_pkey"),
    )
