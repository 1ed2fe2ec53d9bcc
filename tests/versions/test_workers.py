"""Whether somebody is at a version: by the process where it can be seen, else by its silence."""

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from dialerd.service import imports
from dialerd.service.heartbeat import heartbeat
from dialerd.service.list_versions import versions_of
from dialerd.service.workers import DEAD_AFTER, HANGS_AFTER, is_orphan, new_worker
from dialerd.store import versions
from harness.waiting import wait_for

SECOND = timedelta(seconds=1)


@pytest.fixture
def version(desk):
    """A version that this process has begun to stage."""
    list_id = desk.create()
    with desk.database.write() as conn:
        words = {"file_name": "a.csv", "sha256": "", "created_by": "tests", "worker": new_worker()}
        number = versions.begin(conn, list_id, now=desk.clock(), **words)
        return versions.get(conn, list_id, number)


def silent(version, seconds):
    return is_orphan(version, version.heartbeat_at + seconds)


def test_a_worker_whose_process_lives_here_is_left_at_it_though_nothing_was_heard_of_it(version):
    assert not silent(version, DEAD_AFTER + SECOND)
    assert silent(version, HANGS_AFTER + SECOND)


def test_a_worker_of_another_machine_is_dead_when_nothing_was_heard_of_it(version):
    elsewhere = replace(version, worker=f"abc.1@{socket.gethostname()}x:{os.getpid()}")
    assert not silent(elsewhere, DEAD_AFTER - SECOND)
    assert silent(elsewhere, DEAD_AFTER + SECOND)


def test_a_worker_whose_process_has_ended_is_dead_at_once(version):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert silent(replace(version, worker=f"abc@{socket.gethostname()}:{process.pid}"), timedelta())


def test_a_process_that_has_the_number_of_a_worker_and_began_at_another_time_is_not_it(version):
    assert not silent(version, timedelta())
    other = re.sub(r"\.\d+@", ".1@", version.worker)
    assert other != version.worker
    assert silent(replace(version, worker=other), timedelta())


def now(desk, version):
    with desk.database.read() as conn:
        return versions.get(conn, version.list_id, version.number)


@contextmanager
def beating(desk, version, **words):
    with heartbeat(desk.database, version, desk.clock, **words):
        yield


def test_a_worker_gives_a_sign_of_life_while_it_does_something_long(desk, version):
    with beating(desk, version, every=0.01):
        wait_for(lambda: now(desk, version).heartbeat_at > version.heartbeat_at, "a sign", 20)
        again = now(desk, version).heartbeat_at
        wait_for(lambda: now(desk, version).heartbeat_at > again, "another sign", 20)
    assert not beats()


def beats():
    return [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_a_worker_that_gets_nowhere_has_no_sign_of_life_in_the_end(desk, version):
    with beating(desk, version, every=0.01, patience=0.1):
        wait_for(lambda: not beats(), "it gives up", 20)


def test_a_worker_that_gets_on_goes_on_having_one(desk, version):
    with beating(desk, version, every=0.01, patience=0.5):
        for _ in range(3):
            seen = now(desk, version)
            with desk.database.write() as conn:
                versions.note_step(conn, version, desk.clock())
            wait_for(lambda seen=seen: now(desk, version).heartbeat_at > seen.heartbeat_at, "a sign", 20)
        assert beats()


def test_nobody_gives_a_sign_for_a_version_that_another_worker_has_taken_over(desk, version):
    with desk.database.write() as conn:
        versions.take_over(conn, version.list_id, version.number, version.worker, "other@nowhere:1", desk.clock())
    taken = now(desk, version).heartbeat_at
    with beating(desk, version, every=0.01):
        wait_for(lambda: not beats(), "it gives up", 20)
    assert now(desk, version).heartbeat_at == taken


def test_a_copy_whose_process_is_killed_is_gone_on_with_to_its_end(desk):
    rows = [(f"+1202{2_000_000 + n:07d}", f"n{n}") for n in range(20_000)]
    desk.create()
    desk.load(rows)
    command = [sys.executable, "-m", "dialerd", "list", "copy", "june", "july"]
    environment = {**os.environ, "DIALERD_DATABASE_URL": desk.database.url, "DIALERD_CONFIG": ""}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        wait_for(lambda: copied(desk) and copied(desk)[0].buckets.rows, "rows are in", 60)
        process.kill()
    (left,) = copied(desk)
    assert 0 < left.buckets.rows < len(rows)
    imports.recover(desk.database, clock=desk.clock)
    wait_for(lambda: not copied(desk)[0].state.unfinished, "the copy ends by itself", 60)
    assert desk.dialable("july") == dict(rows)


def copied(desk):
    with desk.database.read() as conn:
        names = [row[0] for row in conn.exec_driver_sql("SELECT name FROM lists")]
    return versions_of(desk.database, "july") if "july" in names else []
