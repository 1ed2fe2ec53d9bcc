"""What the dialplan says about a call that is up: its disposition, a wish to be called again, facts about the person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.service.words import MOST_ATTRIBUTES
from dialerd.store import audit, dnc, evidence, words
from harness.desk import Desk

STRANGER = "01890a5d-ac96-774b-bcce-b302099a8057"
OURS = """
[sale]
[not_now]
final = false
[never_again]
do_not_call = true
[gone]
counts = false
final = false
"""
UP = ("16", "Up", "", "", "SIP 200 OK")


@pytest.fixture
def desk(tmp_path, sqlite_url):
    (tmp_path / "dispositions.toml").write_text(OURS)
    desk = Desk(
        tmp_path,
        sqlite_url,
        max_attempts=3,
        schedule={"timezone": "Europe/Berlin", "hours": ["mon-fri 09:00-18:00"]},
        recycle={"not_now": {"attempts": 2, "wait": "1h"}},
    )
    try:
        desk.start()
        yield desk
    finally:
        desk.close()


@pytest.fixture
def attempt(desk):
    """An attempt whose call is up and routed."""
    return routed(desk)


def routed(desk, phone="+12025550100"):
    attempt = desk.sent(phone)
    desk.call("route", attempt).obey()
    return attempt


def say(desk, script, attempt, *, uniqueid=None, **headers):
    """The dialplan asks for this script; the variables it has then."""
    call = desk.call(script, uniqueid or attempt, **headers)
    call.variables["DIALERD_ATTEMPT"] = attempt
    call.obey()
    return call.variables


def ends(desk, attempt, *facts):
    """The channel reports its end."""
    desk.call("ended", attempt, agi_arg_1="|".join([attempt, *(facts or UP)])).obey()
    return desk.attempt(attempt)


def refused(desk, variables):
    assert "DIALERD_OK" not in variables
    return desk.failures() == {"refused": 1}


@pytest.mark.parametrize(
    ("script", "argument"),
    [
        ("disposition?disposition=SALE", {}),
        ("disposition?disposition=sale", {}),
        ("disposition", {"agi_arg_1": "SALE"}),
    ],
)
def test_the_disposition_the_dialplan_gives_is_what_the_call_ends_with(desk, attempt, script, argument):
    assert say(desk, script, attempt, **argument)["DIALERD_OK"] == "1"
    assert (desk.attempt(attempt).said, desk.attempt(attempt).disposition) == ("sale", None)
    assert ends(desk, attempt).disposition == "sale"
    assert (desk.lead(attempt).disposition, desk.lead(attempt).closed) == ("sale", "sale is final")


def test_the_word_stands_whatever_else_is_seen_of_the_end(desk, attempt):
    say(desk, "disposition?disposition=SALE", attempt)
    record = ends(desk, attempt, "0", "Up", "0", "", "")
    assert (record.disposition, record.counts) == ("sale", True)


def test_what_is_not_final_comes_back_by_its_rule(desk, attempt):
    say(desk, "disposition?disposition=not+now", attempt)
    ends(desk, attempt)
    assert desk.lead(attempt).due_at == desk.now + timedelta(hours=1)


def test_what_does_not_count_uses_up_no_attempt(desk, attempt):
    say(desk, "disposition?disposition=gone", attempt)
    ends(desk, attempt)
    assert (desk.attempt(attempt).counts, desk.lead(attempt).attempts) == (False, 0)
    assert desk.lead(attempt).closed == "no recycling rule for gone"


def test_the_last_of_several_words_stands_and_all_are_kept_as_evidence(desk, attempt):
    say(desk, "disposition?disposition=not_now", attempt)
    say(desk, "disposition?disposition=sale", attempt)
    assert ends(desk, attempt).disposition == "sale"
    said = [row.facts["disposition"] for row in desk.ask(lambda conn: evidence.evidence_of(conn, attempt))[:2]]
    assert said == ["not_now", "sale"]


@pytest.mark.parametrize("name", ["busy", "no_answer", "new", "cancelled", "do_not_call", "unheard_of", "${SHELL(id)}"])
def test_a_disposition_that_no_answered_call_has_is_refused(desk, attempt, name):
    assert refused(desk, say(desk, "disposition", attempt, agi_arg_1=name))
    assert desk.attempt(attempt).said is None


def test_without_a_name_it_is_refused(desk, attempt):
    assert refused(desk, say(desk, "disposition", attempt))


@pytest.mark.parametrize("script", ["disposition?disposition=sale", "callback?minutes=60", "attr?a=b"])
class TestWhoMaySpeak:
    def test_a_channel_that_is_not_the_attempt_is_refused(self, desk, attempt, script):
        assert refused(desk, say(desk, script, attempt, uniqueid=STRANGER))
        assert desk.attempt(attempt).said is None

    def test_an_attempt_nobody_made_is_refused(self, desk, script):
        assert refused(desk, say(desk, script, STRANGER))

    def test_a_call_that_is_not_answered_is_refused(self, desk, script):
        attempt = desk.sent()
        assert refused(desk, say(desk, script, attempt))
        assert desk.attempt(attempt).said is None

    def test_a_call_that_has_ended_is_refused(self, desk, attempt, script):
        before = ends(desk, attempt)
        assert refused(desk, say(desk, script, attempt))
        assert desk.attempt(attempt) == before


def test_who_says_never_again_is_on_do_not_call_at_once_and_no_later_word_changes_it(desk, attempt):
    say(desk, "disposition?disposition=never_again", attempt)
    (entry,) = desk.ask(lambda conn: dnc.covering(conn, ["+12025550100"]))["+12025550100"]
    assert (entry.campaign, entry.expires_at, entry.reason) == (None, None, "never_again")
    assert entry.source == f"call {attempt}"
    assert refused(desk, say(desk, "disposition?disposition=sale", attempt))
    assert ends(desk, attempt).disposition == "never_again"
    added = desk.ask(lambda conn: audit.page(conn, subject="dnc +12025550100"))
    assert len(added) == 1


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("callback?minutes=90", datetime(2026, 5, 4, 13, 30, tzinfo=UTC)),
        ("callback?at=90", datetime(2026, 5, 4, 13, 30, tzinfo=UTC)),
        ("callback?at=2026-05-06T10:00", datetime(2026, 5, 6, 8, 0, tzinfo=UTC)),
        ("callback?at=2026-05-06+10:00:30", datetime(2026, 5, 6, 8, 0, 30, tzinfo=UTC)),
        ("callback?at=2026-05-06T10:00Z", datetime(2026, 5, 6, 10, 0, tzinfo=UTC)),
        ("callback?at=2026-05-06T10:00%2B02:00", datetime(2026, 5, 6, 8, 0, tzinfo=UTC)),
        ("callback?at=2026-05-06T10:00+02:00", datetime(2026, 5, 6, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_callback_is_due_when_it_is_asked_for(desk, attempt, asked, due):
    variables = say(desk, asked, attempt)
    assert variables["DIALERD_CALLBACK_AT"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    assert list(variables)[-1] == "DIALERD_OK"
    assert ends(desk, attempt).disposition is Disposition.CALLBACK
    assert (desk.lead(attempt).due_at, desk.lead(attempt).closed) == (due, None)


@pytest.mark.parametrize("night", ["2026-05-04T22:00", "2026-05-05T03:00"])
def test_a_callback_outside_the_hours_is_due_when_they_open(desk, attempt, night):
    variables = say(desk, "callback", attempt, agi_arg_1=night)
    assert variables["DIALERD_CALLBACK_AT"] == "2026-05-05T07:00:00Z"
    ends(desk, attempt)
    assert desk.lead(attempt).due_at == datetime(2026, 5, 5, 7, 0, tzinfo=UTC)


def test_a_time_without_an_offset_is_that_of_the_leads_own_zone(desk, attempt):
    with desk.database.write() as conn:
        conn.exec_driver_sql("UPDATE leads SET zone = 'America/New_York'")
    assert say(desk, "callback?at=2026-05-06T10:00", attempt)["DIALERD_CALLBACK_AT"] == "2026-05-06T14:00:00Z"


def test_where_the_zone_is_not_certain_it_is_the_campaigns(desk, attempt):
    with desk.database.write() as conn:
        conn.exec_driver_sql("UPDATE leads SET zone = 'America/Chicago|America/New_York'")
    assert say(desk, "callback?at=2026-05-06T10:00", attempt)["DIALERD_CALLBACK_AT"] == "2026-05-06T08:00:00Z"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "tomorrow",
        "2026-05-03T10:00",
        "2027-06-01T10:00",
        "2026-02-30T10:00",
        "-5",
        "9999999",
        "2026-05-06T10:00 Mars",
    ],
)
def test_a_time_that_cannot_be_is_refused(desk, attempt, asked):
    assert refused(desk, say(desk, "callback", attempt, agi_arg_1=asked))
    assert desk.attempt(attempt).said is None


def test_a_lead_without_an_attempt_left_cannot_be_called_again(desk):
    desk.write_campaign(max_attempts=1)
    desk.process.reload()
    attempt = routed(desk)
    assert refused(desk, say(desk, "callback?minutes=60", attempt))
    assert ends(desk, attempt).disposition is Disposition.ANSWERED


def test_a_disposition_takes_the_place_of_a_callback(desk, attempt):
    say(desk, "callback?minutes=60", attempt)
    say(desk, "disposition?disposition=sale", attempt)
    assert desk.attempt(attempt).callback_at is None
    ends(desk, attempt)
    assert desk.lead(attempt).closed == "sale is final"


def facts(desk, attempt):
    lead = desk.attempt(attempt).lead_id
    return {
        name: fact.value
        for name, fact in desk.ask(lambda conn: words.attributes_of(conn, [lead])).get(lead, {}).items()
    }


def test_facts_are_kept_with_the_lead_and_its_next_call_has_them(desk, attempt):
    variables = say(
        desk, "attr?Colour=dark+blue&size=XL", attempt, agi_arg_1="shoes=a=b", agi_arg_2="note=${SHELL(id)}"
    )
    assert variables["DIALERD_OK"] == "1"
    assert facts(desk, attempt) == {"colour": "dark blue", "size": "XL", "shoes": "a=b", "note": "${SHELL(id)}"}
    call = desk.call("route", attempt)
    call.obey()
    assert call.variables["DIALERD_ATTR_COLOUR"] == "dark blue"
    assert call.variables["DIALERD_ATTR_NOTE"] == "${SHELL(id)}"


def test_a_fact_that_is_told_again_takes_the_place_of_the_first(desk, attempt):
    say(desk, "attr?colour=blue", attempt)
    say(desk, "attr?colour=red", attempt)
    assert facts(desk, attempt) == {"colour": "red"}


@pytest.mark.parametrize(
    ("script", "argument"),
    [
        ("attr", "nothing"),
        ("attr", "1st=x"),
        ("attr", "CHANNEL(x)=y"),
        ("attr", "__proto__=x"),
        ("attr", "=x"),
        ("attr", f"{'n' * 41}=x"),
        ("attr", f"long={'x' * 501}"),
        ("attr?bell=%07", ""),
        ("attr?lines=a%0Ab", ""),
        ("attr", ""),
    ],
)
def test_a_fact_that_cannot_be_is_refused_and_nothing_is_kept(desk, attempt, script, argument):
    given = {"agi_arg_1": argument} if argument else {}
    assert refused(
        desk, say(desk, script, attempt, agi_arg_2="good=one", **given) if given else say(desk, script, attempt)
    )
    assert facts(desk, attempt) == {}


def test_no_more_facts_than_allowed_go_with_a_call(desk, attempt):
    many = "&".join(f"n{number}=x" for number in range(MOST_ATTRIBUTES))
    assert say(desk, f"attr?{many}", attempt)["DIALERD_OK"] == "1"
    assert say(desk, "attr?n0=y", attempt)["DIALERD_OK"] == "1"
    assert refused(desk, say(desk, "attr?one_more=x", attempt))
