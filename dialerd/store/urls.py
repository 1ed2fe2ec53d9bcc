"""Database URLs: which ones we take, and what to say when one does not work."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from dialerd.domain.errors import ConfigError, Unavailable

_ALLOWED = "allowed are sqlite:////folder/file.db and postgresql://user:password@host/name"


def read_url(text: str) -> URL:
    """The URL with the driver we use. Raises ConfigError, without repeating the text: it may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ConfigError([f"database.url: not a database URL; {_ALLOWED}"]) from error
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite":
        return _sqlite(url)
    if backend in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise ConfigError([f"database.url: {backend} is not supported; {_ALLOWED}"])


def safe_text(url: URL) -> str:
    """The URL for people and logs: no password, no driver name."""
    plain = url.set(drivername=url.get_backend_name(), query={})
    return plain.render_as_string(hide_password=True)


def is_outside(error: DBAPIError) -> bool:
    """Whether the database itself is the trouble (gone, locked, full, no such file), and not what we asked of it."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return not name.startswith(("SQLITE_ERROR", "SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_MISUSE"))
    # What ends a connection has no class of its own: an idle transaction that is cut off is an InternalError.
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def explain(url: URL, error: DBAPIError) -> str:
    """One line for a person: which database and what it said. Never the password."""
    # PostgreSQL's own first line: its details may repeat values that were written.
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    said = " ".join((primary or str(error.orig)).split()) or type(error.orig).__name__
    if url.password:
        said = said.replace(str(url.password), "***")
    return f"database {safe_text(url)}: {said}"


def _sqlite(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:") or url.host:
        raise ConfigError([f"database.url: SQLite needs a local file that several processes can open; {_ALLOWED}"])
    return url.set(drivername="sqlite+pysqlite", query={})


def _postgresql(url: URL) -> URL:
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError(["database.url: PostgreSQL needs its driver; run `pip install 'dialerd[postgres]'`"])
    return url.set(drivername="postgresql+psycopg")


def require_folder(url: URL) -> None:
    """Raises Unavailable when a SQLite file's folder does not exist or cannot be written."""
    folder = Path(url.database or "").absolute().parent
    if not folder.is_dir():
        raise Unavailable(f"database {safe_text(url)}: the folder {folder} does not exist; create it")
    if not os.access(folder, os.W_OK):
        raise Unavailable(f"database {safe_text(url)}: the folder {folder} is not writable for this user")
