"""Do-not-call in the database: how entries are found and kept, and that no claim and no sending goes past them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from dialerd.domain.dnc import ON_DNC, Entry, Kind
from dialerd.domain.eligibility import CampaignRules, judge
from dialerd.domain.funnel import Part, funnel
from dialerd.settings.values import zone
from dialerd.store import dnc, tallies
from dialerd.store.dnc import EntryFilter, Outcome
from harness.world import CAMPAIGN, NOW, phones

HOUR = timedelta(hours=1)
ANN, BEN, CAT, DAN = phones(4)
RULES = CampaignRules(max_attempts=3, zone=zone("UTC"))


def entry(number, kind=Kind.EXACT, *, campaign=None, expires_at=None, source=""):
    return Entry(number, kind, campaign, expires_at, source, "", NOW, "the tests")


def add(world, *entries):
    return world.write(lambda conn: dnc.add(conn, list(entries)))


def covering(world, *numbers):
    return world.read(lambda conn: dnc.covering(conn, numbers))


def claim(world, *, now=NOW, **request):
    return world.claim(judge=lambda lead: judge(lead, RULES, now), now=now, **request)


def shown(world, list_id, now=NOW):
    """The parts of the list's funnel that have leads in them."""
    groups = world.read(lambda conn: tallies.of_lists(conn, [list_id], now))[list_id]
    parts = funnel([(group, RULES) for group in groups], now).parts
    return {part: cut.leads for part, cut in parts.items() if cut.leads}


def test_a_number_is_covered_by_its_own_entry_and_by_every_prefix_of_it(world):
    wanted = [entry(ANN), entry("+1", Kind.PREFIX), entry(ANN[:-1], Kind.PREFIX), entry(ANN, Kind.PREFIX)]
    others = [entry(BEN), entry(ANN[:-1], Kind.EXACT), entry("+44", Kind.PREFIX), entry(ANN + "1", Kind.PREFIX)]
    add(world, *wanted, *others)
    found = covering(world, ANN, "+442079460001", "+34911234567")
    assert set(found[ANN]) == set(wanted)
    assert found["+442079460001"] == (entry("+44", Kind.PREFIX),)
    assert "+34911234567" not in found


def test_entries_keep_what_was_said_about_them(world):
    said = Entry(ANN, Kind.EXACT, "spring", NOW + HOUR, "letters", "asked by mail", NOW, "jo")
    add(world, said)
    assert covering(world, ANN) == {ANN: (said,)}


def test_adding_again_never_shortens(world):
    def again(expires_at):
        return add(world, entry(ANN, expires_at=expires_at, source=str(expires_at)))

    assert again(NOW + HOUR) == [Outcome.ADDED]
    assert again(NOW + HOUR) == [Outcome.UNCHANGED]
    assert again(NOW + 2 * HOUR) == [Outcome.UPDATED]
    assert again(NOW + HOUR) == [Outcome.UNCHANGED]
    assert again(None) == [Outcome.UPDATED]
    assert again(NOW + 9 * HOUR) == [Outcome.UNCHANGED]
    assert covering(world, ANN)[ANN] == (entry(ANN, source="None"),)


def test_the_same_number_may_be_there_for_each_campaign_and_as_each_kind(world):
    entries = [entry(ANN), entry(ANN, Kind.PREFIX), entry(ANN, campaign="spring"), entry(ANN, campaign="autumn")]
    assert add(world, *entries) == [Outcome.ADDED] * 4
    assert world.write(lambda conn: dnc.remove(conn, ANN, Kind.EXACT, "spring")) == entries[2]
    assert set(covering(world, ANN)[ANN]) == {entries[0], entries[1], entries[3]}
    assert world.write(lambda conn: dnc.remove(conn, ANN, Kind.EXACT, "spring")) is None


def test_entries_are_read_page_by_page_with_a_filter(world):
    add(world, entry(ANN), entry(BEN, campaign="spring", source="web"), entry(CAT, source="web"))

    def page(after=0, limit=10, **wanted):
        found = world.read(lambda conn: dnc.page(conn, EntryFilter(**wanted), after, limit))
        return [(stored.entry_id, stored.entry.number) for stored in found]

    everything = page()
    assert [number for _, number in everything] == [ANN, BEN, CAT]
    assert page(limit=2) == everything[:2]
    assert page(after=everything[1][0]) == everything[2:]
    assert [number for _, number in page(any_scope=False)] == [ANN, CAT]
    assert [number for _, number in page(any_scope=False, campaign="spring")] == [BEN]
    assert [number for _, number in page(source="web")] == [BEN, CAT]


@pytest.mark.parametrize("covered_by", [entry(BEN), entry(BEN[:-1] + "1", Kind.PREFIX), entry(BEN, campaign=CAMPAIGN)])
def test_a_lead_on_do_not_call_is_not_claimed_but_closed_and_shown_so(world, covered_by):
    list_id = world.add_list([ANN, BEN, CAT])
    add(world, covered_by, entry(CAT, campaign="autumn"))
    assert [lead.phone for lead in claim(world)] == [ANN, CAT]
    assert [lead.closed for lead in world.leads()] == [None, ON_DNC, None]
    assert shown(world, list_id)[Part.DO_NOT_CALL] == 1


def test_a_lead_under_an_entry_with_an_end_waits_for_it_and_is_claimed_then(world):
    list_id = world.add_list([ANN, BEN])
    add(world, entry(BEN, expires_at=NOW + HOUR))
    assert [lead.phone for lead in claim(world)] == [ANN]
    assert world.leads()[1].due_at == NOW + HOUR
    assert shown(world, list_id)[Part.DO_NOT_CALL] == 1
    assert [lead.phone for lead in claim(world, now=NOW + HOUR)] == [BEN]


@pytest.mark.parametrize(
    "covered_by",
    [entry(BEN), entry("+1202", Kind.PREFIX), entry(BEN, campaign=CAMPAIGN), entry(BEN, expires_at=NOW + HOUR)],
)
def test_an_entry_made_between_the_claim_and_the_sending_wins(world, covered_by):
    world.add_list([BEN])
    (claimed,) = world.claim()
    add(world, covered_by)
    assert world.send(claimed) == frozenset()


@pytest.mark.parametrize(
    "other",
    [entry(ANN), entry("+1303", Kind.PREFIX), entry(BEN, campaign="autumn"), entry(BEN, expires_at=NOW)],
)
def test_an_entry_that_does_not_cover_the_number_stops_no_sending(world, other):
    world.add_list([BEN])
    (claimed,) = world.claim()
    add(world, other, entry(BEN + "1"), entry(BEN[:-1]))
    assert world.send(claimed) == {claimed.attempt_id}


def test_looking_up_walks_the_index_of_numbers_and_nothing_else(world):
    with world.database.write() as conn:
        series = {
            "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) ",
            "postgresql": "WITH n(i) AS (SELECT generate_series(1, 50000)) ",
        }
        conn.execute(
            text(
                "INSERT INTO dnc_entries (number, kind, added_at, added_by) "
                + series[world.database.dialect]
                + "SELECT '+1303' || (1000000 + i), 'exact', '2026-03-02 15:30:12.345678Z', 'the tests' FROM n"
            )
        )
        if world.database.dialect == "postgresql":
            conn.execute(text("ANALYZE dnc_entries"))
        statement = str(dnc._LOOK_UP[conn.dialect.name].element)
        explain = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}[world.database.dialect]
        plan = str(conn.execute(text(explain + statement), {"keys": dnc._many(conn, phones(50))}).all())
    assert "dnc_entries_number_kind_campaign_unique" in plan or "sqlite_autoindex_dnc_entries" in plan
    assert "SCAN dnc_entries" not in plan
    assert "Seq Scan" not in plan
