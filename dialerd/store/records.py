"""An attempt as it is read: one row of the ledger, joined with its lead and its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from dialerd.domain.dispositions import known
from dialerd.domain.facts import AttemptState
from dialerd.store.tables import attempts, leads, lists


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """An attempt with what its lead's row says now. `number` is 1 for the lead's first attempt; `counts` says whether it
    used up one of the lead's attempts; `said` is what the dialplan called it while it was up, and `callback_at` when the called
    party asked to be called again. `list_name` and the `lead_` values are None when the lead was deleted. Attempts
    up to `lead_fresh_after` were made before the lead was last made fresh. `place` is the zone key by which the gates let it
    be sent at `sending_at`, and `rules` what they went by: the compliance profiles of that moment with their dates.
    `waited_ms` are the milliseconds from the answer until the person was connected, or to the end; None where nobody has
    said.
    """

    attempt_id: str
    lead_id: int
    list_id: int
    campaign: str
    phone: str
    number: int
    node: str
    owner: str
    trunk: str
    caller_id: str | None
    state: AttemptState
    disposition: str | None
    counts: bool
    claimed_at: datetime
    sending_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    sip_code: int | None
    cause: int | None
    ended_by: str | None
    destination: str | None
    said: str | None
    callback_at: datetime | None
    amd_status: str | None
    amd_cause: str | None
    detail: str
    list_name: str | None
    lead_attempts: int | None
    lead_dials: int | None
    lead_disposition: str | None
    lead_fresh_after: int | None
    lead_zone: str | None = None
    place: str | None = None
    rules: str = ""
    waited_ms: int | None = None


def read_record(row: Any) -> AttemptRecord:
    """A row of RECORDS as a value."""
    values: list[Any] = list(row)
    values[_STATE] = AttemptState(values[_STATE])
    if values[_DISPOSITION] is not None:
        values[_DISPOSITION] = known(values[_DISPOSITION])
    if values[_SAID] is not None:
        values[_SAID] = known(values[_SAID])
    return AttemptRecord(*values)


_names = (
    *("id", "lead_id", "list_id", "campaign", "phone", "number", "node", "owner", "trunk", "caller_id", "state"),
    *("disposition", "counts", "claimed_at", "sending_at", "ringing_at", "answered_at", "ended_at", "sip_code"),
    *("cause", "ended_by", "destination", "said", "callback_at", "amd_status", "amd_cause", "detail"),
)
_STATE, _DISPOSITION, _SAID = (_names.index(name) for name in ("state", "disposition", "said"))
RECORDS: Select[Any] = select(
    *(attempts.c[name] for name in _names),
    lists.c.name,
    leads.c.attempts,
    leads.c.dials,
    leads.c.disposition.label("lead_disposition"),
    leads.c.fresh_after,
    leads.c.zone.label("lead_zone"),
    attempts.c.place,
    attempts.c.rules,
    attempts.c.waited_ms,
).select_from(
    attempts.outerjoin(leads, leads.c.id == attempts.c.lead_id).outerjoin(lists, lists.c.id == attempts.c.list_id)
)
"""Every column of an AttemptRecord, in its order; add conditions, order and limit."""
