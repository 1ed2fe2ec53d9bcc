"""Lists, their versions, campaigns and the audit: what is written is what is read."""

from datetime import timedelta

import pytest

from dialerd.domain.allowed import Allowed, NumberKind
from dialerd.domain.errors import NotFound, Refused
from dialerd.domain.lifecycle import CampaignState, ListStatus, VersionState
from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.store import audit, campaigns, lists, versions
from dialerd.store.versions import Buckets, Reject
from harness.world import CAMPAIGN, NOW, phones

LATER = NOW + timedelta(minutes=1)


def create(world, name, **options):
    return world.write(lambda conn: lists.create(conn, name=name, now=NOW, **options))


def begin(world, list_id, now=NOW, **options):
    said = {"file_name": "a.csv", "sha256": "0" * 64, "created_by": "ann", **options}
    return world.write(lambda conn: versions.begin(conn, list_id, now=now, **said))


def record(world, list_id):
    return world.read(lambda conn: lists.by_id(conn, list_id))


def of_list(world, list_id):
    return world.read(lambda conn: versions.of_list(conn, list_id))


def names(world, **filters):
    return [found.name for found in world.read(lambda conn: lists.page(conn, **filters))]


def test_a_list_is_read_as_it_was_made(world):
    rules = NumberRules(PhonePolicy.CLEAN, "DE", Allowed(frozenset({NumberKind.SHORT}), frozenset({"DE", "AT"})))
    list_id = create(world, "leads", description="spring", owner="ann", rules=rules)
    found = record(world, list_id)
    assert (found.name, found.description, found.owner, found.rules) == ("leads", "spring", "ann", rules)
    assert (found.campaign, found.current_version) == (None, 0)
    assert (found.created_at, found.changed_at, found.archived_at) == (NOW, NOW, None)
    assert found.status is ListStatus.DRAFT


def test_a_list_nobody_made_is_not_found(world):
    assert world.read(lambda conn: lists.get(conn, "leads")) is None
    assert record(world, 4711) is None
    with pytest.raises(NotFound, match="list leads does not exist; `dialerd list list` shows"):
        world.read(lambda conn: lists.require(conn, "leads"))


def test_lists_are_found_by_a_part_of_their_name_in_any_case(world):
    for name in ("Spring leads", "autumn", "100% sure", "100 sure"):
        create(world, name)
    assert names(world) == sorted(["Spring leads", "autumn", "100% sure", "100 sure"])
    assert names(world, search="LEADS") == ["Spring leads"]
    assert names(world, search="0%") == ["100% sure"]
    create(world, "Überfällig")
    assert names(world, search="üBER") == ["Überfällig"]
    assert names(world, limit=1, after="100 sure") == ["100% sure"]


def test_archived_lists_are_shown_only_when_asked_for(world):
    list_id = create(world, "old")
    world.write(lambda conn: lists.archive(conn, list_id, LATER))
    assert names(world) == []
    assert names(world, archived=True) == ["old"]
    assert record(world, list_id).status is ListStatus.ARCHIVED


def test_lists_of_a_campaign_are_in_the_order_they_were_assigned(world):
    ids = {name: create(world, name) for name in ("a", "b", "c")}
    for name in "cab":
        world.write(lambda conn, name=name: lists.assign(conn, ids[name], CAMPAIGN, LATER))
    world.write(lambda conn: lists.unassign(conn, ids["a"], LATER))
    assert [found.name for found in world.read(lambda conn: campaigns.lists_of(conn, CAMPAIGN))] == ["c", "b"]
    assert record(world, ids["a"]).campaign is None
    assert record(world, ids["b"]).changed_at == LATER


def test_a_lists_status_follows_its_newest_version_and_its_campaign(world):
    list_id = create(world, "leads")
    version = begin(world, list_id)
    assert record(world, list_id).status is ListStatus.PROCESSING
    world.write(lambda conn: versions.fail(conn, list_id, version, "no valid row", LATER))
    assert record(world, list_id).status is ListStatus.FAILED
    version = begin(world, list_id)
    world.write(lambda conn: versions.publish(conn, list_id, version, Buckets(), LATER))
    world.write(lambda conn: versions.finish(conn, list_id, version, LATER))
    assert record(world, list_id).status is ListStatus.READY
    world.write(lambda conn: lists.assign(conn, list_id, CAMPAIGN, LATER))
    assert record(world, list_id).status is ListStatus.IN_USE
    world.campaign(CAMPAIGN, CampaignState.COMPLETED)
    assert record(world, list_id).status is ListStatus.USED


def test_a_version_goes_from_staging_to_armed_and_keeps_its_counts(world):
    list_id = create(world, "leads")
    number = begin(world, list_id, sha256="1" * 64)
    (begun,) = of_list(world, list_id)
    world.write(lambda conn: versions.note_step(conn, begun, LATER, buckets=Buckets(rows=5, imported=5)))
    (staging,) = of_list(world, list_id)
    assert (staging.number, staging.state, staging.heartbeat_at) == (1, VersionState.STAGING, LATER)
    assert (staging.mode, staging.file_name, staging.sha256, staging.created_by) == ("add", "a.csv", "1" * 64, "ann")
    assert staging.buckets == Buckets(rows=5, imported=5)
    assert record(world, list_id).current_version == 0
    done = Buckets(rows=9, imported=4, updated=1, unchanged=1, duplicate=1, dnc=1, rejected=1)
    world.write(lambda conn: versions.publish(conn, list_id, number, done, LATER))
    (published,) = world.read(versions.unfinished)
    world.write(lambda conn: versions.note_step(conn, published, LATER, armed_up_to=17))
    assert record(world, list_id).current_version == 1
    assert [version.armed_up_to for version in world.read(versions.unfinished)] == [17]
    world.write(lambda conn: versions.finish(conn, list_id, number, LATER))
    (armed,) = of_list(world, list_id)
    assert (armed.state, armed.buckets, armed.finished_at) == (VersionState.ARMED, done, LATER)
    assert world.read(versions.unfinished) == []


def test_a_failed_version_says_why_and_leaves_the_list_where_it_was(world):
    list_id = world.add_list(phones(1))
    number = begin(world, list_id)
    world.write(lambda conn: versions.fail(conn, list_id, number, "no column for the number", LATER))
    newest, first = of_list(world, list_id)
    assert (newest.state, newest.error) == (VersionState.FAILED, "no column for the number")
    assert (first.number, record(world, list_id).current_version) == (1, 1)


def test_two_imports_into_one_list_do_not_run_at_once(world):
    list_id = create(world, "leads")
    begin(world, list_id)
    with pytest.raises(Refused, match="version 1 of this list is still being imported"):
        begin(world, list_id)
    assert len(of_list(world, list_id)) == 1


def test_refused_rows_come_back_as_they_were_in_the_order_of_the_file(world):
    list_id = create(world, "leads")
    number = begin(world, list_id)
    rows = [Reject(9, "not in E.164", 'Zoë,"x\r\ny"'), Reject(3, "too short", "+1")]
    world.write(lambda conn: versions.add_rejects(conn, list_id, number, rows))
    assert world.read(lambda conn: versions.rejects_of(conn, list_id, number)) == [rows[1], rows[0]]
    assert world.read(lambda conn: versions.rejects_of(conn, list_id, number, limit=1, after_line=3)) == [rows[0]]


def test_campaigns_the_database_has_not_seen_begin_as_drafts(world):
    world.write(lambda conn: campaigns.ensure(conn, ["autumn", CAMPAIGN], LATER))
    autumn, spring = world.read(campaigns.all)
    assert (autumn.name, autumn.state, autumn.state_since) == ("autumn", CampaignState.DRAFT, LATER)
    assert (spring.name, spring.state, spring.state_since) == (CAMPAIGN, CampaignState.ACTIVE, NOW)


def test_a_campaign_keeps_when_it_was_started_over_a_pause(world):
    def go(state, at, reason=None):
        world.write(lambda conn: campaigns.set_state(conn, CAMPAIGN, state, at, reason))
        return world.read(lambda conn: campaigns.get(conn, CAMPAIGN))

    paused = go(CampaignState.PAUSED, LATER, "lunch")
    assert (paused.started_at, paused.state_since, paused.stop_reason) == (NOW, LATER, "lunch")
    resumed = go(CampaignState.ACTIVE, LATER)
    assert (resumed.started_at, resumed.stop_reason) == (NOW, None)
    go(CampaignState.COMPLETED, LATER)
    assert go(CampaignState.ACTIVE, LATER).started_at == LATER


def test_a_campaign_nobody_knows_is_not_found(world):
    assert world.read(lambda conn: campaigns.get(conn, "autumn")) is None
    for ask in (
        lambda conn: campaigns.get_state(conn, "autumn"),
        lambda conn: campaigns.set_state(conn, "autumn", CampaignState.PAUSED, NOW),
        lambda conn: campaigns.set_state(conn, "autumn", CampaignState.ACTIVE, NOW),
    ):
        with pytest.raises(NotFound, match="campaign autumn does not exist"):
            world.write(ask)


def test_the_audit_is_read_newest_first(world):
    for number, subject in enumerate(("list a", "list b", "list a")):
        said = {"at": NOW, "actor": "ann", "action": "import", "subject": subject, "detail": {"number": number}}
        world.write(lambda conn, said=said: audit.add(conn, **said))
    entries = world.read(audit.page)
    assert [(entry.subject, entry.detail["number"]) for entry in entries] == [
        ("list a", 2),
        ("list b", 1),
        ("list a", 0),
    ]
    assert (entries[0].actor, entries[0].action, entries[0].at) == ("ann", "import", NOW)
    older = world.read(lambda conn: audit.page(conn, subject="list a", before=entries[0].entry_id))
    assert [entry.detail["number"] for entry in older] == [0]
