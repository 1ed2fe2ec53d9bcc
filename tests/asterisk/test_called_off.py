"""After the answer of `dialerd dnc add`, of a pause, a stop or a freeze no call leaves; the carrier's log is the judge."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial

import pytest

from dialerd.domain.dnc import ON_DNC
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignAction
from dialerd.service import dnc
from dialerd.service.campaigns import change
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.freezes import freeze, unfreeze
from dialerd.store import leads
from harness.rig import CAMPAIGN

MAX_SEND_DELAY = 2.0


@pytest.fixture
def rig(lab, make_rig, ready_url):
    """A rig on each database, with calls planned seconds ahead."""
    rig = make_rig(lab, ready_url)
    rig.fill_the_hopper()
    return rig


def numbers(times, area=500):
    """Real ones, which the carrier finds busy."""
    return [f"+1202{area + turn}0486" for turn in range(times)]


def put_on_dnc(rig, number):
    """Puts it on do-not-call; the second at which the answer was there, and whether its call was still to leave."""
    added = dnc.add(
        rig.database,
        [number],
        DncWish(),
        DncTerms(),
        configured=[CAMPAIGN],
        actor="the tests",
        clock=rig.clock,
        max_send_delay=MAX_SEND_DELAY,
    )
    return time.time(), added.calls.given_back == 1


def planned(rig):
    """The numbers of calls that are claimed and not sent yet, in the order they leave."""
    waiting = [attempt for attempt in rig.open() if attempt.state is AttemptState.CLAIMED]
    return [attempt.phone for attempt in sorted(waiting, key=lambda attempt: attempt.attempt_id)]


def test_no_call_leaves_to_a_number_once_it_is_on_do_not_call(rig):
    people = numbers(90)
    rig.run(people)
    answered, called_off = {}, set()
    rig.wait(rig.calls, "a call")
    while waiting := planned(rig):
        # Those that leave in this moment, and some that have a little time.
        number = waiting[min(len(answered) % 5, len(waiting) - 1)]
        answered[number], in_time = put_on_dnc(rig, number)
        called_off |= {number} if in_time else set()
    rig.wait_until_completed()
    rig.require_agreement()
    late = [call.number for call in rig.calls() if call.number in answered and call.time > answered[call.number]]
    assert not late, rig.story()
    dialed = rig.dialed()
    assert called_off, "every one had left before the answer: the test saw nothing"
    assert not called_off & set(dialed)
    closed = {lead.phone for lead in rig.ask(lambda conn: leads.page(conn, limit=1000)) if lead.closed == ON_DNC}
    assert closed == set(people) - set(dialed)
    assert closed <= set(answered)


def test_no_call_leaves_to_any_number_of_a_prefix_once_the_command_has_answered(rig):
    wanted, unwanted = numbers(80, area=500), numbers(80, area=600)
    mixed = [number for pair in zip(wanted, unwanted, strict=True) for number in pair]
    # Sixteen seconds of work, of which the command takes a part.
    rig.run(mixed, calls_per_second=10)
    rig.wait(lambda: len(rig.calls()) >= 10, "calls")
    command = [sys.executable, "-m", "dialerd", "--config", str(rig.config), "dnc", "add", "--prefix", "+12026"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    answered = time.time()
    rig.wait_until_completed()
    rig.require_agreement()
    late = [call for call in rig.calls() if call.number in unwanted and call.time > answered]
    assert not late, rig.story()
    dialed = rig.dialed()
    assert set(wanted) <= set(dialed)
    assert set(unwanted) - set(dialed), said.stdout


def changes(rig, action):
    change(
        rig.database,
        CAMPAIGN,
        action,
        configured=[CAMPAIGN],
        actor="the tests",
        now=rig.clock(),
        max_send_delay=MAX_SEND_DELAY,
    )


def freezes(rig):
    words = {"configured": [CAMPAIGN], "actor": "the tests", "now": rig.clock()}
    freeze(rig.database, CAMPAIGN, **words, max_send_delay=MAX_SEND_DELAY)


def thaws(rig):
    unfreeze(rig.database, CAMPAIGN, configured=[CAMPAIGN], actor="the tests", now=rig.clock())


WAYS = {
    "paused": (partial(changes, action=CampaignAction.PAUSE), partial(changes, action=CampaignAction.RESUME)),
    "stopped": (partial(changes, action=CampaignAction.STOP), partial(changes, action=CampaignAction.START)),
    "frozen": (freezes, thaws),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_call_leaves_between_the_answer_that_stops_a_campaign_and_the_one_that_lets_it_go_on(rig, way):
    people = numbers(40)
    halt, go_on = WAYS[way]
    rig.run(people)
    halts = []
    for turn in range(1, 3):
        rig.wait(lambda turn=turn: len(rig.calls()) >= 8 * turn, "calls")
        halt(rig)
        answered = time.time()
        # The engine has noticed by itself, and what would have left late has left.
        rig.wait(lambda: rig.reason().startswith(way) and not rig.open(), "the engine noticed, calls ended")
        halts.append((answered, time.time()))
        go_on(rig)
    rig.wait_until_completed()
    rig.require_agreement()
    late = [call for call in rig.calls() for began, ended in halts if began < call.time < ended]
    assert not late, rig.story()
    assert sorted(call.number for call in rig.calls()) == people
