"""Bringing a database to the newest schema, with Alembic and the migrations inside this package."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from dialerd.store.database import Connection

_FOLDER = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6D696772  # "migr": any constant that nothing else in the database locks


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file: where the migrations are and on which connection they run."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def to_head(connection: Connection) -> None:
    """Applies what is missing, inside the transaction of `connection`: all of it or nothing, one process at a time."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    command.upgrade(config_for(connection), "head")
