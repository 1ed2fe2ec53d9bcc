"""Fixtures: a database with our schema, of each kind, made in a moment by copying one that is ready."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialerd.lab.postgres import Cluster
from dialerd.store.database import Database
from dialerd.store.tables import metadata
from harness.world import World

TEMPLATE = "dialerd_template"
SMALL_BYTES = 8 * 8192
_NAMES = [table.name for table in metadata.sorted_tables]
_LARGEST = (
    "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
)
# No trigger counts what goes, and ids begin at 1 again.
_DELETE = f"""
SET LOCAL session_replication_role = replica;
{"".join(f"DELETE FROM {name};" for name in _NAMES)}
SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'"""
# Takes a tenth of a second, since each table and index becomes a new file.
_TRUNCATE = f"TRUNCATE {', '.join(_NAMES)} RESTART IDENTITY"


@pytest.fixture(scope="session")
def ready_file(tmp_path_factory) -> Path:
    """A SQLite file with our schema and nothing in it, to copy."""
    path = tmp_path_factory.mktemp("template") / "ready.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def ready_cluster(postgres) -> Cluster:
    """The session's PostgreSQL with a template database that has our schema and nothing in it."""
    postgres.create(TEMPLATE)
    _migrate(postgres.url(TEMPLATE))
    return postgres


@pytest.fixture
def sqlite_url(ready_file, tmp_path) -> str:
    """A new SQLite database with our schema."""
    shutil.copy(ready_file, tmp_path / "dialerd.db")
    return f"sqlite:///{tmp_path}/dialerd.db"


@pytest.fixture
def postgresql_url(ready_cluster) -> Iterator[str]:
    """A new PostgreSQL database with our schema."""
    with ready_cluster.database(TEMPLATE) as url:
        yield url


@pytest.fixture(scope="session")
def shared_url(ready_cluster) -> Iterator[str]:
    """A PostgreSQL database with our schema for one test after the other; see `emptied_url`."""
    with ready_cluster.database(TEMPLATE) as url:
        yield url


@pytest.fixture
def emptied_url(shared_url) -> str:
    """The shared database with nothing in it: far quicker than a new one. Tests leave its schema as it is."""
    database = Database(shared_url)
    with database.write() as conn:
        # Tables that are small are so for the planner too, whatever was in them: it takes none for less than ten pages.
        small = conn.exec_driver_sql(_LARGEST).scalar_one() <= SMALL_BYTES
        conn.exec_driver_sql(_DELETE if small else _TRUNCATE)
    database.close()
    return shared_url


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request) -> str:
    """A database of each kind with our schema and nothing in it."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "emptied_url")


@pytest.fixture
def database(ready_url) -> Iterator[Database]:
    """As `ready_url`, opened."""
    database = Database(ready_url)
    yield database
    database.close()


@pytest.fixture
def world(database) -> World:
    """A database of each kind with an active campaign, to be filled with lists and attempts."""
    return World(database)


@pytest.fixture
def sqlite_world(sqlite_url) -> Iterator[World]:
    """As `world`, on SQLite alone."""
    database = Database(sqlite_url)
    yield World(database)
    database.close()


@pytest.fixture
def postgresql_world(postgresql_url) -> Iterator[World]:
    """As `world`, on PostgreSQL alone."""
    database = Database(postgresql_url)
    yield World(database)
    database.close()


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.close()
