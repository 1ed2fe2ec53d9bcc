"""Answered calls go to queues, ring groups, endpoints and shares of them; when nobody takes one it is abandoned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from dialerd.domain.dispositions import Disposition
from harness.fixtures import rig_maker
from harness.rig import Rig, numbers

STAYS = "201"
ANSWERED, ABANDONED = Disposition.ANSWERED, Disposition.ABANDONED
AGENT = "PJSIP/agent-answers"

SINGLE = {
    "queued": ({"type": "queue", "queue": "lab-agents", "wait": "5s"}, ANSWERED, "queue lab-agents"),
    "unstaffed": ({"type": "queue", "queue": "lab-empty", "wait": "1s"}, ABANDONED, "queue lab-empty"),
    "closed": ({"type": "queue", "queue": "lab-closed"}, ABANDONED, "queue lab-closed"),
    "connected": ({"type": "endpoint", "endpoint": AGENT}, ANSWERED, f"endpoint {AGENT}"),
    "engaged": ({"type": "endpoint", "endpoint": "PJSIP/agent-busy"}, ABANDONED, "endpoint PJSIP/agent-busy"),
    "grouped": (
        {"type": "ring_group", "endpoints": ["PJSIP/agent-rings", AGENT], "ring": "5s"},
        ANSWERED,
        f"ring group PJSIP/agent-rings {AGENT}",
    ),
    "unheard": (
        {"type": "ring_group", "endpoints": ["PJSIP/agent-rings", "PJSIP/agent-busy"], "ring": "1s"},
        ABANDONED,
        "ring group PJSIP/agent-rings PJSIP/agent-busy",
    ),
}
SHARES = [
    {"weight": 3, "to": {"type": "extension", "context": "dialerd-demo", "exten": "stay"}},
    {"weight": 1, "to": {"type": "queue", "queue": "lab-empty", "wait": "20s"}},
]
CALLS = 12


@pytest.fixture(scope="module")
def placed(lab, tmp_path_factory) -> Iterator[Rig]:
    """One call for each single destination, and twelve at once for the shares; all of them ended."""
    with rig_maker(tmp_path_factory.mktemp("placed")) as make_rig:
        rig = make_rig(lab)
        for area, (name, (destination, _, _)) in enumerate(SINGLE.items()):
            rig.write_campaign(name, destination=destination, max_talk_time="10s")
            rig.seed(numbers(STAYS, area=area), campaign=name)
        rig.write_campaign("shared", destination={"type": "balanced", "shares": SHARES}, max_talk_time="4s")
        rig.seed(numbers(STAYS, times=CALLS, area=99), campaign="shared")
        rig.start()
        rig.play((*SINGLE, "shared"), 40)
        rig.wait_for_carrier()
        rig.require_agreement()
        # Its engine would hang up the calls of the rigs after it, and its FastAGI answer for them.
        rig.close()
        yield rig


@pytest.mark.parametrize("name", SINGLE)
def test_a_call_that_somebody_takes_is_answered_and_one_that_nobody_takes_is_abandoned(placed, name):
    [attempt] = placed.attempts(name)
    assert attempt.disposition is SINGLE[name][1]


@pytest.mark.parametrize("name", SINGLE)
def test_the_attempt_says_where_it_was_sent(placed, name):
    [attempt] = placed.attempts(name)
    assert attempt.destination == SINGLE[name][2]


@pytest.mark.parametrize("name", ["connected", "grouped"])
def test_an_endpoint_learns_from_sip_headers_which_call_it_is_and_whom_it_talks_to(placed, name):
    [attempt] = placed.attempts(name)
    [call] = [call for call in placed.lab.agent_calls() if call.attempt == attempt.attempt_id]
    assert (call.campaign, call.number, call.caller) == (name, attempt.phone, attempt.phone)


def test_a_member_of_a_queue_sees_whom_it_talks_to(placed):
    [attempt] = placed.attempts("queued")
    assert attempt.phone in [call.caller for call in placed.lab.agent_calls()]


def test_shares_get_calls_in_proportion_to_their_weights(placed):
    sent = Counter(attempt.destination for attempt in placed.attempts("shared"))
    assert sent == {"extension stay@dialerd-demo": 9, "queue lab-empty": 3}


def test_each_share_has_its_own_end(placed):
    ends = {(attempt.destination, attempt.disposition) for attempt in placed.attempts("shared")}
    assert ends == {("extension stay@dialerd-demo", ANSWERED), ("queue lab-empty", ABANDONED)}
