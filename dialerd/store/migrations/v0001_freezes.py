"""The part of the first schema that keeps freezes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import UtcDateTime


def create_freezes() -> None:
    """Creates the table of freezes."""
    op.create_table(
        "freezes",
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("campaign", name="freezes_pkey"),
        sqlite_with_rowid=False,
    )
