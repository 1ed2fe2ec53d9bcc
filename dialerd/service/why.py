"""Why a lead is dialed or not: everything that is asked before a call, in order, each with its answer.

The gates are those of the claim, asked of the same facts; before them stands what holds for all leads of a campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.abandon import brake
from dialerd.domain.allowed import EVERY_NUMBER
from dialerd.domain.breaker import Phase
from dialerd.domain.eligibility import Never, NoUntil, Verdict, judge
from dialerd.domain.errors import BadInput, NotFound
from dialerd.domain.lifecycle import CampaignState
from dialerd.domain.phone import BadPhone, PhonePolicy, read_phone
from dialerd.domain.rules import LeadState
from dialerd.domain.verdicts import YES
from dialerd.domain.ways import Traffic, Way, explain_ways
from dialerd.domain.why import Answer, Says, answer_of, answers
from dialerd.service import registries
from dialerd.service.abandoning import meters
from dialerd.service.status import engine_problem, frozen_words, resting_words
from dialerd.settings import Campaign, Settings
from dialerd.store import attempts, breakers, campaigns, freezes, heads, lead_search, leads, lists, nodes, reports
from dialerd.store.database import Connection, Database
from dialerd.store.lead_search import Narrowing
from dialerd.store.leads import LeadRecord
from dialerd.store.past import LookBack

_MOST_LISTS = 100
REGISTRY = "do-not-call registry"
_CAMPAIGN_GATES = ("list", "campaign", "engine", REGISTRY)
_WINDOW = timedelta(seconds=100)  # of the slowest pace there can be


@dataclass(frozen=True, slots=True)
class LeadWhy:
    """One lead and its answers. `dialable`: nothing stands in the way. Else `reason` is the first thing that does, and
    `at` the instant at which all that waits is over, None when somebody has to change something; then `reason` is rather
    about the lead than about its campaign.
    """

    lead: LeadRecord
    campaign: str | None
    dialable: bool
    reason: str
    at: datetime | None
    gates: tuple[Answer, ...]


def of_number(database: Database, number: str, settings: Settings, *, now: datetime) -> tuple[LeadWhy, ...]:
    """About the number in each list that has it. Raises BadInput for what is no number, NotFound when no list has it."""
    phone = read_phone(number.strip(), PhonePolicy.CLEAN, None, EVERY_NUMBER)
    if isinstance(phone, BadPhone):
        raise BadInput(f"number {number[:40]!r}: {phone.reason}; write it like +12025550143, or give --lead ID")
    with database.snapshot() as conn:
        found = lead_search.by_number(conn, phone.e164, Narrowing(), _MOST_LISTS).leads
        exact = [lead for lead in found if lead.phone == phone.e164]
        if not exact:
            raise NotFound(f"number {phone.e164}: is in no list, so nobody dials it; dialerd lead find shows who is")
        return tuple(_why(conn, lead, settings, now) for lead in exact)


def of_lead(database: Database, lead_id: int, settings: Settings, *, now: datetime) -> LeadWhy:
    """About one lead. Raises NotFound."""
    with database.snapshot() as conn:
        lead = leads.load(conn, lead_id)
        if lead is None:
            raise NotFound(f"lead {lead_id} does not exist; dialerd lead find NUMBER (with its plus sign) shows ids")
        return _why(conn, lead, settings, now)


def _why(conn: Connection, lead: LeadRecord, settings: Settings, now: datetime) -> LeadWhy:
    record = lists.by_id(conn, lead.list_id)
    name = record.campaign if record is not None else None
    campaign = settings.campaigns.get(name or "")
    gates = [answer_of(gate, verdict) for gate, verdict in _before(conn, lead, name, campaign)]
    if record is not None and record.archived_at is not None:
        gates.insert(
            0, answer_of("list", Never(f"list {record.name} is archived: dialerd list unarchive {record.name}"))
        )
    if campaign is not None:
        gates.append(answer_of(REGISTRY, *registries.judged(conn, campaign, now)))
    verdict: Verdict = YES
    if campaign is not None and (state := _state(conn, campaign, lead, now)) is not None:
        gates += answers(state, campaign.rules, now)
        verdict = judge(state, campaign.rules, now)
        gates += [answer_of(gate, said) for gate, said in explain_ways(_traffic(conn, campaign, settings, now), now)]
    return _summed_up(lead, name, gates, verdict)


def _summed_up(lead: LeadRecord, campaign: str | None, gates: Sequence[Answer], verdict: Verdict) -> LeadWhy:
    nevers = [gate for gate in gates if gate.says is Says.NEVER]
    if nevers:
        # What is over for the lead stays so when the campaign dials again.
        first = next((gate for gate in nevers if gate.gate not in _CAMPAIGN_GATES), nevers[0])
        return LeadWhy(lead, campaign, False, first.reason, None, tuple(gates))
    if isinstance(verdict, Never):
        # Each gate opens some time, but no instant has all of them open.
        return LeadWhy(lead, campaign, False, verdict.reason, None, tuple(gates))
    waits = [gate for gate in gates if gate.says is Says.NO_UNTIL]
    ends = [gate.changes_at for gate in waits if gate.changes_at is not None]
    if isinstance(verdict, NoUntil):
        ends.append(verdict.at)
    return LeadWhy(lead, campaign, not waits, waits[0].reason if waits else "", max(ends, default=None), tuple(gates))


def _state(conn: Connection, campaign: Campaign, lead: LeadRecord, now: datetime) -> LeadState | None:
    back = LookBack(campaign.compliance.look_back, campaign.dispositions)
    return heads.standing(conn, campaign.name, lead.lead_id, back, now)


def _before(
    conn: Connection, lead: LeadRecord, name: str | None, campaign: Campaign | None
) -> Iterator[tuple[str, Verdict]]:
    """What is asked of the list, the campaign, the engines and the lead's own row."""
    if name is None:
        yield "campaign", Never(f"list {lead.list_name} has none: dialerd campaign assign CAMPAIGN {lead.list_name}")
    else:
        yield "campaign", _campaign_dials(conn, name, campaign)
        problem = engine_problem(nodes.all(conn))
        yield "engine", Never(problem) if problem else YES
    yield "open", Never(f"closed: {lead.closed}") if lead.closed is not None else YES


def _campaign_dials(conn: Connection, name: str, campaign: Campaign | None) -> Verdict:
    if campaign is None:
        return Never(f"the configuration file of campaign {name} is gone; put it back and reload")
    frozen = frozen_words(name, freezes.all(conn))
    if frozen:
        return Never(frozen)
    record = campaigns.get(conn, name)
    state = record.state if record is not None else CampaignState.DRAFT
    if state is CampaignState.ACTIVE:
        return YES
    words = resting_words(name, state, record.stop_reason if record is not None else None, [name])
    return Never(f"campaign {name} is {state}: {words}")


def _traffic(conn: Connection, campaign: Campaign, settings: Settings, now: datetime) -> Traffic:
    """What goes on in the campaign over all engines."""
    opened = attempts.open_counts(conn)
    failing = {record.trunk: record for record in breakers.all(conn) if record.phase is not Phase.CLOSED}
    ways = [
        Way(
            trunk,
            opened.trunks.get(trunk, 0),
            settings.trunks[trunk].max_calls,
            failing[trunk].reason if trunk in failing else "",
            failing[trunk].next_probe_at if trunk in failing else None,
        )
        for trunk in campaign.trunks
        if trunk in settings.trunks
    ]
    return Traffic(
        ways=ways,
        calls=opened.campaigns.get(campaign.name, 0),
        max_calls=campaign.max_calls,
        calls_per_second=campaign.calls_per_second,
        sent=reports.sent_since(conn, now - _WINDOW, campaign.name),
        brake=brake(meters(conn, campaign, now)),
    )
