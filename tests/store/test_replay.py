"""Reports that waited in journals become what they would have been, in whatever order, however often, after whatever else."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState, ChannelState, EndFacts, OriginateFault, Witness
from dialerd.ops import journal
from dialerd.ops.journal import Journal
from dialerd.ops.journal_format import line_of
from dialerd.service.attempts import Ending, EndRequest, end
from dialerd.service.journals import Journals
from dialerd.service.replay import ended_report, replay, said_report
from dialerd.service.words import Word, say_each
from dialerd.store import attempts, dnc
from dialerd.store.database import Database
from dialerd.store.writer import GroupWriter
from harness.parts import Parts
from harness.world import NOW, World, phones

BUSY = EndFacts(sip_code=486, cause=17, channel_state=ChannelState.DOWN, answered=False)
TALKED = EndFacts(sip_code=200, cause=16, channel_state=ChannelState.UP, answered=True, connected=True)
LOST = EndFacts(fault=OriginateFault.LOST)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


class Bureau:
    """A world with calls in the air, and what becomes of what their channels report."""

    def __init__(self, world):
        self.world = world
        self.parts = Parts(world, None)
        self._made = 0

    @property
    def settings(self):
        return self.parts.settings

    def call(self, *, answered=True):
        """The attempt of a call that is up, or rings."""
        self.world.add_list(phones(1, self._made), name=f"list {self._made}")
        self._made += 1
        (claimed,) = self.world.claim(1)
        self.world.commit(claimed)
        if answered:
            self.world.write(lambda c: attempts.mark_routed(c, [(claimed.attempt_id, "hangup", NOW)]))
        return claimed.attempt_id

    def ended(self, attempt_id, facts, seconds, witness=Witness.AGI):
        return ended_report(EndRequest(Ending(attempt_id, facts, witness), self.settings.campaigns, at(seconds)))

    def word(self, attempt_id, disposition, seconds):
        return Word(attempt_id, disposition, self.settings, at(seconds))

    def said(self, attempt_id, disposition, seconds):
        return said_report(self.word(attempt_id, disposition, seconds))

    def say(self, attempt_id, disposition, seconds):
        """Written down at once, as when the database is there."""
        self.world.write(lambda conn: say_each(conn, [self.word(attempt_id, disposition, seconds)]))

    def end(self, attempt_id, facts, seconds, witness):
        ending = Ending(attempt_id, facts, witness)
        self.world.write(lambda conn: end(conn, ending, self.settings.campaigns, at(seconds)))

    def replay(self, *reports):
        return self.world.write(lambda conn: replay(conn, reports, self.settings))

    def now(self, attempt_id):
        """What stands in the database about the attempt and its lead, and what was said of it, in the order of the clock."""
        attempt = self.world.attempt(attempt_id)
        lead = self.world.lead(attempt.lead_id)
        rows = self.world.read(lambda conn: attempts.evidence_of(conn, attempt_id))
        said = sorted((row.at, row.source, row.facts.get("disposition", "")) for row in rows)
        return attempt.disposition, attempt.said, attempt.ended_at, lead.attempts, lead.due_at, lead.closed, said

    def on_dnc(self, attempt_id):
        phone = self.world.attempt(attempt_id).phone
        return bool(self.world.read(lambda conn: dnc.covering(conn, [phone]).get(phone)))


@pytest.fixture
def bureau(world):
    return Bureau(world)


def test_a_report_becomes_what_it_would_have_been_at_the_instant_it_was_told(bureau):
    first, second = bureau.call(answered=False), bureau.call()
    done = bureau.replay(
        bureau.ended(first, BUSY, 5), bureau.said(second, "voicemail", 6), bureau.ended(second, TALKED, 9)
    )
    assert [result.disposition for result in done.endings] == [Disposition.BUSY, Disposition.VOICEMAIL]
    assert done.refused == ()
    assert bureau.world.attempt(first).ended_at == at(5)
    assert bureau.world.attempt(second).ended_at == at(9)


def test_a_second_replay_changes_nothing_and_adds_nothing(bureau):
    call = bureau.call()
    reports = [bureau.said(call, "voicemail", 3), bureau.ended(call, TALKED, 5)]
    bureau.replay(*reports)
    once = bureau.now(call)
    assert bureau.replay(*reports).endings == ()
    bureau.replay(reports[0])
    bureau.replay(reports[1])
    assert bureau.now(call) == once


def test_what_was_committed_without_anybody_knowing_is_left_out(bureau):
    call = bureau.call()
    bureau.say(call, "voicemail", 3)
    bureau.end(call, TALKED, 5, Witness.AGI)
    before = bureau.now(call)
    bureau.replay(bureau.said(call, "voicemail", 3), bureau.ended(call, TALKED, 5))
    assert bureau.now(call) == before


def test_an_unknown_end_is_corrected_and_any_other_stands(bureau):
    lost, seen = bureau.call(answered=False), bureau.call()
    bureau.end(lost, LOST, 60, Witness.RECOVERY)
    bureau.end(seen, TALKED, 60, Witness.AMI)
    assert bureau.world.attempt(lost).disposition is Disposition.UNKNOWN
    bureau.replay(bureau.ended(lost, BUSY, 5), bureau.ended(seen, BUSY, 5))
    assert bureau.world.attempt(lost).disposition is Disposition.BUSY
    assert bureau.world.attempt(seen).disposition is Disposition.ANSWERED


@pytest.mark.parametrize("facts", [TALKED, LOST])
def test_what_was_said_of_a_call_stands_also_when_its_end_was_written_first(bureau, facts):
    call = bureau.call()
    bureau.end(call, facts, 60, Witness.AMI)
    bureau.replay(bureau.said(call, "voicemail", 3))
    assert bureau.world.attempt(call).disposition is Disposition.VOICEMAIL


def test_who_opted_out_is_on_do_not_call_and_nothing_said_later_takes_that_back(bureau):
    up, ended = bureau.call(), bureau.call()
    bureau.end(ended, TALKED, 60, Witness.AMI)
    for call in (up, ended):
        bureau.replay(bureau.said(call, "opted_out", 3))
        assert bureau.on_dnc(call)
        refused = bureau.replay(bureau.said(call, "voicemail", 8)).refused
        assert "that stays" in refused[0]
    bureau.end(up, TALKED, 60, Witness.AMI)
    for call in (up, ended):
        assert bureau.world.attempt(call).disposition is Disposition.OPTED_OUT


def test_what_no_rule_allows_is_evidence_and_what_is_nobodys_is_nothing(bureau):
    busy = bureau.call(answered=False)
    bureau.end(busy, BUSY, 5, Witness.AMI)
    stranger = "01890a5d-ac96-774b-bcce-b302099a8057"
    done = bureau.replay(
        bureau.said(busy, "voicemail", 3), bureau.said(stranger, "voicemail", 3), bureau.ended(stranger, BUSY, 4)
    )
    assert len(done.refused) == 3
    assert bureau.world.attempt(busy).disposition is Disposition.BUSY
    rows = bureau.world.read(lambda conn: attempts.evidence_of(conn, busy))
    assert "nobody answered" in rows[-1].facts["refused"]


def test_what_no_answered_call_ends_with_is_never_kept_for_later(bureau):
    assert said_report(bureau.word(bureau.call(), "nobody_defined_this", 3)) is None
    assert said_report(bureau.word(bureau.call(), "busy", 3)) is None


def test_the_last_word_stands_in_whatever_order_the_journals_of_several_processes_are_replayed(bureau):
    ends = set()
    for order in permutations(range(3)):
        call = bureau.call()
        reports = [bureau.said(call, "voicemail", 3), bureau.said(call, "short_call", 4), bureau.ended(call, TALKED, 5)]
        for place in order:
            bureau.replay(reports[place])
            bureau.replay(reports[place])
        ends.add(bureau.world.attempt(call).disposition)
    assert ends == {Disposition.SHORT_CALL}


@pytest.fixture(scope="module")
def desk(ready_file, tmp_path_factory):
    """One SQLite world for many examples."""
    path = tmp_path_factory.mktemp("replay") / "one.db"
    path.write_bytes(ready_file.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield Bureau(World(database))
    database.close()


@settings(max_examples=25)
@given(st.data())
def test_whatever_is_cut_repeated_and_dealt_to_processes_each_call_ends_as_its_reports_say(
    desk, tmp_path_factory, data
):
    folder = tmp_path_factory.mktemp("journals")
    words = ("voicemail", "short_call", "abandoned")
    files = [[], []]
    told = {}
    for _ in range(data.draw(st.integers(1, 3))):
        call = desk.call()
        said = data.draw(st.lists(st.sampled_from(words), max_size=3))
        reports = [desk.said(call, word, second) for second, word in enumerate(said)]
        for report in [*reports, desk.ended(call, TALKED, 9)]:
            files[data.draw(st.integers(0, 1))].append(report)
        told[call] = said
    lines = [[line_of(report) for report in reports] for reports in files]
    writer = GroupWriter(desk.world.database)
    journals = Journals(folder, writer, lambda: desk.settings, on_ended=lambda _: None)
    # A first replay of what was there before the machine lost its power in mid-write; then all of it, once more.
    cuts = [data.draw(st.integers(0, sum(map(len, whole)))) for whole in lines]
    for cut in (cuts, [None, None]):
        for place in data.draw(st.permutations([0, 1])):
            (folder / f"{data.draw(st.integers(0, 1))}{place}.jsonl").write_bytes(b"".join(lines[place])[: cut[place]])
        journals.others(living=True)
    assert journal.waiting(folder) == journal.Waiting()
    writer.close()
    for call, said in told.items():
        record = desk.world.attempt(call)
        assert record.state is AttemptState.ENDED
        assert record.disposition == (said[-1] if said else Disposition.ANSWERED)
        agi = [row for row in desk.world.read(lambda c, of=call: attempts.evidence_of(c, of)) if row.source == "agi"]
        assert len(agi) == 1


def test_one_report_that_no_database_takes_keeps_its_file_and_holds_up_no_other(sqlite_world, tmp_path):
    bureau = Bureau(sqlite_world)
    ours = Journal(tmp_path / "journal")
    writer = GroupWriter(sqlite_world.database)
    heard = []
    journals = Journals(ours.folder, writer, lambda: bureau.settings, on_ended=heard.append)
    first, second = bureau.call(answered=False), bureau.call(answered=False)
    ours.append(bureau.ended(first, BUSY, 5))
    ours.append({"kind": "sung", "attempt": first, "at": at(6).isoformat()})
    ours.append(bureau.ended(second, BUSY, 7))
    journals.own(ours)
    assert [result.attempt_id for result in heard] == [first, second]
    assert not ours.waiting
    assert len(journal.waiting(ours.folder).set_aside) == 1
    writer.close()


def test_the_engine_hears_a_living_journal_and_leaves_it_and_removes_that_of_a_dead_process(sqlite_world, tmp_path):
    bureau = Bureau(sqlite_world)
    living, dead = Journal(tmp_path), Journal(tmp_path)
    writer = GroupWriter(sqlite_world.database)
    first, second = bureau.call(answered=False), bureau.call(answered=False)
    living.append(bureau.ended(first, BUSY, 5))
    dead.append(bureau.ended(second, BUSY, 5))
    dead.close()
    journals = Journals(tmp_path, writer, lambda: bureau.settings, on_ended=lambda _: None)
    journals.others(living=True)
    assert journal.waiting(tmp_path).files == 1
    assert {bureau.world.attempt(call).disposition for call in (first, second)} == {Disposition.BUSY}
    journals.own(living)
    assert journal.files(tmp_path) == []
    writer.close()
