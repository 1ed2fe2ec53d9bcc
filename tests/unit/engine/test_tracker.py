"""The tracker: what events prove, and what they do not when somebody was not listening."""

from __future__ import annotations

import pytest

from dialerd.domain.callstate import GRACE, ChannelGone, OriginateDone
from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from harness.parts import campaign_with
from harness.world import phones

LATER = GRACE.total_seconds() + 1


@pytest.fixture
def sent(parts):
    """The id of an attempt that is on its way."""
    parts.campaign = campaign_with(max_attempts=3)
    parts.world.add_list(phones(1))
    (lead,) = parts.world.claim()
    parts.world.commit(lead)
    return lead.attempt_id


def settle(parts, tracker):
    """Let the time pass in which another witness might come, and write what is known then."""

    async def scenario():
        parts.clock.move(LATER)
        tracker._expire(parts.clock.now())
        await tracker.flush()

    parts.play(scenario)


def heard(parts, sent, *, before):
    """How the attempt ended whose tracker was told `before` that, and then that its Originate failed."""
    tracker = parts.tracker()

    async def scenario():
        before(tracker)
        tracker.feed(OriginateDone(sent, success=False, reason=0), "asterisk")

    parts.play(scenario)
    settle(parts, tracker)
    return parts.world.attempt(sent)


def test_a_call_that_was_watched_from_the_start_and_never_had_a_channel_has_failed(parts, sent):
    attempt = heard(parts, sent, before=lambda tracker: tracker.started(sent, "spring", "asterisk"))
    assert (attempt.disposition, attempt.counts) == (Disposition.FAILED, False)


def test_an_adopted_call_whose_originate_fails_may_have_rung_so_it_is_unknown_and_counts(parts, sent):
    attempt = heard(parts, sent, before=lambda tracker: tracker.adopt(sent, "spring", "asterisk", AttemptState.SENDING))
    assert (attempt.disposition, attempt.counts) == (Disposition.UNKNOWN, True)


def test_so_is_a_call_whose_events_were_missed_while_the_connection_was_away(parts, sent):
    def before(tracker):
        tracker.started(sent, "spring", "asterisk")
        tracker.missed("asterisk")

    attempt = heard(parts, sent, before=before)
    assert (attempt.disposition, attempt.counts) == (Disposition.UNKNOWN, True)


def test_an_adopted_call_that_is_hung_up_with_a_code_ends_as_the_code_says(parts, sent):
    tracker = parts.tracker()

    async def scenario():
        tracker.adopt(sent, "spring", "asterisk", AttemptState.RINGING)
        tracker.feed(ChannelGone(sent, 17, 486, "User busy"), "asterisk")
        await tracker.flush()

    parts.play(scenario)
    assert parts.world.attempt(sent).disposition is Disposition.BUSY


def test_endings_are_unwritten_until_they_are_on_disk(parts, sent, ready_url):
    tracker = parts.tracker()
    counts = []

    async def scenario():
        tracker.started(sent, "spring", "asterisk")
        tracker.feed(ChannelGone(sent, 17, 486, "User busy"), "asterisk")
        counts.append((len(tracker), tracker.unwritten))
        await tracker.flush()
        counts.append((len(tracker), tracker.unwritten))

    parts.play(scenario)
    assert counts == [(0, 1), (0, 0)]
