"""How far an import is: said in rows and percent, always moving, always ending, by whoever works and in the version."""

import pytest

from dialerd.domain.importing import Phase
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.leadfile import Reading
from dialerd.service import imports, workers
from dialerd.service.list_versions import versions_of
from dialerd.store import versions
from harness.waiting import wait_for

ROWS = 3000


def number(n):
    return f"+1202{2_000_000 + n:07d}"


@pytest.fixture
def seen(desk, world):
    """What was told while 1,500 of 3,000 leads of a list that is dialed were replaced, and what the version said then."""
    desk.create(campaign="spring")
    desk.load([(number(n), "old") for n in range(ROWS)])
    told = []

    def progress(at):
        told.append((at, versions_of(desk.database, "june")[0]))

    rows = [(number(n), "new") for n in range(ROWS // 2, ROWS * 2)]
    desk.load(rows, mode="replace", duplicates="update", progress=progress)
    return told


def test_every_phase_is_told_to_its_end(seen):
    for phase in Phase:
        percents = [at.percent for at, _ in seen if at.phase is phase]
        assert percents[-1] == 100, phase
    # How many steps the others take is a matter of the machine: a fast one is through with them in one.
    assert len({at.percent for at, _ in seen if at.phase is Phase.READING}) > 2


def test_it_always_moves_forward(seen):
    rows = [at.rows for at, _ in seen]
    assert rows == sorted(rows)
    assert rows[-1] == ROWS + ROWS // 2
    reading = [at.done for at, _ in seen if at.phase is Phase.READING]
    arming = [at.done for at, _ in seen if at.phase is Phase.ARMING]
    assert (reading, arming) == (sorted(reading), sorted(arming))


def test_the_version_says_the_same_to_those_who_look_from_elsewhere(seen):
    assert [version.headway for _, version in seen] == [at for at, _ in seen]
    states = {at.phase: version.state for at, version in seen}
    assert (states[Phase.READING], states[Phase.ARMING]) == (VersionState.STAGING, VersionState.PUBLISHED)


def test_a_worker_that_is_killed_leaves_nothing_of_the_file_on_the_disk(desk, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    desk.create()
    path = desk.file([(number(n), "x" * 50) for n in range(20_000)])
    ticket = imports.begin(desk.database, "june", path, Reading(), actor=desk.actor, clock=desk.clock)
    process = workers.start(desk.database, ticket.list_id, ticket.version, ticket.worker)

    def rows_are_in():
        with desk.database.read() as conn:
            return versions.get(conn, ticket.list_id, ticket.version).buckets.rows

    wait_for(rows_are_in, "rows are in", 60)
    process.kill()
    process.wait()
    assert list(folder.iterdir()) == []
