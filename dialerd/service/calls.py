"""Attempts as people look at them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dialerd.domain.allowed import EVERY_NUMBER
from dialerd.domain.errors import BadInput
from dialerd.domain.phone import BadPhone, PhonePolicy, read_phone
from dialerd.service.names import require_campaign
from dialerd.store import attempts
from dialerd.store.attempts import AttemptRecord
from dialerd.store.database import Database


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which attempts are wanted; None and False mean any. `phone` is a number with its country code, however spelled."""

    campaign: str | None = None
    phone: str | None = None
    lead_id: int | None = None
    disposition: str | None = None
    open_only: bool = False


def calls(
    database: Database, wanted: CallFilter, *, configured: Collection[str], limit: int = 50, before: str | None = None
) -> list[AttemptRecord]:
    """Attempts, the newest first, at most `limit`; `before` is the last id of the page before.

    Raises NotFound for a campaign nobody knows, BadInput for a number that is none.
    """
    phone = _e164(wanted.phone) if wanted.phone is not None else None
    with database.read() as conn:
        if wanted.campaign is not None:
            require_campaign(conn, wanted.campaign, configured)
        return attempts.page(
            conn,
            campaign=wanted.campaign,
            lead_id=wanted.lead_id,
            phone=phone,
            disposition=wanted.disposition,
            open_only=wanted.open_only,
            limit=limit,
            before=before,
        )


def _e164(text: str) -> str:
    phone = read_phone(text, PhonePolicy.CLEAN, None, EVERY_NUMBER)
    if isinstance(phone, BadPhone):
        raise BadInput(f"number {text!r}: {phone.reason}; write it like +12025550143")
    return phone.e164
