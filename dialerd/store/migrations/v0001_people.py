"""The part of the first schema that keeps people, what proves who they are, and the keys of their requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialerd.store.types import BigId, UtcDateTime

_ROLES = "role IN ('viewer', 'operator', 'admin')"


def create_people() -> None:
    """Creates the tables of users, sessions, links, tokens, failed logins and idempotency keys."""
    op.create_table(
        "users",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        *(sa.Column(name, UtcDateTime, nullable=False) for name in ("created_at", "changed_at")),
        sa.Column("last_login_at", UtcDateTime),
        sa.CheckConstraint(_ROLES, name="role"),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("name", name="users_name_unique"),
    )
    for table, texts, times in (
        ("sessions", ("source",), ("created_at", "seen_at", "expires_at")),
        ("login_links", (), ("created_at", "expires_at")),
    ):
        op.create_table(
            table,
            sa.Column("digest", sa.Text, nullable=False),
            sa.Column("user_id", BigId, nullable=False),
            *(sa.Column(name, sa.Text, nullable=False) for name in texts),
            *(sa.Column(name, UtcDateTime, nullable=False) for name in times),
            sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"{table}_user_id_fkey", ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("digest", name=f"{table}_pkey"),
            sqlite_with_rowid=False,
        )
        op.create_index(f"{table}_user_id", table, ["user_id"])
    _create_programs()


def _create_programs() -> None:
    op.create_table(
        "api_tokens",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "digest", "role", "created_by")),
        *(sa.Column(name, UtcDateTime, nullable=False) for name in ("created_at", "expires_at")),
        *(sa.Column(name, UtcDateTime) for name in ("revoked_at", "used_at")),
        sa.CheckConstraint(_ROLES, name="role"),
        sa.PrimaryKeyConstraint("name", name="api_tokens_pkey"),
        sa.UniqueConstraint("digest", name="api_tokens_digest_unique"),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "source")),
        sa.PrimaryKeyConstraint("id", name="login_failures_pkey"),
    )
    op.create_index("login_failures_at", "login_failures", ["at"])
    op.create_table(
        "idempotency_keys",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("owner", "key", "fingerprint")),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer),
        *(sa.Column(name, sa.Text) for name in ("headers", "body")),
        sa.PrimaryKeyConstraint("owner", "key", name="idempotency_keys_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_index("idempotency_keys_created_at", "idempotency_keys", ["created_at"])
