"""Tokens of programs, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from dialerd.domain.people import Role
from dialerd.store.database import Connection
from dialerd.store.tables_people import api_tokens


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token, without what it is: only its hash is kept."""

    name: str
    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


def add(
    conn: Connection, name: str, digest: str, role: Role, *, created_by: str, now: datetime, expires_at: datetime
) -> None:
    """Adds a token by the hash of it."""
    values = {"name": name, "digest": digest, "role": role.value, "created_by": created_by}
    conn.execute(insert(api_tokens).values(**values, created_at=now, expires_at=expires_at))


def get(conn: Connection, name: str) -> TokenRecord | None:
    """The token of that name, also one that is over."""
    row = conn.execute(_TOKENS.where(api_tokens.c.name == name)).one_or_none()
    return None if row is None else _token(*row)


def by_digest(conn: Connection, digest: str) -> TokenRecord | None:
    """The token with this hash, also one that is over."""
    row = conn.execute(_TOKENS.where(api_tokens.c.digest == digest)).one_or_none()
    return None if row is None else _token(*row)


def every(conn: Connection) -> list[TokenRecord]:
    """All tokens by name."""
    return [_token(*row) for row in conn.execute(_TOKENS.order_by(api_tokens.c.name))]


def revoke(conn: Connection, name: str, now: datetime) -> None:
    """Ends the token."""
    conn.execute(update(api_tokens).where(api_tokens.c.name == name).values(revoked_at=now))


def used(conn: Connection, name: str, now: datetime) -> None:
    """The token was used."""
    conn.execute(update(api_tokens).where(api_tokens.c.name == name).values(used_at=now))


def _token(name: str, role: str, created_by: str, *times: datetime) -> TokenRecord:
    return TokenRecord(name, Role(role), created_by, *times)


_TOKENS = select(
    api_tokens.c.name,
    api_tokens.c.role,
    api_tokens.c.created_by,
    api_tokens.c.created_at,
    api_tokens.c.expires_at,
    api_tokens.c.revoked_at,
    api_tokens.c.used_at,
)
