"""The connection to Asterisk breaks around an Originate: nobody is dialed twice, and dialing goes on by itself."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from dialerd.domain.dispositions import Disposition
from harness.ami_proxy import AmiProxy, Cut
from harness.rig import Rig, numbers

LEADS = numbers("200", "486", "180", "404", times=5)
BREAKS = (3, 9)


@pytest.fixture
def behind(lab, make_rig):
    """behind(cuts): a rig whose engine reaches Asterisk only through a proxy with these cuts."""
    with ExitStack() as stack:

        def make(cuts: dict[int, Cut]) -> tuple[Rig, AmiProxy]:
            proxy = stack.enter_context(AmiProxy(lab.ports.ami, cuts)).open()
            rig = make_rig(lab)
            rig.settings["asterisk"]["port"] = proxy.port
            rig.write_settings()
            return rig, proxy

        yield make


def test_a_call_whose_answer_was_lost_is_found_again_and_an_originate_cut_before_its_end_is_none_and_counts(behind):
    rig, proxy = behind({BREAKS[0]: Cut.AFTER_IT, BREAKS[1]: Cut.BEFORE_ITS_BLANK_LINE})
    rig.run(LEADS)
    rig.wait_until_completed()
    rig.require_agreement(unknown=True)
    assert proxy.connections == len(BREAKS) + 1
    assert len(rig.calls()) == proxy.originates - 1
    assert rig.dialed() == sorted(LEADS)
    for pair in rig.pairs():
        assert (pair.attempt.disposition is Disposition.UNKNOWN) == (not pair.calls), rig.story()
    unknown = [attempt for attempt in rig.attempts() if attempt.disposition is Disposition.UNKNOWN]
    assert unknown
    assert all(attempt.counts and attempt.ended_by == "recovery" for attempt in unknown), rig.story()


def test_without_fastagi_the_call_whose_answer_was_lost_is_adopted_while_it_rings(behind):
    rig, proxy = behind({BREAKS[0]: Cut.AFTER_IT})
    rig.run(numbers("180", times=12), agi=False, ring_timeout="5s")
    rig.wait_until_completed()
    rig.require_agreement(unknown=True)
    assert proxy.connections == 2
    for pair in rig.pairs():
        expected = Disposition.NO_ANSWER if pair.calls else Disposition.UNKNOWN
        assert pair.attempt.disposition is expected, rig.story()
