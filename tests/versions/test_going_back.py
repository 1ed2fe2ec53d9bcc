"""Comparing versions, rolling back and undoing."""

import pytest

from dialerd.domain.errors import NotFound, Refused
from dialerd.domain.lifecycle import VersionState
from dialerd.service.list_versions import diff, original, versions_of
from dialerd.service.rollbacks import rollback, undo
from dialerd.store.lists import require

A, B, C, D = (f"+1202555010{n}" for n in range(4))


@pytest.fixture
def june(desk):
    """A list with three versions: A B; then A changed and C instead of B; then D added."""
    desk.create()
    desk.load({A: "a", B: "b"})
    desk.load({A: "other", C: "c"}, mode="replace", duplicates="update")
    desk.load({D: "d"})
    return desk


def changes(desk, before, after):
    found = diff(desk.database, "june", before, after)
    assert (found.added, found.changed, found.withdrawn) == tuple(
        sum(row.change == change for row in found.rows) for change in ("added", "changed", "withdrawn")
    )
    return {row.phone: row.change.value for row in found.rows}


def go_back(desk, number):
    return rollback(desk.database, "june", number, actor="the tests", clock=desk.clock)


def take_back(desk):
    return undo(desk.database, "june", actor="the tests", clock=desk.clock)


def test_any_two_versions_can_be_compared_both_ways(june):
    assert changes(june, 0, 1) == {A: "added", B: "added"}
    assert changes(june, 1, 2) == {A: "changed", B: "withdrawn", C: "added"}
    assert changes(june, 2, 3) == {D: "added"}
    assert changes(june, 1, 3) == {A: "changed", B: "withdrawn", C: "added", D: "added"}
    assert changes(june, 3, 1) == {A: "changed", B: "added", C: "withdrawn", D: "withdrawn"}


def test_a_rollback_makes_the_list_what_it_was_as_a_new_version_and_keeps_history(june):
    done = go_back(june, 1)
    assert (done.version, done.buckets.imported, done.buckets.updated, done.buckets.withdrawn) == (4, 1, 1, 2)
    assert june.dialable() == {A: "a", B: "b"}
    assert changes(june, 1, 4) == {}
    assert changes(june, 3, 4) == changes(june, 3, 1)
    go_back(june, 3)
    assert june.dialable() == {A: "other", C: "c", D: "d"}


def test_an_import_after_a_rollback_has_a_new_number_and_brings_nothing_back_by_itself(june):
    go_back(june, 1)
    assert june.load({C: "new"}).version == 5
    assert june.dialable() == {A: "a", B: "b", C: "new"}


def test_attempts_survive_versions_because_they_hang_on_the_number(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a"})
    (claimed,) = world.claim(now=desk.clock())
    world.send(claimed)
    desk.load({B: "b"}, mode="replace")
    world.end(claimed.attempt_id)
    world.recycle(claimed.lead_id, due=desk.clock())
    go_back(desk, 1)
    lead = desk.leads()[A]
    assert (lead.lead_id, lead.attempts, lead.closed) == (claimed.lead_id, 1, None)
    assert lead.due_at is not None


def test_a_rollback_to_what_the_list_says_already_is_refused(june):
    with pytest.raises(Refused, match="says what version 3 says already"):
        go_back(june, 3)
    with pytest.raises(NotFound, match="has no version 9"):
        go_back(june, 9)


def test_undo_takes_the_newest_import_back_as_if_it_had_never_been(june):
    take_back(june)
    assert june.dialable() == {A: "other", C: "c"}
    assert D not in june.leads()
    take_back(june)
    assert june.dialable() == {A: "a", B: "b"}
    take_back(june)
    assert june.leads() == {}
    assert [version.state for version in versions_of(june.database, "june")] == [VersionState.UNDONE] * 3
    with pytest.raises(Refused, match="has no version: there is nothing to undo"):
        take_back(june)
    with june.database.read() as conn:
        assert require(conn, "june").status == "draft"


def test_after_an_undo_the_same_file_is_new_again_under_a_new_number(june):
    take_back(june)
    report = june.load({D: "d"})
    assert (report.version, report.buckets.imported, report.same_as) == (4, 1, None)


def test_undo_is_refused_once_one_of_its_new_leads_was_dialed(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a"})
    (first,) = world.claim(now=desk.clock())
    world.send(first)
    desk.load({B: "b"})
    (second,) = world.claim(now=desk.clock())
    with pytest.raises(Refused, match=rf"\{B}, which is new in version 2, was dialed already.*rollback june 1"):
        take_back(desk)
    # It was only claimed; given back, nothing has happened.
    from dialerd.store import claims

    world.write(lambda conn: claims.give_back(conn, [second.attempt_id], desk.clock()))
    take_back(desk)
    assert list(desk.leads()) == [A]


def test_undo_of_a_rollback_is_the_version_before_it(june):
    go_back(june, 1)
    take_back(june)
    assert june.dialable() == {A: "other", C: "c", D: "d"}


def test_the_file_of_each_version_comes_back_byte_for_byte_and_is_kept_once(desk):
    content = b"phone_number,first_name\r\n" + A.encode() + b",Ad\xc3\xa0\r\n" * 1
    path = desk.folder / "a.csv"
    path.write_bytes(content)
    desk.create()
    assert desk.load(path).same_as is None
    assert desk.load(path).same_as == 1
    for number in (1, 2, None):
        _, blocks = original(desk.database, "june", number)
        assert b"".join(blocks) == content
    assert len({version.original_id for version in versions_of(desk.database, "june")}) == 1
