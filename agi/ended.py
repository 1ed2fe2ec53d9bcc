"""agi://.../ended: the call is over, answered or not; Asterisk runs this as the channel's hangup handler.

Takes what Asterisk knows, ends the attempt, and sets DIALERD_OK=1 once that is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dialerd.domain.errors import BadInput, NotFound
from dialerd.domain.facts import ChannelState, EndFacts, OriginateFault, Witness
from dialerd.domain.outcome import parse_tech
from dialerd.service import trials
from dialerd.service.attempts import Ending, EndRequest, EndResult, end_each
from dialerd.store import attempts
from dialerd.store.database import Connection
from dialerd.store.trials import TrialRecord, load_many
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession

# The last SIP message comes last: it is the only part that may hold the separator.
QUESTION = (
    "${DIALERD_ATTEMPT}|${HANGUPCAUSE}|${CHANNEL(state)}|${DIALERD_CONNECTED}|${HANGUPCAUSE(${CHANNEL(name)},tech)}"
)
NO_CAUSE = 0
TIMEOUT_CAUSE = 19
# A timer that fires early by less than this has still fired.
TIMER_SLACK = timedelta(seconds=0.5)
_STATES = {state.value: state for state in ChannelState}


@dataclass(frozen=True, slots=True)
class Report:
    """What the channel says about its end. `attempt` is its claim, to be checked."""

    attempt: str
    facts: EndFacts


def run(session: AgiSession, context: AgiContext) -> None:
    """End the attempt. Raises Refused for a channel that is not the attempt's, NotFound for one nobody made."""
    report = read(told(session.env) or session.get_full_variable(QUESTION))
    attempt_id = own_attempt(session, report.attempt)
    ending = Ending(attempt_id, report.facts, Witness.AGI)
    request = EndRequest(ending, context.settings().campaigns, context.now())
    result = context.commit_item(end_reported, request, attempt_id=attempt_id)
    session.set_variable(OK_VARIABLE, "1")
    if result.applied:
        context.metrics.calls.labels(result.campaign, str(result.disposition)).inc()
        context.log.info(
            "attempt",
            attempt_id=attempt_id,
            state="ended",
            campaign=result.campaign,
            phone=result.phone,
            disposition=str(result.disposition),
            again_at=result.again_at and result.again_at.isoformat(),
            closed=result.closed,
            held=result.held,
        )


def end_reported(conn: Connection, requests: Sequence[EndRequest]) -> list[EndResult | NotFound]:
    """service.attempts.end_each, with our own ring timeout recognised in each; trials end as trials."""
    told_of = [judged(conn, request) for request in requests]
    results = end_each(conn, told_of)
    unknown = [request.ending.attempt_id for request, result in zip(told_of, results, strict=True) if not_ours(result)]
    tried = load_many(conn, unknown)
    return [
        end_trial(conn, tried[request.ending.attempt_id], request) if request.ending.attempt_id in tried else result
        for request, result in zip(told_of, results, strict=True)
    ]


def not_ours(result: EndResult | NotFound) -> bool:
    """No attempt has this id."""
    return isinstance(result, NotFound)


def end_trial(conn: Connection, trial: TrialRecord, request: EndRequest) -> EndResult:
    """The end of a call to a telephone of one's own; nothing else hears of it."""
    disposition = trials.end(conn, trial, request.ending.facts, request.now)
    return EndResult(trial.trial_id, trial.campaign, "", disposition, applied=False)


def told(env: Mapping[str, str]) -> str:
    """The answer to QUESTION as the dialplan hands it over, which saves asking; '' when it does not.

    Asterisk takes arguments apart at commas, and a SIP message may have some.
    """
    parts: list[str] = []
    while (part := env.get(f"agi_arg_{len(parts) + 1}")) is not None:
        parts.append(part)
    return ",".join(parts)


def read(answer: str) -> Report:
    """The answer to QUESTION. Raises BadInput when it is none."""
    parts = answer.split("|", 4)
    if len(parts) != 5:
        raise BadInput(f"end of a call: Asterisk answered {answer[:80]!a}, not the five values asked for")
    attempt, cause, state, connected, tech = parts
    sip = parse_tech(tech)
    channel_state = _STATES.get(state)
    return Report(
        attempt,
        EndFacts(
            sip_code=sip[0] if sip else None,
            sip_text=sip[1] if sip else None,
            cause=int(cause) if cause.isascii() and cause.isdigit() else None,
            channel_state=channel_state,
            answered=channel_state is ChannelState.UP if channel_state else None,
            connected={"1": True, "0": False}.get(connected),
        ),
    )


def judged(conn: Connection, request: EndRequest) -> EndRequest:
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
