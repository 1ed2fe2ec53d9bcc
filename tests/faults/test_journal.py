"""The database is away while calls end: what their channels report is on disk all the same, and comes to stand as it was."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing, suppress

from dialerd.domain.dispositions import Disposition
from dialerd.ops import journal
from dialerd.service.here import here
from dialerd.settings.model import Paths
from harness.rig import Rig, numbers

STAYS = "201"
CALLS = 6
SOLD = """
[sold-late]
exten => s,1,Wait(3600)
exten => h,1,Set(DIALERD_OK=)
 same => n,AGI(${{DIALERD_AGI}}/disposition?disposition=SALE)
 same => n,Set(FILE({folder}/${{DIALERD_ATTEMPT}})=${{DIALERD_OK}})
"""
# As route, when somebody says so.
WAITS = """
import os
import time
from pathlib import Path
from dialerd.resources import share
from dialerd.telephony.agi_scripts import load_scripts

ROUTE = load_scripts(share("agi"))["route"]

def run(session, context):
    Path(f"{folder}/{{session.uniqueid}}").write_text(str(os.getpid()))
    while not Path("{folder}/go").exists():
        time.sleep(0.02)
    ROUTE(session, context)
"""


def paths(rig: Rig) -> Paths:
    return Paths(state_dir=rig.folder)


def kill_fastagi(rig: Rig) -> None:
    """All of its processes, at once and for good."""
    found = [process.pid for process in here(paths(rig)).processes]
    rig.agi.kill()
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def talk(rig: Rig, **campaign) -> None:
    """Calls that are up and routed, and no engine any more: how they end only FastAGI hears."""
    rig.run(numbers(STAYS, times=CALLS), max_talk_time="60s", **campaign)
    rig.wait(lambda: len(rig.agi.entries("routed")) == CALLS, "every call routed")
    rig.engine.kill()


def hang_up(rig: Rig, reports: int) -> None:
    """The called parties do; the reports of their calls are in journals then, and nothing of them in the database."""
    rig.lab.carrier.rx("channel request hangup all")
    rig.wait(lambda: len(rig.agi.entries("journaled")) == reports, "every report in a journal", 25)
    assert here(paths(rig)).journal.reports == reports


def require_the_whole_truth(rig: Rig, disposition: str) -> None:
    rig.wait(lambda: not rig.open(), "every call ended")
    rig.wait(lambda: journal.files(paths(rig).journal) == [], "the journals are gone")
    rig.wait_for_carrier()
    rig.require_agreement()
    ends = {(pair.attempt.disposition, pair.attempt.ended_by) for pair in rig.pairs()}
    assert ends == {(disposition, "agi")}, rig.story()
    assert len(rig.calls()) == CALLS


def test_postgresql_is_killed_and_then_fastagi_before_it_is_back_and_no_word_and_no_end_is_lost(
    make_rig, lab, ready_cluster, postgresql_url, tmp_path
):
    conf = lab.asterisk.home / "etc" / "extensions.conf"
    before = conf.read_text()
    conf.write_text(before + SOLD.format(folder=tmp_path))
    lab.asterisk_rx("dialplan reload")
    rig = make_rig(lab, postgresql_url)
    rig.settings["agi"]["processes"] = 2
    rig.write_settings()
    (rig.folder / "dispositions.toml").write_text("[sale]\n")
    try:
        talk(rig, destination={"type": "extension", "context": "sold-late", "exten": "s"})
        ready_cluster.stop()
        try:
            hang_up(rig, 2 * CALLS)
            kill_fastagi(rig)
        finally:
            ready_cluster.start()
        attempts = [attempt.attempt_id for attempt in rig.open()]
        assert [(tmp_path / attempt).read_text().strip() for attempt in attempts] == ["1"] * CALLS
        rig.start_agi()
        require_the_whole_truth(rig, "sale")
    finally:
        kill_fastagi(rig)
        conf.write_text(before)
        lab.asterisk_rx("dialplan reload")


def test_sqlite_is_locked_and_fastagi_is_killed_and_the_engine_hears_the_journal_before_it_calls_anything_unknown(rig):
    talk(rig)
    with closing(sqlite3.connect(rig.database.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        hang_up(rig, CALLS)
        rig.agi.kill()
    assert len(rig.open()) == CALLS
    rig.engine.start()
    require_the_whole_truth(rig, Disposition.ANSWERED)


def test_one_of_two_fastagi_processes_is_killed_under_its_calls_and_the_others_calls_are_as_ever(
    make_rig, lab, tmp_path
):
    rig = make_rig(lab)
    rig.settings["agi"]["processes"] = 2
    rig.write_settings()
    (rig.folder / "agi").mkdir()
    (rig.folder / "agi" / "route.py").write_text(WAITS.format(folder=tmp_path))
    rig.run(numbers("200", "486", times=8), calls_per_second=8)

    def sessions() -> dict[str, int]:
        files = [path for path in tmp_path.iterdir() if path.name != "go" and path.is_file()]
        return {path.name: int(path.read_text()) for path in files if path.read_text()}

    rig.wait(lambda: len(sessions()) >= 2, "answered calls wait for their way")
    struck = next(iter(sessions().values()))
    os.kill(struck, signal.SIGKILL)
    rig.agi.wait_for("worker_ended", code=-signal.SIGKILL)
    lost = {attempt for attempt, pid in sessions().items() if pid == struck}
    (tmp_path / "go").touch()
    rig.wait_until_completed()
    rig.require_agreement()
    by_end = {
        disposition: {a.attempt_id for a in rig.attempts() if a.disposition == disposition}
        for disposition in Disposition
    }
    assert by_end[Disposition.ABANDONED] == lost
    assert len(by_end[Disposition.ANSWERED]) == 8 - len(lost) > 0
    assert len(by_end[Disposition.BUSY]) == 8
    kill_fastagi(rig)
