"""An admin's dialplan says what became of its calls, and a changed flag brings their leads back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignAction
from dialerd.lab.lab import Lab
from dialerd.store import evidence, leads
from harness.fixtures import rig_maker
from harness.rig import Rig, numbers

STAYS, HANGS_UP = "201", "200"

AGENT = """
[spoken-for]
exten => sold,1,Set(DIALERD_OK=)
 same => n,AGI(${{DIALERD_AGI}}/disposition?disposition=SALE)
 same => n,Set(FILE({folder}/sold)=${{DIALERD_OK}})
 same => n,Hangup(16)
exten => again,1,AGI(${{DIALERD_AGI}}/callback?minutes=90)
 same => n,Set(FILE({folder}/again)=${{DIALERD_CALLBACK_AT}})
 same => n,Hangup(16)
exten => told,1,GotoIf($["${{DIALERD_ATTR_COLOUR}}" != ""]?second)
 same => n,AGI(${{DIALERD_AGI}}/attr?colour=dark+blue,size=X\\,L)
 same => n,AGI(${{DIALERD_AGI}}/disposition,NOT_NOW)
 same => n,Hangup(16)
 same => n(second),Set(FILE({folder}/told)=${{DIALERD_ATTR_COLOUR}}/${{DIALERD_ATTR_SIZE}})
 same => n,AGI(${{DIALERD_AGI}}/disposition,SALE)
 same => n,Hangup(16)
exten => stranger,1,Set(DIALERD_OK=)
 same => n,Set(DIALERD_ATTEMPT=01890a5d-ac96-774b-bcce-b302099a8057)
 same => n,AGI(${{DIALERD_AGI}}/disposition?disposition=SALE)
 same => n,Set(FILE({folder}/stranger)=${{DIALERD_OK}}/${{AGISTATUS}})
 same => n,Hangup(16)

[spoken-for-late]
exten => s,1,Wait(3600)
exten => h,1,Set(DIALERD_OK=)
 same => n,AGI(${{DIALERD_AGI}}/disposition?disposition=NOT_NOW)
 same => n,Set(FILE({folder}/late)=${{DIALERD_OK}})
"""
NAMES = ("sold", "again", "told", "stranger")
DISPOSITIONS = "[sale]\n[not_now]\nfinal = false\n"


def _add_agent(lab: Lab, folder: Path) -> None:
    conf = lab.asterisk.home / "etc" / "extensions.conf"
    conf.write_text(conf.read_text() + AGENT.format(folder=folder))
    lab.asterisk_rx("dialplan reload")


@pytest.fixture(scope="module")
def notes(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def spoken(lab, notes, tmp_path_factory) -> Iterator[Rig]:
    """One campaign and one lead for each extension, called, and for `told` called again; then everything has ended."""
    _add_agent(lab, notes)
    with rig_maker(tmp_path_factory.mktemp("spoken")) as make_rig:
        rig = make_rig(lab)
        (rig.folder / "dispositions.toml").write_text(DISPOSITIONS)
        rule = {"not_now": {"attempts": 2, "wait": "1s"}}
        for area, name in enumerate(NAMES):
            destination = {"type": "extension", "context": "spoken-for", "exten": name}
            recycle = rule if name == "told" else {}
            rig.write_campaign(name, destination=destination, max_talk_time="5s", max_attempts=2, recycle=recycle)
            rig.seed(numbers(STAYS, area=area), campaign=name)
        rig.write_campaign("late", destination={"type": "extension", "context": "spoken-for-late", "exten": "s"})
        rig.seed(numbers(HANGS_UP, area=len(NAMES)), campaign="late")
        rig.start()
        for name in (*NAMES, "late"):
            rig.act(CampaignAction.START, name)
        calls = {**dict.fromkeys(NAMES, 1), "told": 2, "late": 1}
        for name, count in calls.items():
            rig.wait(lambda name=name, count=count: len(ended(rig, name)) == count, f"the calls of {name} ended", 30)
        rig.wait_for_carrier()
        rig.require_agreement()
        yield rig


def ended(rig: Rig, campaign: str) -> list:
    return [attempt for attempt in rig.attempts(campaign) if attempt.disposition is not None]


def lead(rig: Rig, campaign: str) -> leads.LeadRecord:
    return rig.ask(lambda conn: leads.load(conn, rig.attempts(campaign)[0].lead_id))


def test_the_dialplan_says_what_became_of_the_call(spoken, notes):
    [attempt] = spoken.attempts("sold")
    assert (attempt.disposition, attempt.counts) == ("sale", True)
    assert (notes / "sold").read_text() == "1"
    assert lead(spoken, "sold").closed == "sale is final"


def test_also_in_the_h_extension_when_the_called_party_has_hung_up(spoken, notes):
    [attempt] = spoken.attempts("late")
    assert attempt.disposition == "not_now"
    assert (notes / "late").read_text() == "1"


def test_somebody_who_asks_for_it_is_due_again_then(spoken, notes):
    [attempt] = spoken.attempts("again")
    assert attempt.disposition is Disposition.CALLBACK
    due = lead(spoken, "again").due_at
    assert abs(due - attempt.answered_at - timedelta(minutes=90)) < timedelta(seconds=10)
    assert datetime.strptime((notes / "again").read_text(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) == due.replace(
        microsecond=0
    )


def test_what_one_call_attaches_the_next_one_to_the_lead_has(spoken, notes):
    assert [attempt.disposition for attempt in spoken.attempts("told")] == ["not_now", "sale"]
    assert (notes / "told").read_text() == "dark blue/X,L"


def test_a_channel_that_is_not_the_attempt_is_refused_and_the_dialplan_sees_it(spoken, notes):
    [attempt] = spoken.attempts("stranger")
    assert attempt.disposition is Disposition.ANSWERED
    assert (notes / "stranger").read_text() == "/SUCCESS"
    spoken.agi.wait_for("agi_failed", script="disposition", kind="refused")


def test_every_word_is_kept_as_evidence(spoken):
    [attempt] = spoken.attempts("sold")
    said = spoken.ask(lambda conn: evidence.evidence_of(conn, attempt.attempt_id))
    assert [(row.source, row.facts["disposition"]) for row in said if row.source == "dialplan"] == [
        ("dialplan", "sale")
    ]


def test_a_reload_with_another_flag_brings_the_lead_back_by_its_rule(spoken):
    (spoken.folder / "dispositions.toml").write_text(DISPOSITIONS.replace("[sale]", "[sale]\nfinal = false"))
    destination = {"type": "extension", "context": "spoken-for", "exten": "sold"}
    rule = {"sale": {"attempts": 2, "wait": "1h"}}
    spoken.write_campaign("sold", destination=destination, max_attempts=2, recycle=rule)
    spoken.engine.signal(signal.SIGHUP)
    spoken.wait(lambda: lead(spoken, "sold").due_at, "the lead is due again")
    [attempt] = spoken.attempts("sold")
    assert lead(spoken, "sold").due_at == attempt.ended_at + timedelta(hours=1)
