"""The part of the first schema that keeps trials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import UtcDateTime


def create_trials() -> None:
    """Creates the table of trials."""
    op.create_table(
        "trials",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "campaign", "endpoint", "actor")),
        sa.Column("begun_at", UtcDateTime, nullable=False),
        *(sa.Column(name, UtcDateTime) for name in ("taken_at", "placed_at", "answered_at")),
        sa.Column("destination", sa.Text),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("disposition", sa.Text),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="trials_pkey"),
        sqlite_with_rowid=False,
    )
    wanted = sa.text("taken_at IS NULL AND ended_at IS NULL")
    op.create_index("trials_wanted", "trials", ["begun_at"], sqlite_where=wanted, postgresql_where=wanted)
