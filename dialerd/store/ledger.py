"""Questions to the ledger: which attempts are open, how many, and which there were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, func, select

from dialerd.domain.facts import AttemptState, OpenAttempt
from dialerd.store.database import Connection
from dialerd.store.records import RECORDS, AttemptRecord, read_record
from dialerd.store.tables import attempts


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """Attempts that have not ended, in any state, by campaign and by trunk; absent means none."""

    campaigns: Mapping[str, int]
    trunks: Mapping[str, int]


def open_attempts(conn: Connection, node: str | None = None, *, owner: str | None = None) -> list[OpenAttempt]:
    """The attempts that have not ended, of one node, of one life of an engine, or of all, oldest first."""
    statement = _OPEN if node is None else _OPEN.where(attempts.c.node == node)
    if owner is not None:
        statement = statement.where(attempts.c.owner == owner)
    found = [replace(OpenAttempt(*row), state=AttemptState(row.state)) for row in conn.execute(statement)]
    # Sorted here: asked for the order, SQLite would walk the whole ledger by id.
    return sorted(found, key=lambda attempt: attempt.attempt_id)


def destinations(conn: Connection, campaign: str) -> dict[str, int]:
    """How many calls of the campaign are up at each destination."""
    return dict(conn.execute(_DESTINATIONS, {"b_campaign": campaign}).all())


def open_counts(conn: Connection) -> OpenCounts:
    """How many attempts are open, by campaign and by trunk, over all engines."""
    campaigns: Counter[str] = Counter()
    trunks: Counter[str] = Counter()
    for campaign, trunk, number in conn.execute(_OPEN_COUNTS):
        campaigns[campaign] += number
        trunks[trunk] += number
    return OpenCounts(campaigns, trunks)


def page(
    conn: Connection,
    *,
    campaign: str | None = None,
    lead_id: int | None = None,
    phone: str | None = None,
    disposition: str | None = None,
    open_only: bool = False,
    limit: int = 50,
    before: str | None = None,
) -> list[AttemptRecord]:
    """Attempts that fit every filter given, newest first; `before` is the last id of the page before."""
    # An open one is found by the small index of the open ones, not on a walk through the ledger by id.
    order = attempts.c.id.concat("") if open_only else attempts.c.id
    statement = RECORDS.order_by(order.desc()).limit(limit)
    filters = (
        (attempts.c.campaign, campaign),
        (attempts.c.lead_id, lead_id),
        (attempts.c.phone, phone),
        (attempts.c.disposition, disposition),
    )
    for column, wanted in filters:
        if wanted is not None:
            statement = statement.where(column == wanted)
    if open_only:
        statement = statement.where(attempts.c.ended_at.is_(None))
    if before is not None:
        statement = statement.where(attempts.c.id < before)
    return [read_record(row) for row in conn.execute(statement)]


_is_open = attempts.c.ended_at.is_(None)
_OPEN = (
    select(*(attempts.c[name] for name in ("id", "lead_id", "campaign", "phone", "trunk", "node", "owner", "state")))
    .add_columns(attempts.c.claimed_at, attempts.c.sending_at)
    .where(_is_open)
)
# A filter, not a condition: SQLite would walk all attempts of the campaign instead of all open ones.
_DESTINATIONS = (
    select(attempts.c.destination, func.count().filter(attempts.c.campaign == bindparam("b_campaign")))
    .where(_is_open, attempts.c.destination.is_not(None))
    .group_by(attempts.c.destination)
)
_OPEN_COUNTS = (
    select(attempts.c.campaign, attempts.c.trunk, func.count())
    .where(_is_open)
    .group_by(attempts.c.campaign, attempts.c.trunk)
)
