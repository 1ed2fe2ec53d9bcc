"""Statistics as the services tell them: who was reached, what is being imported, and tallies that are kept short."""

from datetime import timedelta
from types import MappingProxyType

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import EndFacts, Witness
from dialerd.domain.funnel import Part
from dialerd.service import attempts, lists, statistics
from dialerd.service.attempts import Ending
from dialerd.store import leads, tallies, versions
from dialerd.store.tables import leads as table
from harness.world import NOW, lead, phones

NO_FILES = MappingProxyType({})
ANSWERED = EndFacts(answered=True, connected=True)


def told(desk, name="first"):
    return statistics.of_list(desk.database, name, campaigns=NO_FILES, now=desk.now)


def end(desk, attempt_id, facts):
    return desk.world.write(lambda conn: attempts.end(conn, Ending(attempt_id, facts, Witness.AGI), NO_FILES, desk.now))


def sent(desk):
    (claimed,) = desk.world.claim(1)
    desk.world.send(claimed)
    return claimed


def test_who_was_reached_by_a_call_whose_end_was_told_late_is_contacted(desk):
    desk.world.add_list(phones(1))
    first = sent(desk)
    desk.world.end(first.attempt_id, Disposition.UNKNOWN)
    desk.world.recycle(first.lead_id, due=NOW, disposition=Disposition.UNKNOWN)
    second = sent(desk)
    assert end(desk, first.attempt_id, ANSWERED).disposition is Disposition.ANSWERED
    assert told(desk).contacted == 1
    desk.world.end(second.attempt_id, Disposition.BUSY)
    desk.world.recycle(second.lead_id, due=NOW)
    found = told(desk)
    assert (found.contacted, found.penetration, dict(found.dispositions)) == (1, 1.0, {"busy": 1})
    assert found.attempts.answer_rate == 0.5


def test_a_call_from_before_a_reset_that_turns_out_to_have_reached_somebody_counts(desk):
    desk.world.add_list(phones(1))
    first = sent(desk)
    desk.world.end(first.attempt_id, Disposition.UNKNOWN)
    fresh = table.update().where(table.c.id == first.lead_id).values(fresh_after=1, disposition="new", due_at=NOW)
    desk.world.write(lambda conn: conn.execute(fresh))
    end(desk, first.attempt_id, ANSWERED)
    found = told(desk)
    assert (found.contacted, dict(found.dispositions)) == (1, {"new": 1})


def test_an_import_that_is_not_finished_changes_no_figure_but_is_told(desk):
    list_id = desk.world.add_list(phones(2), campaign=None)
    before = told(desk)

    def staged(conn):
        number = versions.begin(
            conn,
            list_id,
            file_name="b.csv",
            sha256="0" * 64,
            created_by="x",
            now=NOW,
            may_be_born_armed=True,
        )
        rows = [lead(phone) for phone in phones(5, first=100)]
        leads.stage(conn, list_id, number, rows, NOW, due_at=NOW)

    desk.world.write(staged)
    assert told(desk) == before
    view = lists.show(desk.database, "first", now=desk.now).view
    assert (view.leads.total, view.leads.dialable, view.leads.staged) == (2, 2, 5)


def test_attempts_that_never_left_are_in_no_answer_rate(desk):
    desk.world.add_list(phones(3))
    for disposition in (Disposition.ANSWERED, Disposition.CANCELLED, Disposition.BUSY):
        call = sent(desk)
        desk.world.end(call.attempt_id, disposition)
    made = told(desk).attempts
    assert (made.ended, made.answered, made.answer_rate) == (3, 1, 0.5)


def test_the_time_of_the_first_retry_is_exact(desk):
    desk.world.add_list(phones(3))
    due = [NOW + timedelta(hours=5, microseconds=7), NOW + timedelta(days=2)]
    for at in due:
        call = sent(desk)
        desk.world.end(call.attempt_id)
        desk.world.recycle(call.lead_id, due=at)
    found = {item.part: item for item in told(desk).funnel}
    assert (found[Part.RETRY].leads, found[Part.RETRY].until) == (2, due[0])
    assert found[Part.DIALABLE].leads == 1


def test_readers_and_the_engine_fold_tallies_when_there_are_many(desk):
    desk.world.add_list(phones(3))
    loose = desk.world.read(tallies.loose)
    before = told(desk)
    assert statistics.fold(desk.database, at_least=10_000) == 0
    folded = statistics.fold(desk.database, at_least=1)
    assert (folded > 0) == (desk.database.dialect == "postgresql")
    assert folded == loose
    assert told(desk) == before
