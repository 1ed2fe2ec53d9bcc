"""A trunk that fails is left alone, tried with one call now and then, and used again when it carries one."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from dialerd.domain.breaker import Phase
from dialerd.domain.dispositions import Disposition
from dialerd.lab.fates import Fate
from dialerd.service.status import system
from dialerd.settings import load
from dialerd.store import breakers, leads
from harness.rig import CAMPAIGN, EVERYTHING, numbers

# What may be in the air when the breaker opens: calls of a third of a second at 20 a second.
IN_THE_AIR = 10
FAULTS = 5
BREAKER = {"faults": FAULTS, "wait": "1s", "longest_wait": "2s"}
OTHER = {"endpoint": "other", "prefix": "+", "calls_per_second": 200, "max_calls": 1000}


@pytest.fixture
def fate(lab):
    """fate(Fate.X): the carrier does this to every call, until the end of the test."""
    yield lab.force_fate
    lab.force_fate(None)


@pytest.fixture
def ready(rig):
    """A rig whose trunk is tried again soon, and whose leads come back soon."""
    rig.settings["trunks"]["carrier"]["breaker"] = BREAKER
    rig.write_settings()
    return rig


def breaker(rig):
    """The trunk's state as `dialerd status` has it."""
    (trunk,) = [
        trunk for trunk in system(rig.database, load(rig.config), now=rig.now()).trunks if trunk.name == "carrier"
    ]
    return trunk


def held_against(rig):
    """Leads that have used up an attempt, or are closed."""
    found = rig.ask(lambda conn: leads.page(conn, campaign=CAMPAIGN, limit=EVERYTHING))
    return [lead for lead in found if lead.attempts or lead.closed]


def wait_until(rig, *phases):
    return rig.wait(lambda: (found := breaker(rig)).state in phases and found, f"the trunk is {phases}")


def test_a_carrier_that_fails_gets_few_calls_and_no_lead_pays_for_it(ready, fate):
    fate(Fate.CONGESTION)
    ready.run(numbers("200", times=60), uncounted_wait="1s")
    shown = wait_until(ready, Phase.OPEN, Phase.PROBING)
    assert "SIP 503" in shown.why
    assert shown.next_probe_at is not None
    ready.wait(lambda: len(ready.engine.entries("trunk_probed")) >= 2, "two probes")
    probes = len(ready.engine.entries("trunk_probed"))
    assert FAULTS <= len(ready.calls()) <= FAULTS + IN_THE_AIR + probes
    assert held_against(ready) == []
    assert "trunk carrier" in ready.reason()
    fate(None)
    ready.wait_until_completed()
    assert ready.engine.wait_for("trunk_closed")
    assert breaker(ready).state is Phase.CLOSED
    assert ready.dispositions().keys() <= {Disposition.ANSWERED, Disposition.CONGESTION, Disposition.CANCELLED}
    assert ready.dispositions()[Disposition.ANSWERED] == 60
    ready.require_agreement()


def test_a_carrier_that_says_404_to_every_number_makes_no_number_invalid(ready, fate):
    fate(Fate.UNALLOCATED)
    ready.settings["trunks"]["carrier"]["breaker"] = {**BREAKER, "window": 20}
    ready.write_settings()
    ready.run(numbers("200", times=60), uncounted_wait="1s")
    assert "no such number" in wait_until(ready, Phase.OPEN, Phase.PROBING).why
    ready.wait(lambda: not held_against(ready), "every lead is put right")
    ready.wait(lambda: len(ready.engine.entries("trunk_probed")) >= 2, "two probes")
    assert held_against(ready) == []
    assert ready.dispositions()[Disposition.INVALID_NUMBER] == 0
    assert "the trunk says so to almost every number" in ready.attempts()[0].detail
    fate(None)
    ready.wait_until_completed()
    assert ready.dispositions()[Disposition.ANSWERED] == 60


def test_a_few_invalid_numbers_are_closed_as_ever(ready):
    ready.settings["trunks"]["carrier"]["breaker"] = {**BREAKER, "window": 20}
    ready.write_settings()
    ready.run(numbers("404", "486", times=30))
    ready.wait_until_completed()
    ready.require_agreement()
    assert ready.dispositions() == {Disposition.INVALID_NUMBER: 30, Disposition.BUSY: 30}


def test_a_carrier_that_does_not_answer_uses_up_no_attempt(ready, fate):
    fate(Fate.SILENT)
    ready.run(numbers("200", times=60), uncounted_wait="1s")
    wait_until(ready, Phase.OPEN, Phase.PROBING)
    ready.wait(lambda: not held_against(ready), "every lead is put right")
    fate(None)
    ready.wait_until_completed()
    assert ready.dispositions()[Disposition.ANSWERED] == 60
    assert ready.dispositions()[Disposition.NO_ANSWER] == 0


def test_a_trunk_with_wrong_credentials_is_stopped_and_a_reload_tries_it_again(ready, fate):
    fate(Fate.UNAUTHORIZED)
    ready.run(numbers("200", times=40), uncounted_wait="1s")
    assert "SIP 401" in wait_until(ready, Phase.STOPPED).why
    assert ready.engine.wait_for("trunk_stopped")["level"] == "error"
    assert len(ready.calls()) <= FAULTS + IN_THE_AIR
    assert held_against(ready) == []
    fate(None)
    ready.engine.signal(signal.SIGHUP)
    ready.wait_until_completed()
    assert ready.dispositions()[Disposition.ANSWERED] == 40


def test_a_trunk_without_an_endpoint_is_stopped_and_the_other_one_takes_its_calls(ready):
    ready.settings["trunks"] = {"gone": {**OTHER, "breaker": BREAKER}, **ready.settings["trunks"]}
    ready.write_settings()
    ready.run(numbers("486", times=60), trunks=["gone", "carrier"], uncounted_wait="1s")
    assert ready.engine.wait_for("trunk_stopped", trunk="gone")
    ready.wait_until_completed()
    assert ready.dispositions()[Disposition.BUSY] == 60
    assert len(ready.calls()) == 60


def test_calls_are_spread_over_the_trunks_and_a_full_one_leaves_its_calls_to_the_other(rig):
    rig.settings["trunks"]["second"] = {**OTHER, "endpoint": "carrier"}
    rig.settings["trunks"]["narrow"] = {**OTHER, "endpoint": "carrier", "max_calls": 2}
    rig.write_settings()
    rig.run(numbers("201", times=60), trunks=["carrier", "second", "narrow"], max_talk_time="3s")
    rig.wait_until_completed()
    rig.require_agreement()
    taken = Counter(attempt.trunk for attempt in rig.attempts())
    assert taken.total() == 60
    assert min(taken["carrier"], taken["second"]) >= 15, taken
    # Calls of three seconds, over in a few more: two at once are no more than some.
    assert 0 < taken["narrow"] < 15, taken


def test_an_engine_that_is_killed_knows_after_its_restart_that_the_trunk_fails(ready, fate):
    ready.settings["trunks"]["carrier"]["breaker"] = {**BREAKER, "wait": "30s", "longest_wait": "30s"}
    ready.write_settings()
    fate(Fate.CONGESTION)
    ready.run(numbers("200", times=60), uncounted_wait="1s")
    wait_until(ready, Phase.OPEN)
    ready.wait(lambda: ready.ask(breakers.all), "it is written down")
    ready.wait(lambda: all(attempt.disposition for attempt in ready.attempts()), "every call ended")
    ready.engine.kill()
    seen = len(ready.calls())
    ready.start(agi=False)
    ready.wait(lambda: "trunk carrier" in ready.reason(), "the engine says so")
    # A new connection to Asterisk is worth one try.
    assert len(ready.calls()) <= seen + 1
