"""A withdrawn number that is added by hand: the lead comes back, with its calls and its wait."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import Refused
from dialerd.service import lead_changes, leads
from dialerd.store import arming, versions
from dialerd.store.versions import Buckets
from harness.world import NOW, phones

BUSY = Disposition.BUSY
HOUR = timedelta(hours=1)
JANE, OTHER = phones(2)


@pytest.fixture
def june(desk):
    """A list of a campaign with two leads; JANE is the first."""
    desk.world.add_list([JANE, OTHER])
    return desk


@pytest.fixture
def add(desk):
    return lambda **more: lead_changes.add(desk.database, "first", JANE, now=NOW, **desk.words, **more)


def withdraw(desk):
    """As a version that replaces does, whose file does not have JANE."""

    def work(conn):
        number = versions.begin(conn, 1, file_name="x", sha256="", created_by="tests", now=NOW, mode="replace")
        arming.end_others(conn, 1, number, 0, 1)
        versions.publish(conn, 1, number, Buckets(), NOW)
        arming.withdraw(conn, 1, number, 0, 10)
        versions.finish(conn, 1, number, NOW)

    desk.world.write(work)
    assert desk.phones("first") == [OTHER]


def test_it_is_due_when_it_would_have_been_with_what_the_person_says_of_it(june, add):
    (jane,) = june.called(BUSY, due=NOW + 9 * HOUR)
    withdraw(june)
    assert (june.world.lead(jane).closed, june.world.lead(jane).due_at) == ("withdrawn", None)
    back = add(fields={"first_name": "Jane"}, priority=4)
    assert (back.lead_id, back.closed, back.due_at, back.priority) == (jane, None, NOW + 9 * HOUR, 4)
    assert (back.disposition, back.attempts) == ("busy", 1)
    story = leads.show(june.database, JANE)
    assert (story.live, story.fields, len(story.calls)) == (True, {"first_name": "Jane"}, 1)
    assert june.world.claim(now=NOW + 9 * HOUR)[0].lead_id == jane


def test_it_is_a_version_of_its_own_and_an_entry_in_the_audit(june, add):
    withdraw(june)
    add()
    (newest, *_) = june.world.read(lambda conn: versions.of_list(conn, 1))
    assert (newest.number, newest.file_name, newest.state, newest.buckets) == (
        3,
        "added by hand",
        "armed",
        Buckets(rows=1, imported=1),
    )
    (entry,) = june.audit("lead.add")
    assert entry.detail["came_back"] is True


def test_the_refusals_of_other_changes_name_this_way_and_it_works(june, add):
    withdraw(june)
    with pytest.raises(Refused, match=rf"bring it back first, dialerd lead add first \{JANE}"):
        lead_changes.edit(june.database, JANE, fields={"city": "Rome"}, now=NOW, **june.words)
    add()
    lead_changes.edit(june.database, JANE, fields={"city": "Rome"}, now=NOW, **june.words)
    with pytest.raises(Refused, match=r"has \+12025550000 already, as lead 1.*dialerd lead edit 1"):
        add()


def test_one_that_was_closed_by_hand_stays_so(june, add):
    lead_changes.close(june.database, JANE, reason="asked", now=NOW, **june.words)
    withdraw(june)
    assert add().closed == "closed by hand"
    assert [claimed.phone for claimed in june.world.claim()] == [OTHER]


@pytest.mark.parametrize("said", ["do_not_call", "opted_out", "invalid_number"])
def test_one_that_said_never_again_is_not_dialed(june, add, said):
    june.called(Disposition(said))
    withdraw(june)
    assert add().closed == f"{said} is final"
    assert [claimed.phone for claimed in june.world.claim()] == [OTHER]


def test_one_that_is_in_a_call_is_due_by_the_end_of_that_call(june, add):
    (up,) = june.world.claim(1)
    june.world.send(up)
    withdraw(june)
    back = add()
    assert (back.closed, back.due_at, back.in_call) == (None, None, True)
    june.world.end(up.attempt_id, BUSY)
    june.world.recycle(up.lead_id, due=NOW + HOUR)
    assert june.world.lead(up.lead_id).due_at == NOW + HOUR
