"""How a file meets the leads there are: add or replace, skip or update, and where a number counts as known."""

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.service.dry_run import dry_run
from dialerd.store.staging import Rules
from dialerd.store.versions import Buckets

A, B, C, D = (f"+1202555010{n}" for n in range(4))


def test_skip_leaves_known_leads_as_they_are(desk):
    desk.create()
    desk.load({A: "old", B: "b"})
    assert desk.load({A: "new", C: "c"}).buckets == Buckets(rows=2, imported=1, unchanged=1)
    assert desk.dialable() == {A: "old", B: "b", C: "c"}


def test_update_gives_known_leads_what_the_file_says_and_counts_only_real_changes(desk):
    desk.create()
    desk.load({A: "old", B: "b"})
    report = desk.load([(A, "new"), (B, "b"), (C, "c"), (A, "newer")], duplicates="update")
    assert report.buckets == Buckets(rows=4, imported=1, updated=1, unchanged=1, duplicate=1)
    assert desk.dialable() == {A: "new", B: "b", C: "c"}


def test_an_update_moves_a_lead_to_its_new_priority_once_it_is_published(desk):
    header = "phone_number,first_name,priority\n"
    desk.create()
    desk.load({A: "a,1"}, header=header)
    seen = []
    desk.load({A: "a,7"}, header=header, duplicates="update", progress=lambda *_: seen.append(desk.leads()[A].priority))
    assert seen[0] == 1
    assert desk.leads()[A].priority == 7


def test_replace_withdraws_what_is_not_in_the_file_and_brings_back_what_is_again(desk):
    desk.create()
    desk.load({A: "a", B: "b"})
    assert desk.load({B: "other", C: "c"}, mode="replace").buckets == Buckets(
        rows=2, imported=1, unchanged=1, withdrawn=1
    )
    assert (desk.dialable(), desk.closed()) == ({B: "b", C: "c"}, {A: "withdrawn"})
    assert desk.load({A: "back", B: "b"}, mode="replace").buckets == Buckets(
        rows=2, imported=1, unchanged=1, withdrawn=1
    )
    assert (desk.dialable(), desk.closed()) == ({A: "back", B: "b"}, {C: "withdrawn"})


def test_a_lead_that_comes_back_waits_for_its_retry_as_before(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a"})
    (claimed,) = world.claim(now=desk.clock())
    world.end(claimed.attempt_id)
    later = desk.clock().replace(year=2099)
    world.recycle(claimed.lead_id, due=later)
    desk.load({B: "b"}, mode="replace")
    assert desk.leads()[A].due_at is None
    desk.load({A: "a", B: "b"}, mode="replace")
    assert (desk.leads()[A].due_at, desk.leads()[A].disposition) == (later, Disposition.BUSY)


def test_on_a_list_in_use_added_leads_join_and_withdrawn_ones_leave_unless_in_a_call(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a", B: "b"})
    (called,) = world.claim(1, now=desk.clock())
    world.send(called)
    desk.load({C: "c"}, mode="replace")
    assert desk.dialable() == {C: "c"}
    assert world.attempt(called.attempt_id).state == "sending"
    # Its call ends as busy, and would be due again.
    world.end(called.attempt_id)
    world.recycle(called.lead_id, due=desk.clock())
    assert desk.leads()[A].closed == "withdrawn"
    assert [lead.phone for lead in world.claim(now=desk.clock())] == [C]


def test_a_lead_that_was_withdrawn_between_claim_and_send_is_not_sent(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a"})
    (claimed,) = world.claim(now=desk.clock())
    desk.load({B: "b"}, mode="replace")
    assert world.send(claimed) == frozenset()


def test_a_lead_that_is_over_for_another_reason_does_not_come_back_with_a_version(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a"})
    (called,) = world.claim(now=desk.clock())
    world.send(called)
    desk.load({B: "b"}, mode="replace")
    world.end(called.attempt_id)
    world.recycle(called.lead_id, closed="no recycling rule for busy")
    desk.load({A: "a", B: "b"}, mode="replace")
    assert desk.closed() == {A: "no recycling rule for busy"}


SCOPES = {
    "file": (Buckets(rows=4, imported=3, updated=1), {A: "new", B: "x", C: "x", D: "x"}),
    "list": (Buckets(rows=4, imported=3, unchanged=1), {A: "old", B: "x", C: "x", D: "x"}),
    "campaign": (Buckets(rows=4, imported=2, unchanged=1, duplicate=1), {A: "old", C: "x", D: "x"}),
    "all": (Buckets(rows=4, imported=1, unchanged=1, duplicate=2), {A: "old", D: "x"}),
}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_number_is_known_where_the_scope_looks_for_it(desk, world, scope):
    buckets, dialable = SCOPES[scope]
    desk.create(campaign="spring")
    desk.create("of the same campaign", campaign="spring")
    desk.create("of none")
    desk.load({A: "old"})
    desk.load({B: "b"}, name="of the same campaign")
    desk.load({C: "c"}, name="of none")
    rows = {A: "new", B: "x", C: "x", D: "x"}
    foreseen = dry_run(
        desk.database, "june", desk.file(rows), _reading(), now=desk.clock(), rules=Rules(scope=_scope(scope))
    )
    assert desk.load(rows, scope=scope).buckets == buckets == foreseen.buckets
    assert desk.dialable() == dialable


def test_a_dry_run_says_what_the_import_does_and_writes_nothing(desk):
    from dialerd.domain.importing import Duplicates, Mode

    desk.create()
    desk.load({A: "old", B: "b"})
    before = desk.leads()
    path = desk.file([(A, "new"), (A, "again"), ("12", "bad"), (C, "c")], "next.csv")
    rules = Rules(Mode.REPLACE, Duplicates.UPDATE)
    report = dry_run(desk.database, "june", path, _reading(), now=desk.clock(), rules=rules)
    assert desk.leads() == before
    assert report.version is None
    assert report.buckets == desk.load(path, mode="replace", duplicates="update").buckets
    assert report.buckets == Buckets(rows=4, imported=1, updated=1, duplicate=1, rejected=1, withdrawn=1)


def _reading():
    from dialerd.ingest.leadfile import Reading

    return Reading()


def _scope(name):
    from dialerd.domain.importing import Scope

    return Scope(name)
