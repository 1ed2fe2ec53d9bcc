"""A disposition that means do-not-call puts the number on do-not-call, in the transaction that writes it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dnc import Entry, Kind
from dialerd.service.dnc import note, put
from dialerd.settings import Campaign
from dialerd.store.attempts import AttemptRecord
from dialerd.store.database import Connection
from dialerd.store.dispositions import Ended


@dataclass(frozen=True, slots=True)
class SaidNo:
    """Who is not to be called, by `campaign` or (None) by nobody; what says so (call ..., lead ...); the disposition."""

    phone: str
    source: str
    disposition: str
    campaign: str | None = None


def in_call(record: AttemptRecord, disposition: str, campaigns: Mapping[str, Campaign]) -> SaidNo:
    """The called party of this attempt, as far as its campaign lets a no go (`optout_scope`)."""
    return SaidNo(record.phone, f"call {record.attempt_id}", disposition, _scope(record.campaign, campaigns))


def by_flag(ended: Ended, disposition: str, campaigns: Mapping[str, Campaign]) -> SaidNo:
    """A lead whose disposition came to mean do-not-call after its call: as far as that call's campaign lets a no go."""
    return SaidNo(ended.phone, f"lead {ended.lead_id}", disposition, _scope(ended.campaign, campaigns))


def _scope(campaign: str | None, campaigns: Mapping[str, Campaign]) -> str | None:
    found = campaigns.get(campaign or "")
    return None if found is None else found.optout_campaign


def put_on_dnc(conn: Connection, said: Sequence[SaidNo], *, actor: str, now: datetime) -> None:
    """The entries have no end; each has an entry in the audit. Leads that have the numbers, in whatever list, are closed."""
    entries = {
        (no.phone, no.campaign): Entry(
            number=no.phone,
            kind=Kind.EXACT,
            campaign=no.campaign,
            expires_at=None,
            source=no.source,
            reason=str(no.disposition),
            added_at=now,
            added_by=actor,
        )
        for no in said
    }
    put_on = put(conn, list(entries.values()), now)
    for entry, outcome in zip(entries.values(), put_on.outcomes, strict=True):
        note(conn, "dnc.add", entry, actor, now, outcome)
