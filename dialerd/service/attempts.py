"""What becomes of an attempt: the one final write, with the lead's next due time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from dialerd.domain.dispositions import SYSTEM, Catalogue, Disposition, Flags
from dialerd.domain.eligibility import Wait
from dialerd.domain.errors import NotFound
from dialerd.domain.facts import EndFacts, Witness
from dialerd.domain.outcome import Outcome, classify
from dialerd.domain.recycle import Again, Exhausted, History, Never, decide
from dialerd.domain.signs import FORGIVEN, Sign, forgiven
from dialerd.service.said_no import in_call, put_on_dnc
from dialerd.service.trunk_words import sign_in
from dialerd.settings import Campaign
from dialerd.store import attempts, breakers, leads
from dialerd.store.attempts import AttemptRecord, End, EvidenceRow, LeadHistory
from dialerd.store.database import Connection
from dialerd.store.leads import AfterAttempt

_NO_PAST = LeadHistory({}, 0)

Blames = Callable[[tuple[str, str]], Sign | None]
"""What the trunk of a node is blamed for now, by node and trunk."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """This process lacks the campaign's file; one that has it decides when it comes to the lead (late_decisions)."""

    reason: str


Decided = Again | Exhausted | Never | Undecided


@dataclass(frozen=True, slots=True)
class Ending:
    """One witness's word on the end of one attempt."""

    attempt_id: str
    facts: EndFacts
    witness: Witness


@dataclass(frozen=True, slots=True)
class EndRequest:
    """An ending that was told at `now`, and the configuration that decides about its lead."""

    ending: Ending
    campaigns: Mapping[str, Campaign]
    now: datetime


@dataclass(frozen=True, slots=True)
class EndResult:
    """`applied` is False when the attempt had ended before; then the disposition is the one that stands.

    `again_at` is when the lead comes back; `closed` is why it does not; `held` is why nobody could say here. `sign` is what
    the ending says of the trunk.
    """

    attempt_id: str
    campaign: str
    phone: str
    disposition: str
    applied: bool
    again_at: datetime | None = None
    closed: str | None = None
    held: str | None = None
    sign: Sign | None = None
    detail: str = ""


def end(conn: Connection, ending: Ending, campaigns: Mapping[str, Campaign], now: datetime) -> EndResult:
    """End one attempt: evidence kept, disposition written once, the lead given its next due time or closed.

    Raises NotFound for an attempt nobody made.
    """
    (result,) = end_each(conn, [EndRequest(ending, campaigns, now)])
    if isinstance(result, NotFound):
        raise result
    return result


def end_many(
    conn: Connection, endings: Sequence[Ending], campaigns: Mapping[str, Campaign], now: datetime
) -> list[EndResult]:
    """`end` for several attempts in one transaction, in order; one that nobody made is left out."""
    results = end_each(conn, [EndRequest(ending, campaigns, now) for ending in endings])
    return [result for result in results if isinstance(result, EndResult)]


def end_each(conn: Connection, requests: Sequence[EndRequest]) -> list[EndResult | NotFound]:
    """`end` for each in one transaction, in order; NotFound in the place of one that nobody made."""
    results: dict[int, EndResult | NotFound] = {}
    waiting = dict(enumerate(requests))
    blames = _blames(conn)
    # Two words on one lead are heard one after the other: the second finds what the first has written.
    while waiting:
        records = attempts.load_many(conn, [request.ending.attempt_id for request in waiting.values()], lock=True)
        cases: dict[int, _Case] = {}
        for place, request in waiting.items():
            record = records.get(request.ending.attempt_id)
            if record is None:
                results[place] = _not_found(request.ending.attempt_id)
            else:
                cases.setdefault(record.lead_id, _Case(place, request, record, blames))
        results |= _end_cases(conn, list(cases.values()))
        waiting = {place: request for place, request in waiting.items() if place not in results}
    return [results[place] for place in range(len(requests))]


class _Case:
    """One ending, what is known of its attempt, and what the two amount to while these trunks are blamed."""

    def __init__(self, place: int, request: EndRequest, record: AttemptRecord, blames: Blames) -> None:
        self.place = place
        self.request = request
        self.record = record
        self.sign = sign_in(record, request.ending.facts, request.ending.witness)
        blame = blames((record.node, record.trunk)) if self.sign in FORGIVEN else None
        self.outcome = self._kept(forgiven(_outcome(record, request.ending.facts), self.sign, blame))
        was_unknown = record.disposition == Disposition.UNKNOWN
        self.applies = record.disposition is None or (
            was_unknown and self.outcome.disposition is not Disposition.UNKNOWN
        )
        # How many attempts the lead has used, this one included; what an unknown end counted is taken back.
        self.used = (record.lead_attempts or 0) + self.outcome.counts - (record.counts if was_unknown else 0)
        # Without a lead (deleted, or made fresh again since) the attempt is history and nothing else.
        self.has_lead = record.lead_attempts is not None and record.number > (record.lead_fresh_after or 0)
        self.is_old = was_unknown and record.number != record.lead_dials

    def _kept(self, outcome: Outcome) -> Outcome:
        """What the dialplan said of the call while it was up stands: whoever talked to the person knows better."""
        said = self.record.said
        if said is None:
            return outcome
        return Outcome(said, self.dispositions[said].counts, outcome.detail)

    @property
    def dispositions(self) -> Catalogue:
        """Those of its campaign; without one the system's."""
        campaign = self.request.campaigns.get(self.record.campaign)
        return campaign.dispositions if campaign else SYSTEM

    @property
    def flags(self) -> Flags:
        """What its disposition means."""
        return self.dispositions[self.outcome.disposition]

    @property
    def says_no(self) -> bool:
        """Its number goes on do-not-call by this end. What the dialplan said has put it there, and DO_NOT_CALL means that
        it was.
        """
        disposition = self.outcome.disposition
        return self.flags.do_not_call and self.record.said is None and disposition != Disposition.DO_NOT_CALL

    @property
    def asked(self) -> datetime | None:
        """When the called party wants to be called again."""
        return self.record.callback_at if self.outcome.disposition == Disposition.CALLBACK else None

    def end(self) -> End:
        """The attempt's end as it is written."""
        return End(
            attempt_id=self.record.attempt_id,
            disposition=self.outcome.disposition,
            counts=self.outcome.counts,
            facts=self.request.ending.facts,
            ended_by=self.request.ending.witness,
            detail=self.outcome.detail,
            ended_at=self.record.ended_at or self.request.now,
        )

    def result(self, verdict: Decided | None = None) -> EndResult:
        """What is told about it; `verdict` is about the lead, when anything was decided about it."""
        record = self.record
        return EndResult(
            record.attempt_id,
            record.campaign,
            record.phone,
            self.outcome.disposition if self.applies else record.disposition or self.outcome.disposition,
            applied=self.applies,
            again_at=verdict.at if isinstance(verdict, Again) else None,
            closed=verdict.reason if isinstance(verdict, Exhausted | Never) else None,
            held=verdict.reason if isinstance(verdict, Undecided) else None,
            sign=self.sign,
            detail=self.outcome.detail,
        )


def _end_cases(conn: Connection, cases: Sequence[_Case]) -> dict[int, EndResult | NotFound]:
    """Cases of different leads; their results by place."""
    applied = [case for case in cases if case.applies]
    attempts.write_ends(conn, [case.end() for case in applied])
    late = [(case.record.attempt_id, case.request.ending.facts.waited_ms) for case in cases if not case.applies]
    attempts.keep_waited(conn, [(attempt_id, waited) for attempt_id, waited in late if waited is not None])
    deciding = [case for case in applied if case.has_lead and not case.is_old]
    for case in applied:
        if case not in deciding:
            _note(conn, case)
    verdicts = _decide(conn, deciding)
    said_no = [case for case in applied if case.says_no]
    if said_no:
        _put_on_dnc(conn, said_no)
    attempts.add_evidence(conn, [_evidence(case.request) for case in cases])
    return {case.place: case.result(verdicts.get(case.place)) for case in cases}


def _put_on_dnc(conn: Connection, cases: Sequence[_Case]) -> None:
    said = [in_call(case.record, case.outcome.disposition, case.request.campaigns) for case in cases]
    put_on_dnc(conn, said, actor=cases[0].request.ending.witness.value, now=cases[0].request.now)


def _note(conn: Connection, case: _Case) -> None:
    """An end that decides nothing about the lead's next call still counts, and may have reached a person."""
    if case.has_lead:
        leads.set_attempts(conn, case.record.lead_id, case.used)
    if case.flags.contacted:
        leads.mark_contacted(conn, case.record.lead_id)


def _decide(conn: Connection, cases: Sequence[_Case]) -> dict[int, Decided]:
    """Gives each case's lead its next due time, or closes it."""
    # What is final is so whatever came before.
    asked = [case.record.lead_id for case in cases if not case.flags.over]
    pasts = attempts.histories(conn, asked)
    verdicts = {case.place: _verdict(case, pasts.get(case.record.lead_id, _NO_PAST)) for case in cases}
    leads.set_after_attempts(conn, [_after(case, verdicts[case.place]) for case in cases])
    return verdicts


def _verdict(case: _Case, past: LeadHistory) -> Decided:
    campaign, disposition = case.request.campaigns.get(case.record.campaign), case.outcome.disposition
    if campaign is None and case.flags.over:
        return Never(f"{disposition} is {case.flags.over}")
    if campaign is None:
        return Undecided(f"campaign {case.record.campaign}: this process has no file of it; put it there and reload")
    history = History(
        attempts=case.used,
        same=past.ended.get(disposition, 0),
        uncounted=past.uncounted,
        asked=case.asked,
        began=case.record.sending_at,
    )
    return decide(campaign.plan, disposition, history, case.request.now, case.record.lead_zone)


def _after(case: _Case, verdict: Decided) -> AfterAttempt:
    due_at = verdict.at if isinstance(verdict, Again) else None
    undecided = isinstance(verdict, Undecided)
    return AfterAttempt(
        case.record.lead_id,
        disposition=case.outcome.disposition,
        attempts=case.used,
        # At once: it is looked at by the next claim for its campaign, which only an engine that has the file makes.
        due_at=case.request.now if undecided else due_at,
        closed=verdict.reason if isinstance(verdict, Exhausted | Never) else None,
        last_attempt_at=case.record.sending_at or case.record.claimed_at,
        contacted=case.flags.contacted,
        waits_for=Wait.DECISION if undecided else None,
    )


def _outcome(record: AttemptRecord, facts: EndFacts) -> Outcome:
    """Classify with what the attempt itself remembers: that it was answered, and whether it was given a destination."""
    answered = facts.answered or (record.answered_at is not None) or None
    connected = facts.connected if facts.connected is not None else record.destination is not None
    return classify(replace(facts, answered=answered or facts.answered, connected=connected))


def _blames(conn: Connection) -> Blames:
    """Asks the database once, and only if anybody asks."""
    known: dict[tuple[str, str], Sign] | None = None

    def blame(of: tuple[str, str]) -> Sign | None:
        nonlocal known
        known = breakers.blames(conn) if known is None else known
        return known.get(of)

    return blame


def _evidence(request: EndRequest) -> EvidenceRow:
    ending = request.ending
    facts = {field.name: getattr(ending.facts, field.name) for field in fields(ending.facts)}
    said = {name: value for name, value in facts.items() if value not in (None, "")}
    return EvidenceRow(ending.attempt_id, ending.witness.value, request.now, said)


def _not_found(attempt_id: str) -> NotFound:
    return NotFound(f"attempt {attempt_id}: not in the database; nothing is written about it")
