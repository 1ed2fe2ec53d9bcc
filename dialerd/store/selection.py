"""Which leads of a list somebody means: those of its current version that fit a filter, page by page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from dialerd.domain.dnc import ON_DNC
from dialerd.domain.eligibility import Wait
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection
from dialerd.store.filters import EVERYBODY, LeadFilter, conditions
from dialerd.store.leads import CLOSED_BY_HAND
from dialerd.store.tables import attempts, lead_rows, leads, lists

Chosen = Select[int]
"""Leads of a list that fit; the other functions here take it and give them."""

LIVE_ROW = and_(
    lead_rows.c.lead_id == leads.c.id,
    lead_rows.c.list_id == leads.c.list_id,
    lead_rows.c.from_version <= lists.c.current_version,
    or_(lead_rows.c.to_version.is_(None), lead_rows.c.to_version > lists.c.current_version),
)
"""The row by which the current version of a lead's list has the lead; needs `leads`, `lists` and `lead_rows`."""


def live(list_id: int, wanted: LeadFilter = EVERYBODY, *but: str) -> Chosen:
    """The ids of the leads that the list's current version has and that fit; those closed for a reason in `but` are left
    out.
    """
    return (
        select(leads.c.id)
        .join(lists, lists.c.id == leads.c.list_id)
        .join(lead_rows, LIVE_ROW)
        .where(leads.c.list_id == list_id, open_or_closed_otherwise(WITHDRAWN, *but), *conditions(wanted))
    )


def at_liberty(list_id: int, dispositions: Collection[str]) -> Chosen:
    """As `live`, without those that a person has closed or that do-not-call stops: another pass leaves them alone."""
    put_off = func.coalesce(leads.c.waits_for, "") == Wait.DO_NOT_CALL.value
    return live(list_id, LeadFilter(frozenset(dispositions)), CLOSED_BY_HAND, ON_DNC).where(~put_off)


def open_or_closed_otherwise(*reasons: str) -> ColumnElement[bool]:
    """The lead is not closed for one of these reasons."""
    return or_(leads.c.closed.is_(None), leads.c.closed.not_in(reasons))


def page(conn: Connection, chosen: Chosen, after: int, limit: int) -> list[int]:
    """The next ids of `chosen`, in order, at most `limit`. Ask in a transaction that only reads: where few leads fit,
    the walk to the next one may be long.
    """
    statement = chosen.where(leads.c.id > after).order_by(leads.c.id).limit(limit)
    return list(conn.scalars(statement))


def count(conn: Connection, chosen: Chosen) -> int:
    """How many leads those are."""
    number: int = conn.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
    return number


def latest_attempts(conn: Connection, chosen: Chosen, *since: datetime) -> tuple[datetime | None, tuple[int, ...]]:
    """When the last of the leads was called, and how many of them were called after each of these instants."""
    called = chosen.with_only_columns(leads.c.last_attempt_at, maintain_column_froms=True).subquery()
    at = called.c.last_attempt_at
    latest, *counts = conn.execute(
        select(func.max(at, type_=at.type), *(func.count().filter(at > instant) for instant in since))
    ).one()
    return latest, tuple(counts)


def in_call(conn: Connection, chosen: Chosen) -> int:
    """How many of the leads have an attempt that has not ended."""
    # From the few open attempts to their leads, never the other way round.
    opened = [row.lead_id for row in conn.execute(select(attempts.c.lead_id).where(attempts.c.ended_at.is_(None)))]
    return sum(
        count(conn, chosen.where(leads.c.id.in_(opened[start : start + 500]))) for start in range(0, len(opened), 500)
    )


def settle(conn: Connection, ids: Sequence[int], chosen: Chosen) -> list[int]:
    """Those of the leads that may be changed in this transaction, in order: they still are among `chosen`, nobody else
    is changing them, and they have no attempt that has not ended.
    """
    return _hold(conn, chosen.where(leads.c.id.in_(ids)))


def at_rest(conn: Connection, ids: Collection[int]) -> list[int]:
    """As settle, of any leads."""
    return _hold(conn, select(leads.c.id).where(leads.c.id.in_(ids))) if ids else []


def _hold(conn: Connection, wanted: Chosen) -> list[int]:
    # Skipped, not waited for: who has locked one of them is claiming it or ending its call.
    locked = wanted.order_by(leads.c.id).with_for_update(of=leads, skip_locked=True)
    held = list(conn.scalars(locked))
    # A statement of its own sees what was committed before the lock was ours.
    busy = set(
        conn.scalars(select(attempts.c.lead_id).where(attempts.c.lead_id.in_(held), attempts.c.ended_at.is_(None)))
    )
    return [lead_id for lead_id in held if lead_id not in busy]
