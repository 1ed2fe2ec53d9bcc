"""While the database is away a script says DIALERD_OK=1 once its report is in the journal, and only then."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.ops import journal
from harness.waiting import wait_for

TALKED = "16|Up|||SIP 200 OK"


@contextmanager
def locked(desk):
    with closing(sqlite3.connect(desk.folder / "dialerd.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def attempt(desk):
    """An attempt whose call is up and routed."""
    attempt = desk.sent()
    desk.call("route", attempt).obey()
    return attempt


def ask(desk, script, attempt, **headers):
    call = desk.call(script, attempt, **headers)
    call.obey()
    return call.variables.get("DIALERD_OK")


def waits(desk):
    return journal.waiting(desk.process.journal.folder).reports


def ends(desk, attempt):
    return ask(desk, "ended", attempt, agi_arg_1=f"{attempt}|{TALKED}")


def test_what_is_said_and_how_it_ends_wait_in_their_order_and_are_written_when_the_database_is_back(desk, attempt):
    with locked(desk):
        assert ask(desk, "disposition", attempt, agi_arg_1="voicemail") == "1"
        assert waits(desk) == 1
        assert ask(desk, "disposition", attempt, agi_arg_1="short_call") == "1"
        assert ends(desk, attempt) == "1"
        assert waits(desk) == 3
        assert desk.attempt(attempt).state is AttemptState.ANSWERED
    wait_for(lambda: not waits(desk), "the journal is empty")
    record = desk.attempt(attempt)
    assert (record.disposition, record.ended_by, record.ended_at) == (Disposition.SHORT_CALL, "agi", desk.now)
    (family,) = desk.metrics.journal_reports.collect()
    counted = {one.labels["event"]: one.value for one in family.samples if one.name.endswith("_total")}
    assert counted == {"journaled": 3, "replayed": 3}
    assert ends(desk, attempt) == "1"
    assert waits(desk) == 0


def test_who_opts_out_while_the_database_is_away_is_on_do_not_call_when_it_is_back(desk, attempt):
    with locked(desk):
        assert ask(desk, "optout", attempt, agi_arg_1=attempt) == "1"
    wait_for(lambda: desk.attempt(attempt).said == Disposition.OPTED_OUT, "it is written down")
    assert desk.lead(attempt).closed is not None


def test_without_a_database_and_without_a_journal_nothing_is_acknowledged(desk, attempt):
    folder = desk.process.journal.folder
    folder.rmdir()
    folder.write_text("")
    with locked(desk):
        assert ends(desk, attempt) is None
    folder.unlink()
    assert desk.failures() == {"refused": 1}
    assert desk.attempt(attempt).disposition is None


def test_a_start_writes_down_what_the_process_before_it_left(desk, attempt):
    with locked(desk):
        assert ends(desk, attempt) == "1"
        desk.process.server.close(0)
        desk.process.journal.close()
    assert desk.attempt(attempt).disposition is None
    assert waits(desk) == 1
    desk.process.close()
    desk.start()
    wait_for(lambda: not waits(desk), "the journal is empty")
    assert desk.attempt(attempt).disposition is Disposition.ANSWERED
