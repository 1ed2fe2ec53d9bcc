"""`dialerd call list`: attempts, by what one knows of them."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.eligibility import Yes
from dialerd.domain.facts import EndFacts, Witness
from dialerd.service.attempts import Ending, end
from dialerd.store import attempts, claims
from dialerd.store.claims import ClaimRequest


@pytest.fixture
def dialed(cli):
    """Three attempts of campaign spring, oldest first: one busy, one claimed and sent, one only claimed."""
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "start", "spring")
    request = ClaimRequest("spring", "carrier", "test", "owner", 1, 10, 10)

    def claim(conn, now):
        (lead,) = claims.claim(conn, request, lambda candidate: Yes(), now)
        return lead

    def busy(conn, now):
        claims.mark_sending(conn, [first.attempt_id], "owner", now)
        attempts.write_end(
            conn,
            first.attempt_id,
            disposition=Disposition.BUSY,
            counts=True,
            facts=EndFacts(sip_code=486, cause=17),
            ended_by=Witness.AMI,
            detail="486 Busy Here",
            ended_at=now + timedelta(seconds=1),
        )

    first = cli.write(claim)
    cli.write(busy)
    second = cli.write(claim)
    cli.write(lambda conn, now: claims.mark_sending(conn, [second.attempt_id], "owner", now))
    third = cli.write(claim)
    return [first, second, third]


def ids(cli, *options):
    return [call["attempt_id"] for call in cli.json("call", "list", *options)]


def test_calls_are_shown_newest_first_with_what_became_of_them(cli, dialed):
    shown = cli.json("call", "list")
    assert [call["attempt_id"] for call in shown] == [lead.attempt_id for lead in reversed(dialed)]
    oldest = shown[-1]
    facts = {
        name: oldest[name] for name in ("phone", "campaign", "disposition", "sip_code", "cause", "state", "number")
    }
    assert facts == {
        "phone": "+14155551234",
        "campaign": "spring",
        "disposition": "busy",
        "sip_code": 486,
        "cause": 17,
        "state": "ended",
        "number": 1,
    }


def test_calls_are_found_by_campaign_number_lead_disposition_and_being_open(cli, dialed):
    first, second, third = [lead.attempt_id for lead in dialed]
    assert ids(cli, "--campaign", "spring") == [third, second, first]
    assert ids(cli, "--phone", "+1 (415) 555-1234") == [first]
    assert ids(cli, "--lead", dialed[1].lead_id) == [second]
    assert ids(cli, "--disposition", "busy") == [first]
    assert ids(cli, "--open") == [third, second]


def test_calls_are_shown_page_by_page(cli, dialed):
    first, second, third = [lead.attempt_id for lead in dialed]
    assert ids(cli, "--limit", 2) == [third, second]
    assert ids(cli, "--before", second) == [first]


def test_people_read_a_table(cli, dialed):
    shown = cli.ok("call", "list")
    assert "486 Busy Here" in shown
    assert "june" in shown


def test_without_calls_there_is_an_empty_list(cli):
    assert cli.json("call", "list") == []
    assert cli.ok("call", "list") == "No calls.\n"


def test_an_unknown_campaign_and_a_number_that_is_none_are_refused(cli):
    assert "did you mean spring?" in cli.refused(1, "call", "list", "--campaign", "sprin")
    assert "number '4155551234': no country code" in cli.refused(65, "call", "list", "--phone", "4155551234")


@pytest.mark.parametrize(
    "options",
    [("--lead", "x"), ("--lead", "9" * 30), ("--limit", "0"), ("--disposition", "bsy"), ("--before", "'; drop table")],
)
def test_what_no_option_can_be_exits_2(cli, options):
    assert cli("call", "list", *options).code == 2


def answered(cli, dialed):
    """The second attempt, ended as an answered call."""
    attempt = dialed[1]

    def work(conn, now):
        facts = EndFacts(answered=True, connected=True)
        end(conn, Ending(attempt.attempt_id, facts, Witness.AGI), {}, now)

    cli.write(work)
    return attempt


def test_a_person_says_what_became_of_an_answered_call(cli, dialed):
    (cli.folder / "dispositions.toml").write_text("[sale]\n")
    attempt = answered(cli, dialed)
    said = cli.ok("call", "disposition", attempt.attempt_id, "SALE")
    assert said == f"call to {attempt.phone}: sale instead of answered, closed: sale is final\n"
    assert ids(cli, "--disposition", "sale") == [attempt.attempt_id]
    found = cli.json("call", "disposition", attempt.attempt_id, "callback", "--at", "90")
    assert (found["before"], found["disposition"], found["closed"]) == ("sale", "callback", None)
    assert found["again_at"].endswith("Z")


def test_what_cannot_be_said_of_a_call_is_refused_with_the_reason(cli, dialed):
    assert "nobody answered" in cli.refused(1, "call", "disposition", dialed[0].attempt_id, "answered")
    attempt = answered(cli, dialed)
    assert "--at: 'soon' is no time" in cli.refused(
        65, "call", "disposition", attempt.attempt_id, "callback", "--at", "soon"
    )
    assert cli("call", "disposition", attempt.attempt_id, "sale").code == 2
    assert cli("call", "disposition", "x", "answered").code == 2
