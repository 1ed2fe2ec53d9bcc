"""The door to the database: connections, transactions, and one line when it cannot be used."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from dialerd.domain.errors import ConfigError, Unavailable
from dialerd.store import urls

Connection = sqlalchemy.Connection

HEAD = "0001_initial"
"""The newest migration; the schema this version of dialerd works with."""

_BUSY_SECONDS = 10
_LOOK_SECONDS = 0.001
# Whoever finds more in the log at a COMMIT clears it, and waits for that. An import beside others clears it itself, before
# it is that long; else the engine would do it, in the middle of its calls.
_LOG_PAGES = 8000
# The part of the index of numbers that an import meets again and again: it writes to it all over.
_LARGE_CACHE_KIB = 40_000
_STATEMENT_TIMEOUT_MS = 30_000
_LOCK_TIMEOUT_MS = 10_000
_CONNECT_SECONDS = 5
# A process that is frozen in the middle of a transaction (SIGSTOP, a suspended machine) would keep its locks from all others.
_WRITING = "SET LOCAL idle_in_transaction_session_timeout TO 5000"
_WRITING_LIGHTLY = f"{_WRITING}; SET LOCAL synchronous_commit TO off"


class Database:
    """One database, SQLite or PostgreSQL, shared by the threads of a process. Opening it connects to nothing.

    `url` is `sqlite:////folder/file.db` or `postgresql://user:password@host/name`. Raises ConfigError for any other.
    `dialect` is "sqlite" or "postgresql"; `safe_url` is the URL without its password.
    """

    def __init__(self, url: str) -> None:
        self._url = urls.read_url(url)
        self.dialect = self._url.get_backend_name()
        self.safe_url = urls.safe_text(self._url)
        self._engine = _sqlite_engine(self._url) if self.dialect == "sqlite" else _postgresql_engine(self._url)

    @property
    def url(self) -> str:
        """The URL with its password: to hand to a process of ours, never to show."""
        return self._url.set(drivername=self.dialect).render_as_string(hide_password=False)

    def __repr__(self) -> str:
        return f"Database({self.safe_url!r})"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: SQLite shows one state of the database from its first statement on, PostgreSQL
        the newest committed one in each statement. Raises Unavailable when the database cannot be reached or used.
        """
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """As `read`, and all that is read is of one moment, however many questions are asked."""
        with self._transaction(write=False) as connection:
            if self.dialect == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction, committed when the block ends, rolled back when it raises. On SQLite it is the only writer
        from its start on, and waits up to 10 s to become that. Raises Unavailable when the database cannot be reached
        or used; then nothing was written, unless the COMMIT itself was cut off, which nobody can know. PostgreSQL takes it
        back when it says nothing for 5 s, so that who stands still keeps nobody else waiting.

        One that is not `durable` is as whole and as visible as any, and the next durable one makes it so; when the power
        fails before that, it may never have been. On SQLite call `checkpoint` between many of them.
        """
        with self._transaction(write=True, durable=durable) as connection:
            yield connection

    def checkpoint(self) -> None:
        """Moves what SQLite has in its log into the database, without keeping anybody from writing meanwhile. Nothing
        to do on PostgreSQL.
        """
        with self.checkpoints() as clear:
            clear()

    @contextmanager
    def checkpoints(self) -> Iterator[Callable[[], None]]:
        """For many of them: each call is one `checkpoint`, by a connection that nobody else gets meanwhile."""
        if self.dialect != "sqlite":
            yield lambda: None
            return
        with self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            yield lambda: raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @contextmanager
    def _transaction(self, *, write: bool, durable: bool = True) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                connection.execution_options(dialerd_write=write)
                with _unhurried(connection, durable=durable), connection.begin():
                    if write and self.dialect == "postgresql":
                        connection.exec_driver_sql(_WRITING if durable else _WRITING_LIGHTLY)
                    yield connection
        except DBAPIError as error:
            if urls.is_outside(error):
                raise Unavailable(urls.explain(self._url, error)) from error
            raise

    def migrate(self) -> None:
        """Brings the schema to the newest form, creating it when the database is empty. Several processes may do so at
        once. Raises Unavailable when the database cannot be reached or its folder does not exist.
        """
        # Alembic takes a fifth of a second to import and is needed only here.
        from dialerd.store import migrate  # noqa: PLC0415

        if self.dialect == "sqlite":
            urls.require_folder(self._url)
        with self.write() as connection:
            migrate.to_head(connection)

    def check(self) -> None:
        """Raises Unavailable when the database cannot be reached or written, ConfigError when its schema is not the one
        this version works with.
        """
        if self.dialect == "sqlite":
            urls.require_folder(self._url)
            if not Path(self._url.database or "").exists():
                raise ConfigError([f"database {self.safe_url}: is not there yet; run `dialerd db upgrade`"])
        with self.read() as connection:
            revision = schema_revision(connection)
        if revision != HEAD:
            found = "is empty" if revision is None else f"has schema {revision}, this dialerd needs {HEAD}"
            raise ConfigError([f"database {self.safe_url}: {found}; run `dialerd db upgrade` with the newest dialerd"])

    def close(self) -> None:
        """Closes the connections that no thread is using. The database may be used again after it."""
        self._engine.dispose()


def schema_revision(connection: Connection) -> str | None:
    """The migration the schema is at; None when there is none."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(sqlalchemy.text("SELECT version_num FROM alembic_version"))
    return revision


def _sqlite_engine(url: sqlalchemy.URL) -> sqlalchemy.Engine:
    arguments = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    # The last one first: it has the pages in its cache, and one thread has one connection.
    engine = sqlalchemy.create_engine(url, hide_parameters=True, connect_args=arguments, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver's own idea of when a transaction begins is off; `begin` below says it.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        # SQLite's own knows ASCII only, and people search for names in any case.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("dialerd_write"):
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


@contextmanager
def _unhurried(connection: Connection, *, durable: bool) -> Iterator[None]:
    """SQLite's COMMITs in this block do not wait for the disk, unless they are to be durable, nor clear the log: that
    would count as time for which they have the writer.
    """
    if durable or connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA cache_size=-{_LARGE_CACHE_KIB}")
    raw.execute("PRAGMA synchronous=NORMAL")
    raw.execute("PRAGMA wal_autocheckpoint=0")
    try:
        yield
    finally:
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


def _begin_writing(connection: Connection) -> None:
    """Becomes the only writer. SQLite's own way of waiting sleeps up to 100 ms between two looks, and a process that
    writes all the time (an import) then starves the others for a second; looking every millisecond finds its pauses.
    """
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + _BUSY_SECONDS
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_LOOK_SECONDS)
            else:
                return
        # Once more, for the error in the form that callers know.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")


def _lower(text: str | None) -> str | None:
    return text if text is None else text.lower()


def _postgresql_engine(url: sqlalchemy.URL) -> sqlalchemy.Engine:
    options = f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c lock_timeout={_LOCK_TIMEOUT_MS} -c timezone=UTC"
    arguments = {"application_name": "dialerd", "connect_timeout": _CONNECT_SECONDS, "options": options}
    # A server that was restarted leaves dead connections in the pool; the ping finds them before the work does.
    return sqlalchemy.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
