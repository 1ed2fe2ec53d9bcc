"""The log of the attempts: one line for each step of each, always with its `attempt_id` and `state`."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from dialerd.domain.facts import AttemptState, ClaimedLead
from dialerd.service.attempts import EndResult

GIVEN_BACK = "given_back"

log = structlog.get_logger("dialerd.calls")


def say_claimed(leads: Iterable[ClaimedLead]) -> None:
    """These leads are ours and wait in the hopper."""
    for lead in leads:
        log.info(
            "attempt",
            attempt_id=lead.attempt_id,
            state=AttemptState.CLAIMED.value,
            campaign=lead.campaign,
            phone=lead.phone,
        )


def say_reached(attempt_id: str, state: AttemptState) -> None:
    """The attempt is `sending`, `ringing` or `answered`, and that is on disk."""
    log.info("attempt", attempt_id=attempt_id, state=state.value)


def say_given_back(attempt_ids: Iterable[str], why: str) -> None:
    """These claims are undone: nothing was sent, nothing is left of them but this line."""
    for attempt_id in attempt_ids:
        log.info("attempt", attempt_id=attempt_id, state=GIVEN_BACK, reason=why)


def say_ended(result: EndResult) -> None:
    """The attempt's end, as it was written down."""
    log.info(
        "attempt",
        attempt_id=result.attempt_id,
        state=AttemptState.ENDED.value,
        campaign=result.campaign,
        phone=result.phone,
        disposition=str(result.disposition),
        again_at=result.again_at and result.again_at.isoformat(),
        closed=result.closed,
        held=result.held,
    )
