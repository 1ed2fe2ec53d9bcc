"""Figures over many attempts or leads, each answered from an index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from dialerd.store.database import Connection
from dialerd.store.tables import attempts, leads, lists


def dialed_between(conn: Connection, since: datetime, until: datetime, *, campaign: str | None = None) -> int:
    """Attempts that passed the point of no return at or after `since` and before `until`. Divided by the seconds
    between, it is the pace in calls per second.
    """
    statement = select(func.count()).where(attempts.c.sending_at >= since, attempts.c.sending_at < until)
    if campaign is not None:
        statement = statement.where(attempts.c.campaign == campaign)
    return conn.scalar(statement) or 0


def sent_since(conn: Connection, since: datetime, campaign: str) -> list[datetime]:
    """When each of the campaign's attempts since then passed the point of no return, the oldest first."""
    statement = select(attempts.c.sending_at).where(attempts.c.sending_at >= since, attempts.c.campaign == campaign)
    return list(conn.scalars(statement.order_by(attempts.c.sending_at)))


def disposition_counts(conn: Connection, campaign: str | None = None, *, list_id: int | None = None) -> dict[str, int]:
    """Ended attempts by disposition, of a campaign, of a list, or of all."""
    statement = (
        select(attempts.c.disposition, func.count())
        .where(attempts.c.disposition.is_not(None))
        .group_by(attempts.c.disposition)
        .order_by(attempts.c.disposition)
    )
    if campaign is not None:
        statement = statement.where(attempts.c.campaign == campaign)
    if list_id is not None:
        statement = statement.where(attempts.c.list_id == list_id)
    return dict(conn.execute(statement).all())


def leads_by_dials(conn: Connection, campaign: str) -> Mapping[int, int]:
    """How many leads of the campaign's lists were dialed 0, 1, 2 ... times; every attempt counts here, open ones too."""
    statement = (
        select(leads.c.dials, func.count())
        .join(lists, lists.c.id == leads.c.list_id)
        .where(lists.c.campaign == campaign)
        .group_by(leads.c.dials)
        .order_by(leads.c.dials)
    )
    return dict(conn.execute(statement).all())
