"""What the tests of the two documents have in common: lists in every status, and calls that end."""

from __future__ import annotations

from datetime import UTC, datetime

from dialerd.domain.eligibility import Yes
from dialerd.domain.facts import EndFacts, Witness
from dialerd.service import attempts, campaigns
from dialerd.service.attempts import Ending
from dialerd.service.workers import new_worker
from dialerd.settings import load
from dialerd.store import claims, lists, versions
from dialerd.store.claims import ClaimRequest

BUSY = EndFacts(sip_code=486)
SAMPLE = """phone_number,first_name,last_name
+14155551234,John,Doe
+14155555678,Jane,Smith
+14155559001,Robert,Johnson
"""
ANSWERED = EndFacts(answered=True, connected=True)


def status(cli, name):
    """As `list show` tells it."""
    return cli.json("list", "show", name)["status"]


def numbers(cli, name):
    """The numbers of the list's leads, in its order."""
    return [item["lead"]["phone"] for item in cli.json("list", "leads", name)]


def begin_import(cli, name):
    """An import that has begun and goes on, in this process."""

    def work(conn, now):
        record = lists.require(conn, name)
        versions.begin(
            conn, record.list_id, file_name="a.csv", sha256="0" * 64, created_by="x", now=now, worker=new_worker()
        )

    cli.write(work)


def active(cli, name, campaign="spring", **content):
    """A list of an Active campaign."""
    cli.ready(name, **content)
    cli.ok("campaign", "assign", campaign, name)
    cli.ok("campaign", "start", campaign)


def call(cli, campaign="spring"):
    """Sends a call to the next lead; returns the attempt."""
    request = ClaimRequest(campaign, "carrier", "test", "test-1", 1, 10, 10)

    def work(conn, now):
        (lead,) = claims.claim(conn, request, lambda _: Yes(), now)
        claims.mark_sending(conn, [lead.attempt_id], "test-1", now)
        return lead

    return cli.write(work)


def end(cli, attempt, facts):
    """The call ends, as FastAGI tells it."""
    files = load(cli.config).campaigns
    cli.write(lambda conn, now: attempts.end(conn, Ending(attempt.attempt_id, facts, Witness.AGI), files, now))


def complete(cli, campaign="spring"):
    """The engine finds that nothing is left to dial."""
    assert cli.write(lambda conn, now: campaigns.complete(conn, campaign, now))


def now():
    return datetime.now(UTC)


def names(cli, *arguments):
    """The lists that `list list` shows."""
    return [view["name"] for view in cli.json("list", "list", *arguments)]


def one_of_each(cli):
    """Seven lists, each named for its status."""
    for name in ("draft", "processing", "failed"):
        cli.ok("list", "create", name)
    assert cli("list", "import", "failed", cli.file("name\nJohn\n")).code != 0
    for name in ("ready", "archived"):
        cli.ready(name, SAMPLE)
    cli.ok("list", "archive", "archived")
    begin_import(cli, "processing")
    cli.campaign("autumn")
    active(cli, "used", "autumn", content="phone_number\n+14155551234\n")
    end(cli, call(cli, "autumn"), ANSWERED)
    complete(cli, "autumn")
    active(cli, "in_use")


RULES = """
[recycle.busy]
attempts = 2
wait = ["10m", "1h"]
[recycle.no_answer]
attempts = 3
wait = "2h"
hours = ["daily 18:00-21:00"]
"""


def recycling(cli, rules=RULES):
    """The campaign spring, with these rules in its file."""
    path = cli.folder / "campaigns.d" / "spring.toml"
    path.write_text(path.read_text() + rules)


def lead(cli, name="june"):
    return cli.json("list", "leads", name)[0]["lead"]
