"""The database's clock: the one that all engines share, for what must not depend on the clock of any of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from dialerd.store.database import Connection
from dialerd.store.types import UtcDateTime

_NOW = {
    # Not now(), which stands still while a transaction goes on.
    "postgresql": text("SELECT clock_timestamp() AS now").columns(now=UtcDateTime()),
    "sqlite": text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now') || '000Z' AS now").columns(now=UtcDateTime()),
}


def database_now(conn: Connection) -> datetime:
    """The instant by the database server's clock; on SQLite, which has no server, by this machine's."""
    now: datetime = conn.execute(_NOW[conn.dialect.name]).scalar_one()
    return now
