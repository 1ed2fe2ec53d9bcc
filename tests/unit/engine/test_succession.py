"""What becomes of the attempts of an engine that stopped, and who may say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import Unavailable
from dialerd.domain.facts import AttemptState
from dialerd.engine.succession import BESIDES_SECONDS, LONGEST_SECONDS, Succession
from dialerd.store import nodes, tables
from dialerd.store.clock import database_now
from dialerd.store.leases import SILENCE
from harness.parts import Breaking, campaign_with
from harness.world import NOW, phones

HERE, ELSEWHERE = "here/5038", "elsewhere/5038"


@pytest.fixture
def dead(parts):
    """dead(asterisk, silent): node n, owner o, has one lead claimed and one sent there, and beat last so long ago."""

    def make(asterisk, silent):
        parts.world.write(lambda conn: nodes.register(conn, "n", instance="o", pid=7, host="h", version="1") and None)
        parts.world.add_list(phones(2))
        kept, sent = parts.world.claim()
        with parts.world.database.write() as conn:
            now = database_now(conn)
            conn.execute(update(tables.nodes).values(heartbeat_at=now - timedelta(seconds=silent)))
        parts.world.commit(sent, asterisk=asterisk)
        return kept, sent

    return make


@pytest.fixture
def heir(parts):
    """Another engine on the same database."""
    parts.campaign = campaign_with(ring_timeout="10s", max_talk_time="50s", max_attempts=3)
    return successor(parts)


def successor(parts):
    return Succession(
        parts.writes,
        parts.clock,
        lambda: parts.settings.campaigns,
        node="m",
        owner="p",
        silence=SILENCE,
        on_ended=parts.ended.append,
    )


def test_the_claims_of_a_silent_node_are_given_back_and_its_calls_are_left_alone(parts, dead, heir):
    kept, sent = dead(ELSEWHERE, 11)
    parts.play(heir.give_back)
    assert parts.world.attempt(kept.attempt_id) is None
    assert parts.world.lead(kept.lead_id).due_at == NOW
    assert parts.world.attempt(sent.attempt_id).state is AttemptState.SENDING


def test_a_node_that_beat_a_moment_ago_keeps_its_claims(parts, dead, heir):
    dead(HERE, 5)
    parts.play(heir.give_back)
    assert parts.play(lambda: heir.take_over(HERE)) == []
    assert len(parts.world.attempts()) == 2


def test_only_who_drives_the_same_asterisk_takes_a_call_over(parts, dead, heir):
    _, sent = dead(ELSEWHERE, 11)
    assert parts.play(lambda: heir.take_over(HERE)) == []
    [taken] = parts.play(lambda: heir.take_over(ELSEWHERE))
    assert taken.attempt_id == sent.attempt_id
    record = parts.world.attempt(sent.attempt_id)
    assert (record.node, record.owner, record.state) == ("m", "p", AttemptState.SENDING)


LONGEST = 10 + 50 + BESIDES_SECONDS


@pytest.mark.parametrize(("silent", "unknown"), [(LONGEST - 20, False), (LONGEST + 1, True)])
def test_a_call_that_nobody_can_look_for_is_unknown_once_it_must_be_over(parts, dead, heir, silent, unknown):
    parts.clock.instant = parts.world.read(database_now)
    kept, sent = dead(ELSEWHERE, silent)
    with parts.world.database.write() as conn:
        conn.execute(update(tables.attempts).values(sending_at=NOW).where(tables.attempts.c.id == sent.attempt_id))
    parts.play(heir.settle)
    record = parts.world.attempt(sent.attempt_id)
    assert (record.disposition is Disposition.UNKNOWN) == unknown
    if unknown:
        assert (record.counts, record.ended_by) == (True, "recovery")
        hold = timedelta(seconds=parts.campaign.unknown_hold)
        assert parts.world.lead(sent.lead_id).due_at == parts.clock.instant + hold
        assert [result.attempt_id for result in parts.ended] == [sent.attempt_id]
    assert parts.world.attempt(kept.attempt_id).state is AttemptState.CLAIMED


def test_a_call_of_a_campaign_without_a_file_may_last_as_long_as_any(parts, dead, heir):
    _, sent = dead(ELSEWHERE, LONGEST_SECONDS - 60)
    parts.campaign = campaign_with(name="another")
    parts.play(heir.settle)
    assert parts.world.attempt(sent.attempt_id).disposition is None


def test_a_call_that_is_ours_although_the_commit_failed_is_found_by_the_next_take_over(parts, dead):
    _, sent = dead(HERE, 11)
    parts.writes = Breaking(parts.writes)
    heir = successor(parts)
    with pytest.raises(Unavailable):
        parts.play(lambda: heir.take_over(HERE))
    assert parts.world.attempt(sent.attempt_id).owner == "p"
    [taken] = parts.play(lambda: heir.take_over(HERE))
    assert taken.attempt_id == sent.attempt_id
    assert parts.play(lambda: heir.take_over(HERE)) == []
