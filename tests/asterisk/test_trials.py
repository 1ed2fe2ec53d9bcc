"""`dialerd campaign try`: one's own telephone goes the way of a campaign's calls, and nothing else knows of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from dialerd.service.freezes import freeze
from dialerd.store import leads, trials
from harness.rig import CAMPAIGN, EVERYTHING, numbers

HELLO = {"type": "extension", "context": "dialerd-demo", "exten": "s"}


@pytest.fixture
def ready(rig):
    """A campaign with leads that is not started; only FastAGI runs."""
    rig.write_campaign(destination=HELLO, ring_timeout="2s")
    rig.seed(numbers("486", times=3))
    rig.start_agi()
    return rig


def attempt(rig, to, *options):
    command = [sys.executable, "-m", "dialerd", "--config", str(rig.config), "campaign", "try", CAMPAIGN, "--to", to]
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)


def test_an_answered_trial_goes_where_the_campaigns_calls_go_and_touches_nothing(ready):
    before = ready.ask(lambda conn: leads.page(conn, campaign=CAMPAIGN, limit=EVERYTHING))
    done = attempt(ready, "PJSIP/agent-answers", "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert (shown["disposition"], shown["destination"]) == ("answered", "extension s@dialerd-demo")
    assert shown["answered_at"] is not None
    assert ready.agi.wait_for("routed", attempt_id=shown["trial_id"])
    assert ready.attempts() == []
    assert ready.ask(lambda conn: leads.page(conn, campaign=CAMPAIGN, limit=EVERYTHING)) == before
    assert ready.dispositions() == {}
    kept = ready.ask(lambda conn: trials.load_many(conn, [shown["trial_id"]]))[shown["trial_id"]]
    assert (kept.campaign, kept.endpoint, kept.disposition) == (CAMPAIGN, "agent-answers", "answered")


@pytest.mark.parametrize(("phone", "disposition"), [("agent-busy", "busy"), ("agent-rings", "no answer")])
def test_a_trial_that_is_not_answered_says_so(ready, phone, disposition):
    done = attempt(ready, f"PJSIP/{phone}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"the call ended: {disposition}")


def test_a_telephone_that_nobody_knows_is_a_failure_in_words(ready):
    done = attempt(ready, "PJSIP/nobody")
    assert done.stdout.startswith("the call ended: failed no channel")


def test_an_engine_at_work_leaves_a_trial_alone(ready):
    ready.start(agi=False)
    assert json.loads(attempt(ready, "PJSIP/agent-answers", "--json").stdout)["disposition"] == "answered"
    assert ready.attempts() == []


@pytest.mark.parametrize(
    ("to", "code", "words"),
    [
        ("PJSIP/carrier", 1, "is trunk carrier"),
        ("SIP/101", 65, "is no PJSIP endpoint"),
        ("PJSIP/a,b", 65, "is no PJSIP"),
    ],
)
def test_a_trunk_or_what_is_no_telephone_is_refused(ready, to, code, words):
    done = attempt(ready, to)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr


def test_nobody_is_called_while_everything_is_frozen(ready):
    freeze(ready.database, None, configured=[CAMPAIGN], actor="the tests", now=ready.now(), max_send_delay=0.1)
    done = attempt(ready, "PJSIP/agent-answers")
    assert done.returncode == 1
    assert "is frozen by the tests" in done.stderr
