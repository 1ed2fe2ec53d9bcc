"""What a claim takes, puts off and leaves alone is what a plain reading of the rules says, on both databases."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from dialerd.domain.compliance import Cap, Compliance, Rule
from dialerd.domain.dispositions import FLAGS, Disposition
from dialerd.domain.eligibility import CampaignRules, Never, NoUntil, Yes, judge, judge_place, judge_schedule
from dialerd.domain.openings import Openings
from dialerd.store import claims, heads
from dialerd.store.ids import new_attempt_id
from dialerd.store.past import LookBack
from dialerd.store.tables import attempts, leads, lists
from harness.book import may_call
from harness.cases import KEYS, Cases
from harness.world import CAMPAIGN, NOW, claim_request, lead, phones

MICROSECOND, SECOND = timedelta(microseconds=1), timedelta(seconds=1)
LEADS = 1200
CAMPAIGNS = 8


class EnoughError(Exception):
    """The transaction has told what it would do, and is taken back."""


def fill(world, cases, now):
    """A list of leads in all places, most of them dialed before, with one past per number."""
    numbers = phones(LEADS)
    keys = [KEYS[place % len(KEYS)] for place in range(LEADS)]
    list_id = world.add_list([lead(number, zone=key) for number, key in zip(numbers, keys, strict=True)])
    states = {}
    with world.database.write() as conn:
        conn.execute(lists.update().values(campaign=CAMPAIGN))
        for row in conn.execute(select(leads.c.id, leads.c.phone, leads.c.zone)).all():
            state = replace(
                cases.lead(now), zone=row.zone, due_at=now, busy=False, live=True, stopped_by=None, refused=None
            )
            flags = FLAGS[Disposition(state.disposition)]
            past = [dial for dial in state.dialed if dial.outcome is not None and dial.outcome in FLAGS]
            past = [replace(dial, contacted=FLAGS[Disposition(dial.outcome)].contacted) for dial in past]
            states[row.phone] = replace(state, dialed=past)
            values = {"disposition": state.disposition, "attempts": state.attempts, "contacted": flags.contacted}
            conn.execute(leads.update().where(leads.c.id == row.id).values(**values, due_at=now))
            if past:
                conn.execute(insert(attempts), [attempt(row, list_id, n, dial) for n, dial in enumerate(past, 1)])
    return states


def attempt(row, list_id, number, dial):
    return {
        "id": new_attempt_id(dial.at),
        "lead_id": row.id,
        "list_id": list_id,
        "campaign": dial.campaign,
        "phone": row.phone,
        "number": number,
        "node": "n",
        "owner": "o",
        "trunk": "t",
        "state": "ended",
        "disposition": dial.outcome,
        "counts": dial.rang,
        "due_at": dial.at,
        "claimed_at": dial.at - SECOND,
        "sending_at": dial.at,
        "ended_at": dial.ended_at,
    }


def claim_all(world, rules, now):
    """The numbers a claim of everything takes, and all leads as it leaves them; nothing of it stays."""
    openings, back = Openings(rules), LookBack(rules.compliance.look_back)
    told = {}
    with suppress(EnoughError), world.database.write() as conn:
        taken = claims.claim(
            conn,
            claim_request(limit=LEADS + 1),
            lambda candidate: judge(candidate, rules, now),
            now,
            open_among=lambda keys: openings.open_among(keys, now),
            back=back,
        )
        told["taken"] = {found.phone for found in taken}
        told["leads"] = {row.phone: row for row in conn.execute(select(leads))}
        raise EnoughError
    return told["taken"], told["leads"]


@pytest.mark.parametrize("seed", [1, 2])
def test_claims_agree_with_a_plain_reading_of_the_rules(world, seed):
    cases = Cases(seed)
    now = cases.instant()
    states = fill(world, cases, now)
    takes = 0
    for _ in range(CAMPAIGNS):
        rules = cases.rules()
        while not isinstance(judge_schedule(rules, now), Yes):
            rules = cases.rules()
        taken, after = claim_all(world, rules, now)
        allowed = {phone for phone, state in states.items() if may_call(state, rules, now)}
        assert taken == allowed
        takes += len(taken)
        for phone, state in states.items():
            row = after[phone]
            if phone in taken:
                continue
            if not isinstance(judge_place(state.zone, rules, now), Yes):
                assert (row.due_at, row.closed) == (now, None), "what is closed costs nothing and keeps its place"
                continue
            verdict = judge(state, rules, now)
            if isinstance(verdict, NoUntil):
                assert (row.due_at, row.closed) == (max(verdict.at, now + SECOND), None)
            else:
                assert isinstance(verdict, Never)
                assert (row.due_at, row.closed) == (None, verdict.reason)
    assert takes > LEADS / 20


def test_at_the_instant_a_cap_ends_the_lead_is_taken_and_not_before(world):
    cases = Cases(7)
    now = cases.instant()
    states = fill(world, cases, now)
    cap = Rule(caps=(Cap(2, timedelta(days=1)), Cap(4, timedelta(days=7))))
    rules = CampaignRules(9, ZoneInfo("UTC"), compliance=Compliance(own=cap), name=CAMPAIGN)
    waits = sorted(
        verdict.at
        for state in states.values()
        if isinstance(verdict := judge(state, rules, now), NoUntil) and verdict.wait == "cap"
    )
    assert len(waits) > 20
    for at in (waits[0], waits[-1]):
        for instant in (at - MICROSECOND, at):
            taken, _after = claim_all(world, rules, instant)
            assert taken == {phone for phone, state in states.items() if may_call(state, rules, instant)}


@pytest.mark.parametrize("seed", [3, 4])
def test_whoever_asks_why_is_told_what_the_claim_does(world, seed):
    cases = Cases(seed)
    now = cases.instant()
    fill(world, cases, now)
    taken = set()
    while not taken:
        rules = cases.rules()
        if isinstance(judge_schedule(rules, now), Yes):
            taken, _ = claim_all(world, rules, now)
    back = LookBack(rules.compliance.look_back)
    with world.database.read() as conn:
        ids = dict(conn.execute(select(leads.c.phone, leads.c.id)).all())
        asked = {phone: heads.standing(conn, CAMPAIGN, lead_id, back, now) for phone, lead_id in ids.items()}
    assert {phone for phone, state in asked.items() if isinstance(judge(state, rules, now), Yes)} == taken


def test_nobody_knows_why_of_a_lead_that_is_not_there(world):
    assert world.read(lambda conn: heads.standing(conn, CAMPAIGN, 1, LookBack(timedelta()), NOW)) is None
