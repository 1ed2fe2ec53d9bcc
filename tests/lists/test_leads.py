"""Single leads: found by number and by words, and shown whole."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.service import lead_changes, leads, list_life, moves
from dialerd.service.leads import LeadQuery
from dialerd.service.moves import MoveWish
from dialerd.store import attempts, lead_search
from harness.world import CAMPAIGN, NOW, lead, phones

BUSY = Disposition.BUSY
HOUR = timedelta(hours=1)
JANE, SIAN, BOB = phones(3)


@pytest.fixture
def find(desk):
    def run(words, limit=50, **narrowing):
        query = LeadQuery(words, **narrowing)
        return leads.find(desk.database, query, configured=[CAMPAIGN], limit=limit)

    return run


def numbers(found):
    return [item.lead.phone for item in found.leads]


@pytest.mark.parametrize("typed", ["+12025550000", "+1 (202) 555-0000", "0012025550000", "12025550000"])
def test_a_lead_is_found_by_its_number_however_it_is_typed(people, find, typed):
    assert numbers(find(typed)) == [JANE]


def test_leads_are_found_by_how_their_number_begins(people, find):
    assert numbers(find("+1202")) == [JANE, SIAN, BOB]
    assert numbers(find("+44")) == ["+442079460001"]
    assert numbers(find("+49")) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("smith", [JANE]),
        ("SMITH jane", [JANE]),
        ("jane", ["+442079460001", JANE]),
        ("siân", [SIAN]),
        ("SIÂN évans", [SIAN]),
        ("são", [JANE]),
        ("100%_!", [BOB]),
        ('"100', [BOB]),
        ("nobody", []),
        ("%", [BOB]),
        ("first_name", []),
    ],
)
def test_leads_are_found_by_words_of_their_fields_in_any_case(people, find, words, found):
    assert numbers(find(words)) == found


def test_what_is_found_is_narrowed_by_list_campaign_and_disposition(people, find):
    people.called(BUSY)
    assert numbers(find("jane", list_name="second")) == ["+442079460001"]
    assert numbers(find("jane", campaign=CAMPAIGN)) == [JANE]
    assert numbers(find("+1202", disposition=BUSY)) == [JANE]
    assert numbers(find("bob", disposition=BUSY)) == []
    with pytest.raises(NotFound):
        find("jane", list_name="third")
    with pytest.raises(NotFound):
        find("jane", campaign="autumn")


def test_leads_are_found_without_a_text_by_list_campaign_and_disposition_the_newest_first(people, find):
    people.world.add_list([lead("+442079460002")], name="third")
    people.called(BUSY)
    assert numbers(find(None, list_name="first")) == [BOB, SIAN, JANE]
    assert numbers(find(None, campaign=CAMPAIGN)) == ["+442079460002", BOB, SIAN, JANE]
    assert numbers(find(None, disposition=BUSY)) == [JANE]
    assert numbers(find(None, disposition=BUSY, list_name="second")) == []
    full = find(None, campaign=CAMPAIGN, limit=2)
    assert (numbers(full), full.complete) == (["+442079460002", BOB], False)
    with pytest.raises(BadInput, match="which leads"):
        find(None)


def test_withdrawn_leads_are_not_found_without_their_number(people, find):
    people.world.add_list([lead(JANE)], name="third", campaign=None)
    moves.move(people.database, MoveWish("first", "third", limit=1, update=True), clock=people.clock, **people.words)
    assert numbers(find(None, list_name="first")) == [BOB, SIAN]
    assert JANE in numbers(find(JANE, list_name="first"))


def test_a_page_that_is_full_says_that_there_may_be_more(people, find):
    assert find("+1202", limit=3).complete
    assert not find("+1202", limit=2).complete
    assert find("jane", limit=2).complete
    assert not find("jane", limit=1).complete


@pytest.mark.parametrize("nothing", ["", "  ", "+", "()", "a\nb"])
def test_an_empty_or_unprintable_text_is_bad_input(people, find, nothing):
    with pytest.raises(BadInput):
        find(nothing)


def test_an_old_text_of_a_lead_does_not_find_it(people, find):
    lead_changes.edit(people.database, JANE, fields={"last_name": "Miller"}, now=NOW, **people.words)
    assert numbers(find("smith")) == []
    assert numbers(find("miller")) == [JANE]


def test_leads_of_an_archived_list_are_found(people, find):
    list_life.archive(people.database, "second", now=NOW, **people.words)
    assert numbers(find("doe")) == ["+442079460001"]


def test_a_number_is_looked_up_in_the_index_and_not_in_all_leads(people):
    plans = []

    def explain(conn, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT leads.id") and "leads.phone" in statement and "EXPLAIN" not in statement:
            prefix = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
            plans.extend(str(row) for row in conn.exec_driver_sql(prefix + statement, parameters))

    with people.database.write() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(conn, "before_cursor_execute", explain)
        lead_search.by_number(conn, "+1202", lead_search.Narrowing(), 10)
    assert any("leads_phone_list_id_unique" in line or "sqlite_autoindex_leads" in line for line in plans), plans


def test_a_lead_is_shown_with_fields_versions_calls_and_evidence(people):
    (jane,) = people.called(BUSY)
    (call,) = people.world.read(lambda conn: attempts.page(conn, lead_id=jane))
    seen = attempts.EvidenceRow(call.attempt_id, "ami", NOW, {"cause": 17})
    people.world.write(lambda conn: attempts.add_evidence(conn, [seen]))
    lead_changes.edit(people.database, str(jane), fields={"city": ""}, now=NOW, **people.words)
    story = leads.show(people.database, str(jane))
    assert (story.lead.phone, story.live) == (JANE, True)
    assert story.fields == {"first_name": "Jane", "last_name": "Smith"}
    assert [(said.list_name, said.from_version, said.to_version, said.line) for said in story.versions] == [
        ("first", 1, 2, 2),
        ("first", 2, None, 1),
    ]
    assert story.versions[0].file_name == "a.csv"
    assert story.versions[0].fields["city"] == "São Paulo"
    assert [(made.attempt.disposition, made.evidence[0].facts) for made in story.calls] == [("busy", {"cause": 17})]
    assert [deed.action for deed in story.deeds] == ["lead.edit"]
    assert leads.show(people.database, JANE).lead == story.lead


def test_a_number_in_several_lists_needs_its_list(people):
    people.world.add_list([lead(JANE)], name="third", campaign=None)
    with pytest.raises(Refused, match=r"number \+12025550000 is in 2 lists, first \(id 1\), third \(id 5\).*--list"):
        leads.show(people.database, JANE)
    assert leads.show(people.database, JANE, list_name="third").lead.list_name == "third"


@pytest.mark.parametrize(
    ("which", "error", "message"),
    [
        ("999", NotFound, "lead 999 does not exist"),
        ("+12025550999", NotFound, r"number \+12025550999: is in no list"),
        ("Jane", BadInput, "is no id, and as a number has letters"),
        ("", BadInput, "is no id"),
        ("9" * 18, NotFound, "does not exist"),
    ],
)
def test_a_lead_nobody_knows_is_said_so(people, which, error, message):
    with pytest.raises(error, match=message):
        leads.show(people.database, which)
