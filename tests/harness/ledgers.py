"""Attempts and calls of the carrier that nobody made, for those who judge them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.fates import Fate
from dialerd.store.attempts import AttemptRecord

BEGAN = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TO_THE_CARRIER_SECONDS = 0.01


def phone(lead: int) -> str:
    return f"+1202555{lead:04d}"


def attempt(
    lead: int,
    end: Disposition | None,
    *,
    number: int = 1,
    after: float = 0.0,
    state: AttemptState = AttemptState.ENDED,
    sent: bool = True,
) -> AttemptRecord:
    """The lead's attempt of this number, sent so many seconds after `BEGAN`."""
    at = BEGAN + timedelta(seconds=after)
    return AttemptRecord(
        attempt_id=f"{after:08.3f}-{lead:04d}-{number}",
        lead_id=lead,
        list_id=1,
        campaign="demo",
        phone=phone(lead),
        number=number,
        node="test",
        owner="test",
        trunk="carrier",
        caller_id=None,
        state=state,
        disposition=end,
        counts=True,
        claimed_at=at,
        sending_at=at if sent else None,
        ringing_at=None,
        answered_at=None,
        ended_at=None if end is None else at + timedelta(seconds=1),
        sip_code=None,
        cause=None,
        ended_by=None,
        destination=None,
        said=None,
        callback_at=None,
        amd_status=None,
        amd_cause=None,
        detail="",
        list_name="demo",
        lead_attempts=number,
        lead_dials=number,
        lead_disposition=None,
        lead_fresh_after=None,
    )


def call(lead: int, fate: Fate, *, after: float = 0.0) -> CarrierCall:
    """What the carrier wrote about a call that was sent so many seconds after `BEGAN`."""
    time = BEGAN.timestamp() + after + TO_THE_CARRIER_SECONDS
    return CarrierCall(time, phone(lead), f"call-{lead}-{after}", fate.value, None, time + 1, "callee")
