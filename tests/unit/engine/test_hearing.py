"""The engine hears what FastAGI keeps in journals before it writes the end of a call."""

from __future__ import annotations

import asyncio

import pytest

from dialerd.domain.callstate import GRACE, ChannelGone
from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import Unavailable
from dialerd.domain.facts import AttemptState
from dialerd.engine.hearing import Hearing
from dialerd.ops import journal
from dialerd.ops.journal import Journal
from dialerd.service.replay import said_report
from dialerd.service.words import Word
from dialerd.store import attempts, dnc
from harness.world import NOW, phones


@pytest.fixture
def ours(tmp_path):
    """The journal of a FastAGI process that runs."""
    ours = Journal(tmp_path / "journal")
    yield ours
    ours.close()


@pytest.fixture
def up(parts):
    """The attempt of a call that is up and routed."""
    parts.world.add_list(phones(1))
    (lead,) = parts.world.claim()
    parts.world.commit(lead)
    parts.world.write(lambda conn: attempts.mark_routed(conn, [(lead.attempt_id, "hangup", NOW)]))
    return lead.attempt_id


def hearing(parts, ours):
    return Hearing(ours.folder, parts.writer, lambda: parts.settings, parts.metrics, parts.ended.append)


def test_an_end_that_the_engine_saw_never_comes_before_the_opting_out_that_waits_in_a_journal(parts, ours, up):
    ours.append(said_report(Word(up, Disposition.OPTED_OUT, parts.settings, NOW)))

    async def scenario():
        tracker = parts.tracker(hearing(parts, ours))
        tracker.adopt(up, "spring", "asterisk", AttemptState.ANSWERED)
        tracker.feed(ChannelGone(up, 16, 200, ""), "asterisk")
        parts.clock.move(GRACE.total_seconds() + 1)
        tracker._expire(parts.clock.now())
        await tracker.flush()

    parts.play(scenario)
    assert parts.world.attempt(up).disposition is Disposition.OPTED_OUT
    assert [row.source for row in parts.world.read(lambda conn: attempts.evidence_of(conn, up))] == ["dialplan", "ami"]
    phone = parts.world.attempt(up).phone
    assert parts.world.read(lambda conn: dnc.covering(conn, [phone])).get(phone)
    # The process that wrote it runs, and removes it itself.
    assert len(journal.files(ours.folder)) == 1


def test_without_a_database_nothing_is_heard_and_the_journal_stays(parts, ours, up):
    ours.append(said_report(Word(up, Disposition.VOICEMAIL, parts.settings, NOW)))
    parts.writer.close()
    with pytest.raises(Unavailable):
        asyncio.run(hearing(parts, ours)())
    (family,) = parts.metrics.journal_waiting.collect()
    assert [sample.value for sample in family.samples] == [1]
    assert journal.waiting(ours.folder).reports == 1
