"""Who asks: logins, the sessions they open, and the tokens of programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.errors import DialerdError
from dialerd.domain.people import FAILURES_KEPT, LONGEST_PASSWORD, Role, login_opens
from dialerd.service import passwords
from dialerd.service.tokens import PREFIX
from dialerd.store import api_tokens, audit, people
from dialerd.store.database import Connection, Database
from dialerd.store.people import UserRecord

TOUCH_EVERY = timedelta(minutes=1)
"""How exactly the last use of a session or token is kept: a write for each request would cost more than it tells."""


class NotLoggedIn(DialerdError):
    """The name and the password do not fit, or the link is none any more. HTTP 401."""


class TooManyLogins(DialerdError):
    """Too many failed logins; `until` is when the next may be tried. HTTP 429."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"too many failed logins; the next may be tried at {until:%H:%M:%S} UTC")
        self.until = until


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `name` is for the audit: a user's name, or `token NAME`. `key` names the session or the token, and proves
    nothing. `until` is when it is over.
    """

    name: str
    role: Role
    key: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """A session that was opened; `secret` is what the browser keeps."""

    user: UserRecord
    secret: str
    expires_at: datetime


def login(database: Database, name: str, password: str, *, source: str, now: datetime, lifetime: timedelta) -> Login:
    """Opens a session for who knows the password. `source` is the address it is asked from.

    Raises NotLoggedIn, TooManyLogins.
    """
    # Names that nobody can have are counted together, and not kept.
    name = name.strip().lower()
    known = name if len(name) <= 64 and name.isprintable() else "(none)"
    failure = _reserve(database, known, source, now)
    with database.read() as conn:
        kept = people.password_of(conn, known)
    # Argon2 takes its time, so that no transaction may be open meanwhile.
    right = passwords.fits(password[: LONGEST_PASSWORD + 1], kept)
    with database.write() as conn:
        user = people.get(conn, known, lock=True)
        # A password that was changed meanwhile is the one that counts.
        if user is not None and right and not user.disabled and people.password_of(conn, known) == kept:
            people.forgive(conn, failure)
            return _opened(conn, user, source, now, lifetime, how="password")
        _note(conn, "login.refused", known, now, source=source)
    raise NotLoggedIn("the name or the password is wrong")


def login_by_link(database: Database, secret: str, *, source: str, now: datetime, lifetime: timedelta) -> Login:
    """Opens a session for who has the link, which is used up. Raises NotLoggedIn, TooManyLogins."""
    failure = _reserve(database, "(link)", source, now)
    with database.write() as conn:
        user = people.take_link(conn, passwords.digest(secret), now)
        if user is not None and not user.disabled:
            people.forgive(conn, failure)
            return _opened(conn, user, source, now, lifetime, how="link")
        _note(conn, "login.refused", "(link)", now, source=source)
    raise NotLoggedIn("this link is used up or over; dialerd user link NAME makes another one")


def logout(database: Database, secret: str, *, now: datetime) -> None:
    """Ends the session, if there is one."""
    with database.write() as conn:
        found = people.session(conn, passwords.digest(secret))
        if found is not None and people.close_session(conn, found.digest):
            _note(conn, "logout", found.user.name, now, actor=found.user.name)


def of_session(database: Database, secret: str, *, now: datetime, idle: timedelta) -> Asker | None:
    """Who has this session; None when it is none, over, unused for `idle`, or its user is disabled."""
    return _of_session(database, passwords.digest(secret), now, idle, touch=True)


def of_token(database: Database, secret: str, *, now: datetime) -> Asker | None:
    """Who has this token; None when it is none, over or revoked."""
    if not secret.startswith(PREFIX):
        return None
    with database.read() as conn:
        token = api_tokens.by_digest(conn, passwords.digest(secret))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    if token.used_at is None or now - token.used_at >= TOUCH_EVERY:
        with database.write() as conn:
            api_tokens.used(conn, token.name, now)
    return Asker(f"token {token.name}", token.role, f"token:{token.name}", token.expires_at)


def still(database: Database, asker: Asker, *, now: datetime, idle: timedelta) -> Asker | None:
    """Who asks, as they are now: for what lasts, such as a page that is open. None when they may not ask any more."""
    if not asker.key.startswith("token:"):
        return _of_session(database, asker.key, now, idle, touch=True)
    with database.read() as conn:
        token = api_tokens.get(conn, asker.key.removeprefix("token:"))
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    return Asker(asker.name, token.role, asker.key, token.expires_at)


def _of_session(database: Database, digest: str, now: datetime, idle: timedelta, *, touch: bool) -> Asker | None:
    with database.read() as conn:
        found = people.session(conn, digest)
    if found is None or found.user.disabled or found.expires_at <= now or found.seen_at + idle <= now:
        return None
    if touch and now - found.seen_at >= TOUCH_EVERY:
        with database.write() as conn:
            people.seen(conn, digest, now)
    return Asker(found.user.name, found.user.role, digest, found.expires_at)


def _reserve(database: Database, name: str, source: str, now: datetime) -> int:
    """Counts a failure before anything is known, so that many at once are not more than one after the other."""
    with database.write() as conn:
        found = people.failures(conn, name, source, now - FAILURES_KEPT)
        until = login_opens(found, name, source, now)
        if until is None:
            return people.note_failure(conn, name, source, now)
    raise TooManyLogins(until)


def _opened(conn: Connection, user: UserRecord, source: str, now: datetime, lifetime: timedelta, *, how: str) -> Login:
    secret = passwords.new_secret("")
    expires_at = now + lifetime
    people.open_session(conn, passwords.digest(secret), user.user_id, source=source, now=now, expires_at=expires_at)
    _note(conn, "login", user.name, now, actor=user.name, how=how)
    return Login(user, secret, expires_at)


def _note(conn: Connection, action: str, name: str, now: datetime, *, actor: str = "nobody", **detail: object) -> None:
    audit.add(conn, at=now, actor=actor, action=action, subject=f"user {name}", detail=detail)
