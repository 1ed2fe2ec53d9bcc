"""The sentences of the second document about recycling leads, each as a test's name."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from dialerd.domain.facts import AttemptState, EndFacts
from dialerd.service.words import Word, say_each
from dialerd.settings import load
from dialerd.store.attempts import mark_progress
from dialerd.store.tables import leads
from harness.lifetime import ANSWERED, BUSY, active, call, end, lead, now, recycling

TWO = "phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n"
NO_ANSWER = EndFacts(sip_code=408)


def says(cli, attempt, disposition):
    """The dialplan says what became of a call that is up."""
    settings = load(cli.config)

    def say(conn, at):
        mark_progress(conn, attempt.attempt_id, AttemptState.ANSWERED, at)
        return say_each(conn, [Word(attempt.attempt_id, disposition, settings, at)])

    (said,) = cli.write(say)
    assert said.disposition == disposition, said


@pytest.mark.parametrize("disposition", ["no_answer", "busy", "voicemail"], ids=["No Answer", "Busy", "Voicemail"])
def test_leads_that_receive_certain_dispositions_can_be_automatically_recycled_for_re_dialing(cli, disposition):
    recycling(cli, f'\n[recycle.{disposition}]\nattempts = 3\nwait = "1h"\n')
    active(cli, "june", content="phone_number\n+14155551234\n")
    sent = call(cli)
    if disposition == "voicemail":
        says(cli, sent, disposition)
    end(cli, sent, {"busy": BUSY, "no_answer": NO_ANSWER, "voicemail": ANSWERED}[disposition])
    found = lead(cli)
    assert (found["disposition"], found["closed"]) == (disposition, None)
    cli.write(lambda conn, _: conn.execute(update(leads).values(due_at=now())))
    assert call(cli).phone == found["phone"]


def test_a_disposition_without_a_rule_does_not_bring_a_lead_back(cli):
    active(cli, "june", content=TWO)
    end(cli, call(cli), BUSY)
    assert (lead(cli)["due_at"], lead(cli)["closed"]) == (None, "no recycling rule for busy")


def test_configure_retry_attempts_per_disposition(cli):
    recycling(cli, '\n[recycle.busy]\nattempts = 2\nwait = "1h"\n')
    active(cli, "june", content="phone_number\n+14155551234\n")
    end(cli, call(cli), BUSY)
    assert lead(cli)["closed"] is None
    an_hour_passes = update(leads).values(due_at=now())
    cli.write(lambda conn, _: conn.execute(an_hour_passes))
    end(cli, call(cli), BUSY)
    assert lead(cli)["closed"] == "busy 2 times, and its recycling rule allows 2"


def test_set_wait_intervals_between_attempts(cli):
    recycling(cli)
    active(cli, "june", content=TWO)
    before = now()
    end(cli, call(cli), BUSY)
    due = lead(cli)["due_at"]
    assert (
        f"{before + timedelta(minutes=10):%Y-%m-%dT%H:%M}"
        <= due
        <= f"{now() + timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"
    )


def test_define_time_windows_for_recycled_calls_by_the_clock_where_the_person_is(cli):
    recycling(cli)
    active(cli, "june", content=TWO)
    end(cli, call(cli), NO_ANSWER)
    assert lead(cli)["disposition"] == "no_answer"
    due = datetime.fromisoformat(lead(cli)["due_at"]).astimezone(ZoneInfo("America/Los_Angeles"))
    assert 18 <= due.hour < 21


def test_recycling_rules_are_configured_per_campaign_per_disposition(cli):
    recycling(cli)
    cli.campaign("autumn")
    active(cli, "june", content=TWO)
    active(cli, "july", "autumn", content=TWO)
    end(cli, call(cli), BUSY)
    end(cli, call(cli, "autumn"), BUSY)
    assert lead(cli)["due_at"] is not None
    assert lead(cli, "july")["closed"] is not None
