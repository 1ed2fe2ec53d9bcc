"""People: who may log in, with which rights. Each function is one transaction with one audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.domain.people import Role, check_name, check_password
from dialerd.service import passwords
from dialerd.store import audit, people
from dialerd.store.database import Connection, Database
from dialerd.store.people import UserRecord

LINK_LASTS = timedelta(minutes=30)
LONGEST_LINK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Link:
    """What lets a user in once, until it is used or over. The secret is shown here and never again."""

    user: str
    secret: str
    expires_at: datetime


def add(database: Database, name: str, role: Role, *, password: str | None, actor: str, now: datetime) -> UserRecord:
    """A new user; without a password only links let them in.

    Raises BadInput for a name or a password that cannot be, Refused when the name is taken.
    """
    check_name("user", name)
    kept = _checked(name, password)
    with database.write() as conn:
        if people.get(conn, name) is not None:
            raise Refused(f"user {name} exists already; change them with role, passwd or enable")
        people.add(conn, name, role, kept, now)
        _note(conn, "user.add", name, actor, now, after={"role": role.value, "password": password is not None})
        return _require(conn, name)


def set_password(database: Database, name: str, password: str, *, actor: str, now: datetime) -> UserRecord:
    """Gives another password and ends all sessions of the user. Raises NotFound, BadInput."""
    kept = _checked(name, password)
    with database.write() as conn:
        user = _require(conn, name, lock=True)
        people.set_password(conn, user.user_id, kept, now)
        ended = people.shut_out(conn, user.user_id)
        _note(conn, "user.passwd", name, actor, now, sessions_ended=ended)
        return _require(conn, name)


def set_role(database: Database, name: str, role: Role, *, actor: str, now: datetime) -> UserRecord:
    """Gives another role, which holds at once. Raises NotFound, Refused when it is that already or nobody would be left
    who may give roles.
    """
    with database.write() as conn:
        user = _require(conn, name, lock=True)
        if user.role is role:
            raise Refused(f"user {name} is {role} already: nothing would change")
        if not role.covers(Role.ADMIN):
            _keep_an_admin(conn, user)
        people.set_role(conn, user.user_id, role, now)
        _note(conn, "user.role", name, actor, now, before={"role": user.role.value}, after={"role": role.value})
        return _require(conn, name)


def disable(database: Database, name: str, *, actor: str, now: datetime) -> UserRecord:
    """Shuts the user out: no login any more, and every session ends at once. Raises NotFound, Refused when they are
    already, or no admin would be left.
    """
    with database.write() as conn:
        user = _require(conn, name, lock=True)
        if user.disabled:
            raise Refused(f"user {name} is disabled already: nothing would change")
        _keep_an_admin(conn, user)
        people.set_disabled(conn, user.user_id, now, disabled=True)
        ended = people.shut_out(conn, user.user_id)
        _note(conn, "user.disable", name, actor, now, sessions_ended=ended)
        return _require(conn, name)


def enable(database: Database, name: str, *, actor: str, now: datetime) -> UserRecord:
    """Lets a disabled user in again. Raises NotFound, Refused when they are not disabled."""
    with database.write() as conn:
        user = _require(conn, name, lock=True)
        if not user.disabled:
            raise Refused(f"user {name} is not disabled: nothing would change")
        people.set_disabled(conn, user.user_id, now, disabled=False)
        _note(conn, "user.enable", name, actor, now)
        return _require(conn, name)


def link(database: Database, name: str, *, actor: str, now: datetime, lasts: timedelta = LINK_LASTS) -> Link:
    """A link that lets the user in once within so long. Raises NotFound, BadInput, Refused for a disabled user."""
    if not timedelta(0) < lasts <= LONGEST_LINK:
        raise BadInput(f"a link lasts at most {LONGEST_LINK.days} days, and longer than no time")
    secret = passwords.new_secret("")
    with database.write() as conn:
        user = _require(conn, name, lock=True)
        if user.disabled:
            raise Refused(f"user {name} is disabled; dialerd user enable {name} lets them in again")
        people.add_link(conn, passwords.digest(secret), user.user_id, now=now, expires_at=now + lasts)
        _note(conn, "user.link", name, actor, now, expires_at=(now + lasts).isoformat(timespec="seconds"))
    return Link(name, secret, now + lasts)


def overview(database: Database) -> list[UserRecord]:
    """All users by name."""
    with database.read() as conn:
        return people.every(conn)


def show(database: Database, name: str) -> UserRecord:
    """One user. Raises NotFound."""
    with database.read() as conn:
        return _require(conn, name)


def _checked(name: str, password: str | None) -> str | None:
    if password is None:
        return None
    check_password(name, password)
    return passwords.hashed(password)


def _keep_an_admin(conn: Connection, user: UserRecord) -> None:
    """Raises Refused when the user is the last one who may give rights."""
    others = [each for each in people.every(conn) if each.name != user.name and not each.disabled]
    if user.role.covers(Role.ADMIN) and not user.disabled and not any(each.role is Role.ADMIN for each in others):
        raise Refused(f"user {user.name} is the last admin; make another one first: dialerd user role NAME admin")


def _require(conn: Connection, name: str, *, lock: bool = False) -> UserRecord:
    user = people.get(conn, name, lock=lock) if name.isprintable() else None
    if user is None:
        close = get_close_matches(name, [known.name for known in people.every(conn)], n=2)
        near = f"; did you mean {' or '.join(close)}?" if close else "; dialerd user list shows those that do"
        raise NotFound(f"user {name[:64]} does not exist{near}")
    return user


def _note(conn: Connection, action: str, name: str, actor: str, now: datetime, **detail: object) -> None:
    audit.add(conn, at=now, actor=actor, action=action, subject=f"user {name}", detail=detail)
