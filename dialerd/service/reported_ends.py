"""The end of a call as its channel reports it: our own ring timeout is recognised, and trials end as trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dialerd.domain.errors import NotFound
from dialerd.domain.facts import AttemptState, OriginateFault
from dialerd.service import trials
from dialerd.service.attempts import EndRequest, EndResult, end_each
from dialerd.store import attempts
from dialerd.store.database import Connection
from dialerd.store.trials import TrialRecord, load_many

NO_CAUSE = 0
TIMEOUT_CAUSE = 19
# A timer that fires early by less than this has still fired.
TIMER_SLACK = timedelta(seconds=0.5)


def end_reported(conn: Connection, requests: Sequence[EndRequest]) -> list[EndResult | NotFound]:
    """service.attempts.end_each, with our own ring timeout recognised in each; trials end as trials."""
    told_of = [_judged(conn, request) for request in requests]
    results = end_each(conn, told_of)
    unknown = [request.ending.attempt_id for request, result in zip(told_of, results, strict=True) if _not_ours(result)]
    tried = load_many(conn, unknown)
    return [
        _end_trial(conn, tried[request.ending.attempt_id], request) if request.ending.attempt_id in tried else result
        for request, result in zip(told_of, results, strict=True)
    ]


def _not_ours(result: EndResult | NotFound) -> bool:
    """No attempt has this id."""
    return isinstance(result, NotFound)


def _end_trial(conn: Connection, trial: TrialRecord, request: EndRequest) -> EndResult:
    """The end of a call to a telephone of one's own; nothing else hears of it."""
    disposition = trials.end(conn, trial, request.ending.facts, request.now)
    return EndResult(trial.trial_id, trial.campaign, "", disposition, applied=False)


def _judged(conn: Connection, request: EndRequest) -> EndRequest:
    """The request with our own ring timeout recognised: nobody answered, no final SIP message, and cause 19.

    Asterisk before 20.18 and 22.8 gives cause 0, as every one does when it is stopped in mid-call; then only the time
    that has gone by since the call was sent tells, and a call that was cut short is lost to us.
    """
    facts = request.ending.facts
    final = facts.sip_code is not None and facts.sip_code >= 200
    if facts.answered or final or facts.cause not in (NO_CAUSE, TIMEOUT_CAUSE):
        return request
    rang_out = True if facts.cause == TIMEOUT_CAUSE else _rang_out(conn, request)
    if rang_out is None:
        return request
    if rang_out:
        facts = replace(facts, ring_timed_out=True)
    else:
        facts = replace(facts, fault=OriginateFault.LOST, detail="interrupted")
    return replace(request, ending=replace(request.ending, facts=facts))


def _rang_out(conn: Connection, request: EndRequest) -> bool | None:
    """Whether it rang for as long as it might; None when that is not known."""
    record = attempts.load(conn, request.ending.attempt_id)
    campaign = request.campaigns.get(record.campaign) if record else None
    if record is None or record.sending_at is None or campaign is None:
        return None
    return request.now - record.sending_at >= timedelta(seconds=campaign.ring_timeout) - TIMER_SLACK


def log_entry(result: EndResult) -> dict[str, Any]:
    """The fields of the log's line about the end."""
    return {
        "attempt_id": result.attempt_id,
        "state": AttemptState.ENDED.value,
        "campaign": result.campaign,
        "phone": result.phone,
        "disposition": str(result.disposition),
        "again_at": result.again_at and result.again_at.isoformat(),
        "closed": result.closed,
        "held": result.held,
    }
