"""The answer to `route`: where an answered call goes, and what the dialplan may know about its lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.balance import choose, ticket_of
from dialerd.domain.errors import DialerdError, NotFound, Refused
from dialerd.domain.facts import AttemptState, LeadFields
from dialerd.settings import Balanced, Campaign, Single
from dialerd.store import attempts, leads, trials, words
from dialerd.store.attempts import AttemptRecord
from dialerd.store.database import Connection
from dialerd.store.trials import TrialRecord
from dialerd.store.words import NO_ATTRIBUTES, Attribute


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """An attempt whose call was answered at `now`."""

    attempt_id: str
    campaigns: Mapping[str, Campaign]
    now: datetime


@dataclass(frozen=True, slots=True)
class RouteOrder:
    """Where an answered call goes, and what the dialplan may know about the lead: what its list says of it, and
    `attributes`, what was said in its earlier calls. `amd`: listen first whether it is a machine. `optout_key`: the key by
    which the called party of a recording says never again, None for none.
    """

    attempt_id: str
    campaign: str
    destination: Single
    lead: LeadFields
    list_name: str
    number: int
    attributes: Mapping[str, str]
    amd: bool
    optout_key: str | None


def route_each(conn: Connection, requests: Sequence[RouteRequest]) -> list[RouteOrder | DialerdError]:
    """Where each answered call goes; from here its attempt is `answered` and its destination known.

    NotFound for an attempt nobody made, Refused for one that has ended or whose campaign has no configuration.
    """
    records = attempts.load_many(conn, [request.attempt_id for request in requests], lock=True)
    fields = leads.lead_fields_many(conn, [record.lead_id for record in records.values()])
    told = words.attributes_of(conn, [record.lead_id for record in records.values()])
    loads = _Loads(conn)
    unknown = [request.attempt_id for request in requests if request.attempt_id not in records]
    tried = trials.load_many(conn, unknown)
    answers = [
        _trial(conn, request, tried[request.attempt_id], loads)
        if request.attempt_id in tried
        else _answer(request, records.get(request.attempt_id), fields, told, loads)
        for request in requests
    ]
    attempts.mark_routed(
        conn,
        [
            (answer.attempt_id, answer.destination.text, request.now)
            for request, answer in zip(requests, answers, strict=True)
            if isinstance(answer, RouteOrder)
        ],
    )
    return answers


class _Loads:
    """How many calls each destination of a campaign has: as the database knows, and those of this transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._known: dict[str, Counter[str]] = {}

    def destination(self, campaign: Campaign, attempt_id: str) -> Single:
        """Where this call of the campaign goes."""
        if not isinstance(campaign.destination, Balanced):
            return campaign.destination
        loads = self._known.get(campaign.name)
        if loads is None:
            loads = self._known[campaign.name] = Counter(attempts.destinations(self._conn, campaign.name))
        shares = campaign.destination.shares
        place = choose(
            [share.weight for share in shares], [loads[share.to.text] for share in shares], ticket_of(attempt_id)
        )
        chosen = shares[place].to
        loads[chosen.text] += 1
        return chosen


def _trial(conn: Connection, request: RouteRequest, trial: TrialRecord, loads: _Loads) -> RouteOrder | DialerdError:
    """A call to a telephone of one's own goes the same way, and has no lead."""
    campaign = request.campaigns.get(trial.campaign)
    if trial.ended_at is not None:
        return Refused(f"trial {trial.trial_id}: has ended, only a live one is routed")
    if campaign is None:
        return Refused(f"campaign {trial.campaign}: has no configuration file; put it back and reload")
    destination = loads.destination(campaign, trial.trial_id)
    trials.mark_routed(conn, trial.trial_id, destination.text, request.now)
    lead = LeadFields(campaign.caller_id.first)
    amd, key = campaign.amd.enabled, campaign.optout_key
    return RouteOrder(trial.trial_id, trial.campaign, destination, lead, "", 1, {}, amd, key)


def _answer(
    request: RouteRequest,
    record: AttemptRecord | None,
    fields: Mapping[int, LeadFields],
    told: Mapping[int, Mapping[str, Attribute]],
    loads: _Loads,
) -> RouteOrder | DialerdError:
    if record is None:
        return NotFound(f"attempt {request.attempt_id}: not in the database; the call is not ours to route")
    if record.state not in _LIVE:
        return Refused(f"attempt {record.attempt_id}: is {record.state}, only a live one is routed")
    campaign = request.campaigns.get(record.campaign)
    if campaign is None:
        return Refused(f"campaign {record.campaign}: has no configuration file; put it back and reload")
    lead = fields.get(record.lead_id) or LeadFields(record.phone)
    return RouteOrder(
        record.attempt_id,
        record.campaign,
        loads.destination(campaign, record.attempt_id),
        lead,
        record.list_name or "",
        record.number,
        {name: fact.value for name, fact in told.get(record.lead_id, NO_ATTRIBUTES).items()},
        campaign.amd.enabled,
        campaign.optout_key,
    )


_LIVE = (AttemptState.SENDING, AttemptState.RINGING, AttemptState.ANSWERED)
