"""agi://.../ended: the call is over, answered or not; Asterisk runs this as the channel's hangup handler.

Takes what Asterisk knows, ends the attempt, and sets DIALERD_OK=1 once that is on disk: in the database, or in the journal
while there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialerd.domain.errors import BadInput
from dialerd.domain.facts import ChannelState, EndFacts, Witness
from dialerd.domain.outcome import parse_tech
from dialerd.service.attempts import Ending, EndRequest
from dialerd.service.replay import ended_report
from dialerd.service.reported_ends import end_reported, log_entry
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession

# The last SIP message comes last: it is the only part that may hold the separator.
QUESTION = (
    "${DIALERD_ATTEMPT}|${HANGUPCAUSE}|${CHANNEL(state)}|${DIALERD_CONNECTED}|${DIALERD_WAITED}|"
    "${HANGUPCAUSE(${CHANNEL(name)},tech)}"
)
# Digits: more would be a clock that was set in mid-call.
_LONGEST = 9
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
    result = context.report(end_reported, request, ended_report(request), attempt_id=attempt_id)
    session.set_variable(OK_VARIABLE, "1")
    if result is not None and result.applied:
        context.metrics.calls.labels(result.campaign, str(result.disposition)).inc()
        context.log.info("attempt", **log_entry(result))


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
    parts = answer.split("|", 5)
    if len(parts) != 6:
        raise BadInput(f"end of a call: Asterisk answered {answer[:80]!a}, not the six values asked for")
    attempt, cause, state, connected, waited, tech = parts
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
            waited_ms=int(waited) if waited.isascii() and waited.isdigit() and len(waited) <= _LONGEST else None,
        ),
    )
