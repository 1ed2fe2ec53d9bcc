"""How many leads are where, and when the next one is due; each answered from an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, case, func, or_, select

from dialerd.domain.eligibility import Wait
from dialerd.domain.funnel import Funnel, Group, Part, Standing, funnel
from dialerd.domain.lifecycle import VersionState
from dialerd.store import tallies
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, lead_tallies, leads, list_buckets, list_versions, lists
from dialerd.store.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class LeadCounts:
    """A list's leads. total = dialable + waiting + in_call + closed. `staged` are those that a version brings which is
    still being imported or armed: new ones are in none of these, withdrawn ones that come back among the closed.
    `by_disposition` and `by_closing` (reason) count total and closed apart.
    """

    total: int
    dialable: int
    waiting: int
    in_call: int
    closed: int
    staged: int
    by_disposition: Mapping[str, int]
    by_closing: Mapping[str, int]


def counts(conn: Connection, list_id: int, now: datetime) -> LeadCounts:
    """The list's leads by what will become of them next, as far as their own rows tell: no campaign's hours are asked."""
    groups = tallies.of_lists(conn, [list_id], now)[list_id]
    return in_short(funnel([(group, None) for group in groups], now), groups, staged(conn, list_id))


def in_short(parts: Funnel, groups: Iterable[Group], staged: int) -> LeadCounts:
    """A funnel with fewer parts, of these groups."""
    by_closing: Counter[str] = Counter()
    waiting = sum(parts.parts[part].leads for part in (Part.RETRY, Part.HOURS, Part.CAP))
    for group in groups:
        if group.standing is Standing.CLOSED:
            by_closing[group.reason] += group.leads
        elif group.standing is Standing.WAITING and group.reason == Wait.DO_NOT_CALL:
            waiting += group.leads
    dialable, in_call = parts.dialable, parts.parts[Part.IN_CALL].leads
    closed = parts.total - dialable - waiting - in_call
    return LeadCounts(parts.total, dialable, waiting, in_call, closed, staged, parts.dispositions, by_closing)


def staged(conn: Connection, list_id: int) -> int:
    """Leads of the list's version that is still being imported or armed, as far as it got; 0 when there is none."""
    return int(conn.scalar(_STAGED, {"b_list_id": list_id}) or 0)


def next_due(conn: Connection, campaign: str) -> datetime | None:
    """When the campaign's next lead is or was due; None when none ever will be by itself."""
    due: datetime | None = conn.scalar(_NEXT_DUE, {"campaign": campaign})
    return due


def remaining(conn: Connection, campaign: str) -> int:
    """Leads of the campaign's lists that are due now or later, in a call, or of a version that is still being armed."""
    due, in_call, unarmed = conn.execute(_REMAINING, {"campaign": campaign}).one()
    return int(due) + int(in_call) + int(unarmed)


_attempt_open = attempts.c.ended_at.is_(None)
_head = (
    select(leads.c.due_at)
    .where(
        leads.c.list_id == list_buckets.c.list_id,
        leads.c.priority == list_buckets.c.priority,
        leads.c.zone == list_buckets.c.zone,
        leads.c.due_at.is_not(None),
    )
    .order_by(leads.c.due_at)
    .limit(1)
    .correlate(list_buckets)
    .scalar_subquery()
    .label("head")
)
_of_campaign = and_(lists.c.campaign == bindparam("campaign"), lists.c.archived_at.is_(None))
_heads = (
    select(_head)
    .select_from(list_buckets.join(lists, lists.c.id == list_buckets.c.list_id))
    .where(_of_campaign)
    .subquery()
)
_NEXT_DUE = select(func.min(_heads.c.head, type_=UtcDateTime))
_is_staging = list_versions.c.state == VersionState.STAGING.value
_not_born_yet = case((_is_staging, list_versions.c.born), else_=0)
_STAGED = select(func.sum(list_versions.c.unarmed + _not_born_yet)).where(
    list_versions.c.list_id == bindparam("b_list_id"),
    or_(_is_staging, list_versions.c.state == VersionState.PUBLISHED.value),
)
_REMAINING = select(
    select(func.coalesce(func.sum(lead_tallies.c.number), 0))
    .select_from(lead_tallies.join(lists, lists.c.id == lead_tallies.c.list_id))
    .where(_of_campaign, lead_tallies.c.slot < 0)
    .scalar_subquery(),
    # A filter, not a condition: SQLite would walk all attempts of the campaign instead of all open ones.
    select(func.count().filter(attempts.c.campaign == bindparam("campaign"))).where(_attempt_open).scalar_subquery(),
    select(func.coalesce(func.sum(list_versions.c.unarmed), 0))
    .select_from(list_versions.join(lists, lists.c.id == list_versions.c.list_id))
    .where(_of_campaign, list_versions.c.state == VersionState.PUBLISHED.value)
    .scalar_subquery(),
)
