"""The database made ready for use, without anybody having to install it."""

from __future__ import annotations

from dialerd.domain.errors import ConfigError
from dialerd.store.database import Database, schema_revision


def prepare(database: Database) -> None:
    """Creates the schema in an empty database; leaves every other as it is.

    A schema that an older dialerd made is never upgraded on the side, while daemons may be at work on it.
    Raises Unavailable when the database cannot be used, ConfigError (run `dialerd db upgrade`) when its schema is old.
    """
    try:
        database.check()
    except ConfigError:
        with database.read() as connection:
            revision = schema_revision(connection)
        if revision is not None:
            raise
        database.migrate()
