"""Tokens: what programs show instead of a login. Each has a role and an end, and is shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.domain.people import Role, check_name
from dialerd.service import passwords
from dialerd.store import api_tokens, audit
from dialerd.store.api_tokens import TokenRecord
from dialerd.store.database import Connection, Database

PREFIX = "dialerd_"
"""So that a token that leaks is known for what it is."""

LONGEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token and its secret, which is shown here and never again."""

    token: TokenRecord
    secret: str


def add(database: Database, name: str, role: Role, *, lasts: timedelta, actor: str, now: datetime) -> NewToken:
    """A new token that holds so long. Raises BadInput, Refused when the name is taken, also by one that is over: the audit
    names tokens, and a name means one of them for ever.
    """
    check_name("token", name)
    if not timedelta(0) < lasts <= LONGEST:
        raise BadInput(f"a token lasts at most {LONGEST.days} days, and longer than no time")
    secret = passwords.new_secret(PREFIX)
    with database.write() as conn:
        if api_tokens.get(conn, name) is not None:
            raise Refused(f"token {name} exists already, or did once; choose another name")
        digest = passwords.digest(secret)
        api_tokens.add(conn, name, digest, role, created_by=actor, now=now, expires_at=now + lasts)
        token = _require(conn, name)
        after = {"role": role.value, "expires_at": token.expires_at.isoformat(timespec="seconds")}
        _note(conn, "token.add", name, actor, now, after=after)
    return NewToken(token, secret)


def revoke(database: Database, name: str, *, actor: str, now: datetime) -> TokenRecord:
    """Ends the token at once. Raises NotFound, Refused when it is revoked already."""
    with database.write() as conn:
        token = _require(conn, name)
        if token.revoked_at is not None:
            raise Refused(f"token {name} is revoked already: nothing would change")
        api_tokens.revoke(conn, name, now)
        _note(conn, "token.revoke", name, actor, now)
        return _require(conn, name)


def overview(database: Database) -> list[TokenRecord]:
    """All tokens by name, those that are over too."""
    with database.read() as conn:
        return api_tokens.every(conn)


def _require(conn: Connection, name: str) -> TokenRecord:
    token = api_tokens.get(conn, name) if name.isprintable() else None
    if token is None:
        raise NotFound(f"token {name[:64]} does not exist; dialerd token list shows those that do")
    return token


def _note(conn: Connection, action: str, name: str, actor: str, now: datetime, **detail: object) -> None:
    audit.add(conn, at=now, actor=actor, action=action, subject=f"token {name}", detail=detail)
