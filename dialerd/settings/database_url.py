"""Which databases there are, by URL. Messages never show the URL: it may hold a password."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

_ALLOWED = "sqlite:////absolute/path/dialerd.db, sqlite:///relative/path.db or postgresql://user:password@host/name"
_SQLITE = "sqlite:///"


def read_url(value: object) -> str:
    """The URL itself when it is one we can use. Raises ValueError, without showing it."""
    if not isinstance(value, str) or any(character < " " or character == "\x7f" for character in value):
        raise ValueError(f"is no URL; {_ALLOWED}")
    if value in ("", _SQLITE, "sqlite://") or ":memory:" in value:
        raise ValueError(f"names no file, and the processes meet in the database; {_ALLOWED}")
    if value.startswith(_SQLITE):
        return value
    try:
        parts = urlsplit(value)
        usable = parts.scheme == "postgresql" and parts.path.strip("/") and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"is no database we know (not shown here, it may hold a password); {_ALLOWED}")
    return value


def below(url: str, folder: Path) -> str:
    """The URL with a relative SQLite path made absolute, below `folder`."""
    if not url.startswith(_SQLITE):
        return url
    return _SQLITE + str(folder / url.removeprefix(_SQLITE))


def has_password(url: str) -> bool:
    """Whether whoever can read the URL, be it a usable one or not, may be able to log in with it."""
    return "password=" in url or bool(re.search(r"://[^/@]*:[^/@]+@", url))
