"""Passwords and secrets: hashed slowly what people choose, quickly what we make."""

from __future__ import annotations

import hashlib
import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING

from dialerd.domain.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_PASSES, _KIBIBYTES, _LANES = 2, 19 * 1024, 1
"""The least that is advised for argon2id (OWASP, Password Storage Cheat Sheet): the machine is there for the calls."""

_AT_ONCE = threading.Semaphore(2)
"""Each takes a core for a moment, and a crowd of logins must not take all of them."""


def hashed(password: str) -> str:
    """The password as it is kept, by argon2id. Raises Unavailable without the extra `web`."""
    with _AT_ONCE:
        return _hasher().hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether it is the password that was kept. It takes the same time when none was (None)."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - an extra

    hasher = _hasher()
    with _AT_ONCE:
        try:
            hasher.verify(kept or _nobodys(), password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def new_secret(prefix: str) -> str:
    """A secret of 256 random bits behind a prefix that says what it is."""
    return f"{prefix}{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """What is kept of a secret that we made. It is long and random, so that a quick hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


@cache
def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise Unavailable("people and their passwords need the extra web: pip install 'dialerd[web]'") from error
    return PasswordHasher(time_cost=_PASSES, memory_cost=_KIBIBYTES, parallelism=_LANES)


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe(32))
