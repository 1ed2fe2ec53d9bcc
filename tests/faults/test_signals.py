"""What the engine does when it is told to stop, to hurry, or to read its settings again."""

from __future__ import annotations

import signal

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.lab.judge import busiest_second
from dialerd.store import audit
from harness.rig import CAMPAIGN, Rig, numbers

STAYS = "201"
AT_ONCE_SECONDS = 20.0
# A busy machine delivers calls less evenly than they were sent; how even the pace is, is measured elsewhere.
LATE_CALLS = 0.25


def wait_for_talks(rig: Rig, count: int) -> None:
    rig.wait(lambda: len(rig.agi.entries("routed")) >= count, f"{count} calls answered and routed")


def test_sigterm_sends_nothing_more_gives_back_what_waits_and_sees_calls_to_their_end(rig):
    rig.fill_the_hopper()
    rig.run(numbers(STAYS, times=40), max_talk_time="2s", calls_per_second=10)
    wait_for_talks(rig, 4)
    assert any(attempt.state is AttemptState.CLAIMED for attempt in rig.attempts())
    rig.engine.signal(signal.SIGTERM)
    reacted = rig.engine.when("draining")
    assert rig.engine.exit_code() == 0
    assert rig.open() == []
    rig.wait_for_carrier()
    rig.require_agreement()
    assert {pair.attempt.disposition for pair in rig.pairs()} == {Disposition.ANSWERED}
    assert len(rig.pairs()) == len(rig.calls()) < 40
    rig.require_nothing_sent_after(reacted)
    assert max(call.ended for call in rig.calls()) > reacted + 1
    assert rig.engine.plain_lines() == []


def test_a_second_sigterm_leaves_at_once_and_the_next_start_adopts_the_calls(rig):
    rig.settings["engine"]["drain_timeout"] = "60s"
    rig.write_settings()
    rig.run(numbers(STAYS, times=6), max_talk_time="60s")
    wait_for_talks(rig, 6)
    # From here only the engine can see how the calls end.
    rig.agi.kill()
    rig.engine.signal(signal.SIGTERM)
    rig.engine.wait_for("draining")
    rig.engine.signal(signal.SIGTERM)
    assert rig.engine.exit_code(AT_ONCE_SECONDS) == 0
    assert len(rig.open()) == 6
    rig.engine.start()
    assert rig.engine.wait_for("reconciled")["alive"] == 6
    rig.lab.carrier.rx("channel request hangup all")
    rig.wait_until_completed()
    rig.require_agreement()
    ends = {(attempt.disposition, attempt.ended_by) for attempt in rig.attempts()}
    assert ends == {(Disposition.ANSWERED, "ami")}


def test_sighup_applies_a_new_pace_and_refuses_a_broken_file_keeping_what_was(rig):
    rig.run(numbers("486", times=60), calls_per_second=4)
    file = rig.folder / "campaigns.d" / f"{CAMPAIGN}.toml"
    rig.wait(rig.calls, "the first call")

    file.write_text(file.read_text().replace("calls_per_second = 4", "calls_per_second = -4"))
    rig.engine.signal(signal.SIGHUP)
    refused = rig.engine.wait_for("reload_refused")
    assert "calls_per_second" in str(refused["problems"])
    seen = len(rig.calls())
    rig.wait(lambda: len(rig.calls()) > seen + 4, "dialing goes on")
    assert busiest_second([call.time for call in rig.calls()]) <= 4 * (1 + LATE_CALLS)

    rig.write_campaign(calls_per_second=40)
    rig.engine.signal(signal.SIGHUP)
    assert rig.engine.wait_for("reloaded")["campaigns_changed"] == str([CAMPAIGN])
    key = f"campaigns.{CAMPAIGN}.calls_per_second"
    assert rig.engine.wait_for("setting_changed", key=key, old="4", new="40")
    detail = {key: {"old": "4", "new": "40"}}

    def kept():
        entries = rig.ask(lambda conn: audit.page(conn, subject=f"campaign {CAMPAIGN}"))
        return [entry for entry in entries if (entry.action, entry.detail) == ("campaign.change", detail)]

    rig.wait(kept, "the audit has it")
    change = {"key": key, "old": "4", "new": "40"}
    rig.wait(lambda: rig.status().get("reload", {}).get("changes") == [change], "the status says what changed")
    rig.wait_until_completed()
    rig.require_agreement()
    assert 8 < busiest_second([call.time for call in rig.calls()]) <= 40 * (1 + LATE_CALLS)
