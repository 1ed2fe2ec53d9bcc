"""The engine is told to leave while something else is broken: it waits for what may come, but not for ever."""

from __future__ import annotations

import signal

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.store.attempts import AttemptRecord
from drill.database_faults import locked
from harness.ami_proxy import AmiProxy
from harness.rig import Rig, numbers

STAYS = "201"
AT_ONCE_SECONDS = 20.0
UNAVAILABLE = 69


def dial(rig: Rig, talk: str = "60s", **settings: object) -> None:
    """Calls are up, leads are claimed."""
    rig.fill_the_hopper()
    rig.settings["engine"].update(settings)
    rig.write_settings()
    rig.run(numbers(STAYS, times=40), max_talk_time=talk, calls_per_second=5)
    rig.wait(lambda: len(rig.agi.entries("routed")) >= 3, "calls answered and routed")
    assert claimed(rig)


def claimed(rig: Rig) -> list[AttemptRecord]:
    return [one for one in rig.open() if one.state is AttemptState.CLAIMED]


def test_a_database_that_cannot_be_written_does_not_keep_the_engine_beyond_its_limit(rig, sqlite_url):
    dial(rig, drain_timeout="3s")
    with locked(sqlite_url):
        rig.engine.signal(signal.SIGTERM)
        assert rig.engine.exit_code() == UNAVAILABLE
        assert rig.engine.entries("left_undone")
    assert rig.engine.plain_lines() == []
    left = {one.attempt_id for one in claimed(rig)}
    rig.engine.start()
    rig.wait(lambda: left.isdisjoint(one.attempt_id for one in rig.open()), "its claims are given back")


def test_a_second_sigterm_leaves_at_once_though_the_database_cannot_be_written(rig, sqlite_url):
    dial(rig, drain_timeout="60s")
    with locked(sqlite_url):
        rig.engine.signal(signal.SIGTERM)
        rig.engine.wait_for("draining")
        rig.engine.signal(signal.SIGTERM)
        assert rig.engine.exit_code(AT_ONCE_SECONDS) == 0


def test_ends_that_only_the_engine_knows_are_written_when_the_database_comes_back_in_time(
    make_rig, lab, ready_cluster, postgresql_url
):
    rig = make_rig(lab, postgresql_url)
    rig.settings["engine"]["drain_timeout"] = "60s"
    rig.write_settings()
    leads = numbers("180", times=5)
    rig.run(leads, agi=False, ring_timeout="4s")
    rig.wait(lambda: len(rig.calls()) == len(leads), "all calls")
    ready_cluster.stop()
    try:
        rig.engine.signal(signal.SIGTERM)
        rig.engine.wait_for("draining")
        rig.engine.wait_for("calls_not_written", waiting=len(leads))
    finally:
        ready_cluster.start()
    assert rig.engine.exit_code(60) == 0
    assert rig.open() == []
    assert {one.disposition for one in rig.attempts()} == {Disposition.NO_ANSWER}, rig.story()


def test_without_asterisks_word_the_engine_waits_for_the_reports_of_its_calls(lab, make_rig, sqlite_url):
    with AmiProxy(lab.ports.ami) as proxy:
        rig = make_rig(lab, sqlite_url)
        rig.settings["asterisk"]["port"] = proxy.open().port
        rig.write_settings()
        dial(rig, talk="4s", drain_timeout="60s")
        proxy.shut()
        rig.engine.wait_for("asterisk_lost")
        rig.engine.signal(signal.SIGTERM)
        reacted = rig.engine.when("draining")
        assert rig.engine.exit_code(60) == 0
    assert rig.open() == []
    rig.wait_for_carrier()
    rig.require_agreement()
    assert max(call.ended for call in rig.calls()) > reacted
    assert rig.engine.entries("calls_left_up") == []
    assert {pair.attempt.disposition for pair in rig.pairs()} == {Disposition.ANSWERED}


def test_what_waits_while_asterisk_is_away_is_given_back(lab, make_rig, sqlite_url):
    with AmiProxy(lab.ports.ami) as proxy:
        rig = make_rig(lab, sqlite_url)
        rig.settings["asterisk"]["port"] = proxy.open().port
        rig.settings["engine"]["hopper_seconds"] = "1s"
        rig.write_settings()
        rig.run(numbers("486", times=40), calls_per_second=2)
        rig.wait(lambda: rig.calls() and claimed(rig), "a call, and leads in the hopper")
        proxy.shut()
        rig.wait(lambda: not claimed(rig), "claims given back")
        assert rig.engine.running


def test_a_call_whose_last_event_was_lost_is_found_out_and_holds_its_lead_no_longer(lab, make_rig, sqlite_url):
    with AmiProxy(lab.ports.ami, swallowed=b"Event: Hangup") as proxy:
        rig = make_rig(lab, sqlite_url)
        rig.settings["asterisk"]["port"] = proxy.open().port
        rig.settings["engine"]["audit_interval"] = "1s"
        rig.write_settings()
        leads = numbers("486", times=4)
        # Without FastAGI the lost event was the only word.
        rig.run(leads, agi=False)
        rig.wait_until_completed()
        assert rig.engine.entries("calls_not_found")
    assert {(one.disposition, one.ended_by, one.counts) for one in rig.attempts()} == {
        (Disposition.UNKNOWN, "recovery", True)
    }
    assert rig.dialed() == leads


def test_each_step_of_each_attempt_is_a_line_in_the_log(rig):
    rig.fill_the_hopper()
    rig.run(numbers("180", times=30), calls_per_second=5)
    rig.wait(lambda: len(rig.calls()) >= 3, "calls")
    rig.engine.signal(signal.SIGTERM)
    assert rig.engine.exit_code() == 0
    steps: dict[str, list[str]] = {}
    for entry in rig.engine.entries("attempt") + rig.agi.entries("attempt"):
        steps.setdefault(entry["attempt_id"], []).append(entry["state"])
    ended = {one.attempt_id for one in rig.attempts()}
    assert ended
    assert {frozenset(states) for attempt_id, states in steps.items() if attempt_id not in ended} == {
        frozenset({"claimed", "given_back"})
    }
    for attempt_id in ended:
        assert steps[attempt_id][:2] == ["claimed", "sending"]
        assert steps[attempt_id].count("ended") == 1
