"""Users, their sessions and links, and failed logins, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, text, update

from dialerd.domain.people import Failure, Role
from dialerd.store.database import Connection
from dialerd.store.tables_people import login_failures, login_links, sessions, users


@dataclass(frozen=True, slots=True)
class UserRecord:
    """Somebody who may log in. `has_password` is False when only links let them in."""

    user_id: int
    name: str
    role: Role
    has_password: bool
    disabled: bool
    created_at: datetime
    changed_at: datetime
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One login. `digest` is the hash of what the browser keeps."""

    digest: str
    user: UserRecord
    source: str
    seen_at: datetime
    expires_at: datetime


def add(conn: Connection, name: str, role: Role, password: str | None, now: datetime) -> None:
    """Adds a user; `password` is a hash."""
    values = {"name": name, "role": role.value, "password": password, "disabled": False}
    conn.execute(insert(users).values(**values, created_at=now, changed_at=now))


def get(conn: Connection, name: str, *, lock: bool = False) -> UserRecord | None:
    """The user of that name; with `lock` nobody else changes any user until the transaction ends."""
    if lock:
        # All of them, in one order: who may be shut out depends on the others.
        conn.execute(select(users.c.id).order_by(users.c.id).with_for_update())
    row = conn.execute(_USERS.where(users.c.name == name)).one_or_none()
    return None if row is None else _user(*row)


def every(conn: Connection) -> list[UserRecord]:
    """All users by name."""
    return [_user(*row) for row in conn.execute(_USERS.order_by(users.c.name))]


def password_of(conn: Connection, name: str) -> str | None:
    """The hash of the user's password; None for somebody without one, or nobody."""
    found: str | None = conn.scalar(select(users.c.password).where(users.c.name == name))
    return found


def set_password(conn: Connection, user_id: int, password: str | None, now: datetime) -> None:
    """Gives another password (its hash), or none."""
    conn.execute(update(users).where(users.c.id == user_id).values(password=password, changed_at=now))


def set_role(conn: Connection, user_id: int, role: Role, now: datetime) -> None:
    """Gives another role, which holds for sessions that are open too."""
    conn.execute(update(users).where(users.c.id == user_id).values(role=role.value, changed_at=now))


def set_disabled(conn: Connection, user_id: int, now: datetime, *, disabled: bool) -> None:
    """Shuts the user out, or lets them in again."""
    conn.execute(update(users).where(users.c.id == user_id).values(disabled=disabled, changed_at=now))


def shut_out(conn: Connection, user_id: int) -> int:
    """Ends every session and link of the user; how many sessions there were."""
    conn.execute(delete(login_links).where(login_links.c.user_id == user_id))
    return conn.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


def open_session(
    conn: Connection, digest: str, user_id: int, *, source: str, now: datetime, expires_at: datetime
) -> None:
    """Opens a session, and forgets those that are over."""
    conn.execute(delete(sessions).where(sessions.c.expires_at <= now))
    values = {"digest": digest, "user_id": user_id, "source": source, "created_at": now, "seen_at": now}
    conn.execute(insert(sessions).values(**values, expires_at=expires_at))
    conn.execute(update(users).where(users.c.id == user_id).values(last_login_at=now))


def session(conn: Connection, digest: str) -> SessionRecord | None:
    """The session with its user, whether it is over or not."""
    query = _USERS.add_columns(sessions.c.source, sessions.c.seen_at, sessions.c.expires_at)
    query = query.join(sessions, sessions.c.user_id == users.c.id).where(sessions.c.digest == digest)
    row = conn.execute(query).one_or_none()
    return None if row is None else SessionRecord(digest, _user(*row[:-3]), *row[-3:])


def seen(conn: Connection, digest: str, now: datetime) -> None:
    """The session was used."""
    conn.execute(update(sessions).where(sessions.c.digest == digest).values(seen_at=now))


def close_session(conn: Connection, digest: str) -> bool:
    """Ends the session; False when there was none."""
    return conn.execute(delete(sessions).where(sessions.c.digest == digest)).rowcount == 1


def add_link(conn: Connection, digest: str, user_id: int, *, now: datetime, expires_at: datetime) -> None:
    """Adds a link that lets the user in once."""
    conn.execute(delete(login_links).where(login_links.c.expires_at <= now))
    conn.execute(insert(login_links).values(digest=digest, user_id=user_id, created_at=now, expires_at=expires_at))


def take_link(conn: Connection, digest: str, now: datetime) -> UserRecord | None:
    """Uses the link up and says whom it lets in; None when there is none, or none any more."""
    query = _USERS.join(login_links, login_links.c.user_id == users.c.id)
    row = conn.execute(query.where(login_links.c.digest == digest, login_links.c.expires_at > now)).one_or_none()
    # Of two who come at once, the one whose DELETE found it has it.
    taken = conn.execute(delete(login_links).where(login_links.c.digest == digest)).rowcount == 1
    return _user(*row) if row is not None and taken else None


def note_failure(conn: Connection, name: str, source: str, now: datetime) -> int:
    """Writes a failed login down; its id."""
    key = conn.execute(insert(login_failures).values(at=now, name=name, source=source)).inserted_primary_key
    if key is None:
        raise AssertionError("an insert without a key")
    return int(key[0])


def forgive(conn: Connection, failure_id: int) -> None:
    """It was no failure after all."""
    conn.execute(delete(login_failures).where(login_failures.c.id == failure_id))


def failures(conn: Connection, name: str, source: str, since: datetime) -> list[Failure]:
    """Failed logins under this name or from this address since then; older ones are forgotten for good. Nobody else notes
    one until the transaction ends.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("LOCK TABLE login_failures IN SHARE ROW EXCLUSIVE MODE"))
    conn.execute(delete(login_failures).where(login_failures.c.at <= since))
    found = select(login_failures.c.at, login_failures.c.name, login_failures.c.source)
    concerned = (login_failures.c.name == name) | (login_failures.c.source == source)
    return [Failure(*row) for row in conn.execute(found.where(concerned))]


def _user(
    user_id: int,
    name: str,
    role: str,
    has_password: object,
    disabled: bool,
    *times: datetime,
) -> UserRecord:
    return UserRecord(user_id, name, Role(role), bool(has_password), disabled, *times)


_USERS = select(
    users.c.id,
    users.c.name,
    users.c.role,
    users.c.password.is_not(None),
    users.c.disabled,
    users.c.created_at,
    users.c.changed_at,
    users.c.last_login_at,
)
