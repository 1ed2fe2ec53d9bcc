"""Each sentence of the second document about recycling leads, as it holds here."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from dialerd.domain.facts import EndFacts
from dialerd.store.tables import leads
from harness.lifetime import BUSY, active, call, end, lead, now, recycling

TWO = "phone_number,first_name\n+14155551234,John\n+14155555678,Jane\n"
NO_ANSWER = EndFacts(sip_code=408)


def test_leads_with_certain_dispositions_come_back_by_themselves(cli):
    recycling(cli)
    active(cli, "june", content=TWO)
    end(cli, call(cli), BUSY)
    assert lead(cli)["due_at"] is not None


def test_a_disposition_without_a_rule_does_not_bring_a_lead_back(cli):
    active(cli, "june", content=TWO)
    end(cli, call(cli), BUSY)
    assert (lead(cli)["due_at"], lead(cli)["closed"]) == (None, "no recycling rule for busy")


def test_retries_are_limited_per_disposition(cli):
    recycling(cli, '\n[recycle.busy]\nattempts = 2\nwait = "1h"\n')
    active(cli, "june", content="phone_number\n+14155551234\n")
    end(cli, call(cli), BUSY)
    assert lead(cli)["closed"] is None
    an_hour_passes = update(leads).values(due_at=now())
    cli.write(lambda conn, _: conn.execute(an_hour_passes))
    end(cli, call(cli), BUSY)
    assert lead(cli)["closed"] == "busy 2 times, and its recycling rule allows 2"


def test_the_wait_between_attempts_is_set_per_disposition(cli):
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


def test_recycled_calls_have_hours_of_their_own_by_the_clock_where_the_person_is(cli):
    recycling(cli)
    active(cli, "june", content=TWO)
    end(cli, call(cli), NO_ANSWER)
    assert lead(cli)["disposition"] == "no_answer"
    due = datetime.fromisoformat(lead(cli)["due_at"]).astimezone(ZoneInfo("America/Los_Angeles"))
    assert 18 <= due.hour < 20


def test_recycling_rules_are_those_of_the_campaign(cli):
    recycling(cli)
    cli.campaign("autumn")
    active(cli, "june", content=TWO)
    active(cli, "july", "autumn", content=TWO)
    end(cli, call(cli), BUSY)
    end(cli, call(cli, "autumn"), BUSY)
    assert lead(cli)["due_at"] is not None
    assert lead(cli, "july")["closed"] is not None
