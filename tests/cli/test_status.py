"""`dialerd status`: who is at work, and why something is not dialed."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from dialerd.domain.breaker import Breaker, Phase
from dialerd.domain.signs import Sign
from dialerd.ops.journal import Journal
from dialerd.ops.nameplate import Nameplate
from dialerd.store import breakers, nodes, tables


def engine(cli, *, ago=0, link="connected", reason="dialing"):
    """An engine that reported itself so many seconds ago."""

    def work(conn, now):
        nodes.register(conn, "test", instance="i", pid=1, host="here", version="1")
        status = {"link": link, "calls": 0, "campaigns": {"spring": {"reason": reason}}}
        nodes.beat(conn, "test", "i", status)
        conn.execute(update(tables.nodes).values(heartbeat_at=now - timedelta(seconds=ago)))

    cli.write(work)


@pytest.fixture
def active(cli):
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "start", "spring")
    return cli


def why(cli):
    (campaign,) = cli.json("status")["campaigns"]
    return campaign["why"]


def test_no_engine_is_said_first_and_for_each_campaign(active):
    shown = active.json("status")
    assert shown["problem"] == "no engine is running; start one: dialerd run"
    assert shown["engines"] == []
    assert why(active) == "no engine is running; start one: dialerd run"
    assert active.ok("status").startswith("no engine is running")


def test_the_fastagi_server_of_this_machine_is_shown_with_its_processes_while_it_runs(active):
    with Nameplate(active.folder) as plate:
        plate.show("127.0.0.1:4573", [plate.this_process(1), replace(plate.this_process(2), restarts=3)])
        shown = active.json("status")["here"]
        assert shown["listen"] == "127.0.0.1:4573"
        assert [(process["number"], process["restarts"]) for process in shown["processes"]] == [(1, 0), (2, 3)]
        assert "127.0.0.1:4573  2 of 2" in active.ok("status")
    assert active.json("status")["here"]["processes"] == []
    assert "FastAGI" not in active.ok("status")


def test_what_waits_in_the_journal_is_said_also_while_the_database_is_away(active):
    ours = Journal(active.folder / "journal")
    for number in range(3):
        ours.append({"kind": "ended", "attempt": str(number)})
    shown = active.json("status")["here"]["journal"]
    assert (shown["reports"], shown["files"]) == (3, 1)
    line = "3 reports of calls wait in the journal here for the database since 20"
    assert line in active.ok("status")
    active.config.write_text(active.config.read_text() + '[database]\nurl = "sqlite:////nowhere/at/all.db"\n')
    answer = active("status")
    assert answer.code == 69
    assert answer.out.startswith(line)
    ours.close()


def test_an_engine_that_fell_silent_is_no_engine(active):
    engine(active, ago=3600)
    shown = active.json("status")
    assert shown["problem"].startswith("no engine is running: the last sign of life came ")
    assert shown["engines"][0]["alive"] is False
    assert why(active) == "no engine is running; start one: dialerd run"


def test_an_engine_that_has_lost_asterisk_is_the_problem(active):
    engine(active, link="waiting: connection refused")
    assert active.json("status")["problem"] == "engine test is not connected to Asterisk: waiting: connection refused"


def test_with_an_engine_the_reason_is_the_engines(active):
    engine(active, reason="the next lead is due at 12:00")
    assert active.json("status")["problem"] is None
    assert why(active) == "the next lead is due at 12:00"


def test_outside_its_hours_a_campaign_says_until_when(active):
    from datetime import UTC, datetime

    # Opens for one minute, half a day from now.
    opening = (datetime.now(UTC) + timedelta(hours=12)).replace(second=0)
    closing = opening + timedelta(minutes=1)
    active.campaign("spring", hours=f"daily {opening:%H:%M}-{closing:%H:%M}")
    engine(active)
    assert why(active) == f"outside the campaign's hours, until {opening:%Y-%m-%d %H:%M} UTC"


def test_a_draft_says_what_comes_next(cli):
    assert why(cli) == "no list is assigned: dialerd campaign assign spring LIST"
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    assert why(cli) == "draft; start it: dialerd campaign start spring"


def test_a_campaign_shows_its_numbers(active):
    (campaign,) = active.json("status")["campaigns"]
    numbers = {name: campaign[name] for name in ("due_now", "remaining", "calls", "pace", "target", "max_calls")}
    assert numbers == {"due_now": 3, "remaining": 3, "calls": 0, "pace": 0.0, "target": 2.0, "max_calls": 7}
    assert campaign["next_due"].endswith("Z")


def test_trunks_are_shown_beside_their_caps(cli):
    (trunk,) = cli.json("status")["trunks"]
    caps = {"name": "carrier", "calls": 0, "max_calls": 10, "calls_per_second": 5.0}
    assert trunk == {**caps, "state": "closed", "why": "", "since": None, "next_probe_at": None}


def test_a_trunk_that_fails_says_why_on_which_engine_and_when_it_is_tried_again(cli):
    since = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    failing = Breaker(Phase.OPEN, Sign.TROUBLE, "SIP 503: 5 calls in a row failed", since, since + timedelta(seconds=5))
    cli.write(lambda conn, now: breakers.save(conn, "test", {"carrier": failing}, now))
    (trunk,) = cli.json("status")["trunks"]
    assert (trunk["state"], trunk["why"]) == ("open", "SIP 503: 5 calls in a row failed (engine test)")
    assert (trunk["since"], trunk["next_probe_at"]) == ("2026-03-02T15:30:00.000Z", "2026-03-02T15:30:05.000Z")
    assert "SIP 503" in cli.ok("status")
    cli.write(lambda conn, now: breakers.save(conn, "test", {"carrier": Breaker()}, now))
    assert cli.json("status")["trunks"][0]["state"] == "closed"


def test_watching_prints_a_document_a_second_until_interrupted(cli):
    command = [sys.executable, "-m", "dialerd", "--config", str(cli.config), "status", "--watch", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as watching:
        seen = [json.loads(watching.stdout.readline()) for _ in range(2)]
        watching.send_signal(signal.SIGINT)
        _, said = watching.communicate(timeout=30)
    assert seen[0]["at"] < seen[1]["at"]
    assert watching.returncode == 130
    assert said.strip() == "dialerd: interrupted"
