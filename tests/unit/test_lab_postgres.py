"""The private PostgreSQL of the tests: databases of one's own, gone when nobody needs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from dialerd.domain.errors import Unavailable
from dialerd.lab.postgres import private_postgres
from harness.waiting import wait_for


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url) as conn:
        return conn.execute(sql).fetchone()[0]


def test_a_database_is_a_copy_of_its_template_and_is_dropped_with_whoever_is_still_there(postgres):
    postgres.create("pattern")
    with psycopg.connect(postgres.url("pattern")) as conn:
        conn.execute("create table leads as select 7 as id")
    with postgres.database("pattern") as url, postgres.database("pattern") as other:
        with psycopg.connect(url) as conn:
            conn.execute("delete from leads")
        assert (ask(url, "select count(*) from leads"), ask(other, "select count(*) from leads")) == (0, 1)
        left_open = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("select 1")
    left_open.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_it_wants_its_password_keeps_to_loopback_and_survives_a_crash():
    with private_postgres() as cluster:
        url = cluster.url("postgres")
        assert ask(url, "show listen_addresses") == "127.0.0.1"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://dialerd@127.0.0.1:{cluster.port}/postgres")
        with psycopg.connect(url) as conn:
            conn.execute("create table kept as select 1 as id")
        cluster.stop()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        cluster.start()
        assert ask(url, "select id from kept") == 1
        data = Path(str(ask(url, "show data_directory")))
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
    assert not data.parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def test_a_refusal_is_told_in_the_servers_words(postgres):
    with pytest.raises(Unavailable, match=r'the private PostgreSQL refused: .*database "nowhere" does not exist'):
        postgres.create("copy", "nowhere")


def test_when_its_owner_is_killed_the_server_ends_and_its_files_go():
    script = (
        "import sys\n"
        "from dialerd.lab.postgres import private_postgres\n"
        "with private_postgres() as cluster:\n"
        "    print(cluster.url('postgres'), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        url = owner.stdout.readline().strip()
        data = Path(str(ask(url, "show data_directory")))
        owner.send_signal(signal.SIGKILL)
    assert wait_for(lambda: not data.parent.exists(), "the files are gone")
