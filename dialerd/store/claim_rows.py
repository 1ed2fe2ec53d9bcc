"""The attempts of claimed leads, as they are written, each with the caller ID that was chosen for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.domain.facts import AttemptState, ClaimedLead
from dialerd.store.database import Connection
from dialerd.store.heads import Candidate
from dialerd.store.ids import new_attempt_id
from dialerd.store.tables import attempts


class CallerIds(Protocol):
    """Chooses the caller ID of each call of a claim, in order. `asks_seen`: it wants to know what a lead saw last."""

    @property
    def asks_seen(self) -> bool: ...

    def choose(self, lead: Candidate, seen: str | None) -> str | None:
        """The caller ID for the lead; None is the trunk's own."""


class Claimant(Protocol):
    """For whom the attempts are: what all of a claim have in common."""

    @property
    def campaign(self) -> str: ...
    @property
    def trunk(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def owner(self) -> str: ...


def insert(
    conn: Connection, claimant: Claimant, chosen: Sequence[Candidate], caller_ids: CallerIds | None, now: datetime
) -> list[ClaimedLead]:
    """Writes an attempt in state `claimed` for each of the leads; those for which nobody else has one open."""
    if not chosen:
        return []
    # Sorted, so that the ids of one claim are in dialing order too.
    ids = sorted(new_attempt_id(now) for _ in chosen)
    shown = _shown(conn, chosen, caller_ids)
    rows = [
        {
            "id": attempt_id,
            "lead_id": lead.lead_id,
            "list_id": lead.list_id,
            "phone": lead.phone,
            "number": lead.dials + 1,
            "due_at": lead.due_at,
            "campaign": claimant.campaign,
            "node": claimant.node,
            "owner": claimant.owner,
            "trunk": claimant.trunk,
            "caller_id": caller_id,
            "state": AttemptState.CLAIMED.value,
            "claimed_at": now,
        }
        for attempt_id, lead, caller_id in zip(ids, chosen, shown, strict=True)
    ]
    inserted = set(conn.execute(_INSERT[conn.dialect.name], rows).scalars())
    return [
        ClaimedLead(
            attempt_id=attempt_id,
            lead_id=lead.lead_id,
            list_id=lead.list_id,
            campaign=claimant.campaign,
            phone=lead.phone,
            trunk=claimant.trunk,
            caller_id=caller_id or "",
            number=lead.dials + 1,
            claimed_at=now,
        )
        for attempt_id, lead, caller_id in zip(ids, chosen, shown, strict=True)
        if attempt_id in inserted
    ]


def _shown(conn: Connection, chosen: Sequence[Candidate], caller_ids: CallerIds | None) -> list[str | None]:
    if caller_ids is None:
        return [None] * len(chosen)
    again = [lead.lead_id for lead in chosen if lead.dials] if caller_ids.asks_seen else []
    seen = dict(conn.execute(_SEEN, {"ids": again}).all()) if again else {}
    return [caller_ids.choose(lead, seen.get(lead.lead_id)) for lead in chosen]


def recent_caller_ids(conn: Connection, campaign: str, limit: int) -> list[str]:
    """The caller IDs of the campaign's latest attempts, at most `limit` of them, the newest first."""
    rows = conn.scalars(_RECENT, {"campaign": campaign, "number": limit})
    return [caller_id for caller_id in rows if caller_id is not None]


_INSERT = {
    "sqlite": sqlite.insert(attempts).on_conflict_do_nothing().returning(attempts.c.id),
    "postgresql": postgresql.insert(attempts).on_conflict_do_nothing().returning(attempts.c.id),
}
# The last one wins when the rows become a mapping.
_SEEN = (
    select(attempts.c.lead_id, attempts.c.caller_id)
    .where(attempts.c.lead_id.in_(bindparam("ids", expanding=True)))
    .order_by(attempts.c.lead_id, attempts.c.number)
)
_RECENT = (
    select(attempts.c.caller_id)
    .where(attempts.c.campaign == bindparam("campaign"))
    .order_by(attempts.c.id.desc())
    .limit(bindparam("number"))
)
