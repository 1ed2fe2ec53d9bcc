"""Who works on an import. A large one has a process of its own: what ends the command need not end the import."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dialerd.domain.errors import BadInput
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.load import checked
from dialerd.ingest.source import sha256_of
from dialerd.service import imports
from dialerd.service.list_versions import versions_of
from dialerd.service.workers import NICENESS
from dialerd.store.versions import Buckets
from harness.waiting import wait_for

ROWS = 60_000
COMMAND = [sys.executable, "-m", "dialerd", "list", "import", "june"]


def environment(desk):
    return {**os.environ, "DIALERD_DATABASE_URL": desk.database.url, "DIALERD_CONFIG": ""}


@pytest.fixture
def told(desk):
    """told(signal): the exit code of `dialerd list import` that got the signal in the middle of 60,000 rows."""
    desk.create()
    path = desk.file([(f"+1202{2_000_000 + n:07d}", f"n{n}") for n in range(ROWS)])

    def tell(number):
        with subprocess.Popen([*COMMAND, str(path)], env=environment(desk)) as process:
            wait_for(lambda: any(made.buckets.rows for made in versions_of(desk.database, "june")), "rows are in", 60)
            process.send_signal(number)
        return process.returncode

    return tell


# SIGHUP is what the cut connection of somebody who is logged in from elsewhere comes as.
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_an_import_goes_on_when_the_command_that_began_it_is_ended(desk, told, number):
    assert told(number) in (128 + number, -number)
    wait_for(lambda: versions_of(desk.database, "june")[0].state is VersionState.ARMED, "the import ends", 100)
    assert len(desk.dialable()) == ROWS


def test_ctrl_c_takes_back_what_the_worker_did(desk, told):
    assert told(signal.SIGINT) == 130
    assert desk.leads() == {}
    (version,) = versions_of(desk.database, "june")
    assert (version.state, version.error) == (VersionState.FAILED, "cancelled by Ctrl-C")


def test_a_file_that_is_cut_off_on_its_way_into_the_database_is_not_imported_and_can_come_again(desk, monkeypatch):
    desk.create()
    path = desk.file([(f"+1202{2_000_000 + n:07d}", f"n{n}") for n in range(1000)])
    whole = path.read_bytes()

    def cut_off(file):
        was = sha256_of(file)
        file.write_bytes(whole[:5000])
        return was

    monkeypatch.setattr(imports, "sha256_of", cut_off)
    with pytest.raises(BadInput, match="was changed while it was read; import it again"):
        imports.begin(desk.database, "june", path, Reading(), actor=desk.actor, clock=desk.clock)
    monkeypatch.undo()
    assert (versions_of(desk.database, "june"), desk.leads()) == ([], {})
    path.write_bytes(whole)
    assert desk.load(path).buckets == Buckets(rows=1000, imported=1000)
    again = desk.load(path)
    assert (again.buckets, again.same_as) == (Buckets(rows=1000, unchanged=1000), 1)


def niceness(pid):
    """Of a process, also of one that has ended but whose end nobody has taken note of."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[16])


@pytest.mark.parametrize("more", [[], ["--dry-run"]], ids=["import", "dry run"])
def test_a_small_file_is_imported_by_the_command_itself_which_leaves_the_processor_to_the_dialing(desk, more):
    desk.create()
    path = desk.file([(f"+1202{2_000_000 + n:07d}", f"n{n}") for n in range(100)])
    with subprocess.Popen([*COMMAND, str(path), *more], env=environment(desk), stdout=subprocess.DEVNULL) as process:
        wait_for(lambda: niceness(process.pid) == min(os.nice(0) + NICENESS, 19), "it steps back", 60)
    assert process.returncode == 0


def test_who_imports_can_be_told_from_the_version(desk):
    desk.create()
    desk.load({"+12025550100": "a"})
    (version,) = versions_of(desk.database, "june")
    assert version.created_by == "the tests"
    assert version.worker.endswith(f"@{socket.gethostname()}:{os.getpid()}")


def test_rows_that_are_not_accounted_for_stop_the_import():
    with pytest.raises(AssertionError, match="5 rows came in, 4 are accounted for"):
        checked(Buckets(rows=5, imported=3, rejected=1))
