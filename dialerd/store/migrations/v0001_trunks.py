"""The part of the first schema that keeps the breakers of trunks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import UtcDateTime


def create_trunks() -> None:
    """Creates the table of breakers that are not closed."""
    op.create_table(
        "trunk_breakers",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("node", "trunk", "phase", "blame", "reason")),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("next_probe_at", UtcDateTime),
        sa.PrimaryKeyConstraint("node", "trunk", name="trunk_breakers_pkey"),
        sa.CheckConstraint("phase IN ('open', 'probing', 'stopped')", name=op.f("trunk_breakers_phase")),
        sqlite_with_rowid=False,
    )
