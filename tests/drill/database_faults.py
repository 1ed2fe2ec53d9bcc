"""The database: restarted, killed, its backends terminated, locked, its disk full."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from drill.fault import Fault
from drill.verdict import Terms
from drill.world import PACE, World

LOCKED_SECONDS = 60.0
FULL_SECONDS = 6.0
AWAY_SECONDS = 3.0
TERMINATIONS = 10
NO_UNKNOWN = Terms(PACE, unknown=False)
FULL = """
CREATE FUNCTION drill_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER drill_full BEFORE INSERT OR UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION drill_full();
"""
SQLITE, POSTGRESQL = ("sqlite",), ("postgresql",)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Nobody can write to this SQLite database meanwhile."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def no_room(*pids: int) -> Iterator[None]:
    """These processes can write nothing to any file, as on a disk that is full: to make a small disk takes rights that not
    everybody has.
    """
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    try:
        for pid, (_, hard) in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def sqlite_locked(world: World) -> None:
    """For a minute."""
    with world.breaking(), locked(world.database.url):
        world.last_for(LOCKED_SECONDS)


def sqlite_no_room(world: World) -> None:
    """What both processes write to the database does not fit on the disk."""
    with world.breaking(), no_room(world.engine.pid, world.agi.pid):
        world.last_for(FULL_SECONDS)


def postgresql_no_room(world: World) -> None:
    """The server says of every row of the ledger that its disk is full, as it does when a table cannot grow."""
    with world.breaking(), psycopg.connect(world.database.url, autocommit=True) as conn:
        conn.execute(FULL)
        try:
            world.last_for(FULL_SECONDS)
        finally:
            conn.execute("DROP FUNCTION drill_full CASCADE")


def postgresql_restarted(world: World) -> None:
    """A fast shutdown, as a package update does it, and a start."""
    with world.breaking():
        world.cluster.shut_down()
        world.cluster.start()


def postgresql_killed(world: World) -> None:
    """It crashes and is away for some seconds."""
    with world.breaking():
        world.cluster.stop()
        world.last_for(AWAY_SECONDS)
        world.cluster.start()


def backends_terminated(world: World) -> None:
    """All connections are ended, again and again."""
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dialerd'"
    with world.breaking(), psycopg.connect(world.database.url, autocommit=True, application_name="drill") as conn:
        for _ in range(TERMINATIONS):
            conn.execute(ours)
            world.last_for(0.3)


FAULTS = [
    Fault("sqlite_locked", sqlite_locked, databases=SQLITE, terms=NO_UNKNOWN),
    Fault("sqlite_disk_full", sqlite_no_room, databases=SQLITE, terms=NO_UNKNOWN),
    Fault("postgresql_restarted", postgresql_restarted, databases=POSTGRESQL),
    Fault("postgresql_killed", postgresql_killed, cycles=2, databases=POSTGRESQL),
    Fault("postgresql_backends_terminated", backends_terminated, databases=POSTGRESQL),
    Fault("postgresql_disk_full", postgresql_no_room, databases=POSTGRESQL),
]
