"""Freezes: a campaign, or everything, that dials nobody until it is thawed. Asked at the claim and at the point of no
return.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from dialerd.store.database import Connection
from dialerd.store.tables import freezes

EVERYTHING = ""
"""The campaign of a freeze of everything."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Since when, and by whom. `campaign` is EVERYTHING for all of them."""

    campaign: str
    since: datetime
    actor: str


def is_frozen(campaign: Any) -> ColumnElement[bool]:
    """For a statement: the campaign of this column is frozen, by itself or with everything."""
    return (
        select(freezes.c.campaign)
        .where(or_(freezes.c.campaign == EVERYTHING, freezes.c.campaign == campaign))
        .correlate_except(freezes)
        .exists()
    )


def add(conn: Connection, campaign: str, now: datetime, actor: str) -> bool:
    """Freezes the campaign, or EVERYTHING. False when it was frozen before: then who did it first stands."""
    insert = (sqlite if conn.dialect.name == "sqlite" else postgresql).insert(freezes)
    row = {"campaign": campaign, "since": now, "actor": actor}
    # What an INSERT counts is not known on PostgreSQL, what it returns is.
    added = insert.values(row).on_conflict_do_nothing().returning(freezes.c.campaign)
    return conn.scalar(added) is not None


def remove(conn: Connection, campaign: str) -> bool:
    """Thaws the campaign, or what was frozen with EVERYTHING. False when it was not frozen."""
    return conn.execute(delete(freezes).where(freezes.c.campaign == campaign)).rowcount == 1


def all(conn: Connection) -> list[Freeze]:  # noqa: A001 - freezes.all() is how it is called
    """Every freeze, that of everything first."""
    return [Freeze(*row) for row in conn.execute(select(freezes).order_by(freezes.c.campaign))]


def of(found: Iterable[Freeze], campaign: str) -> Freeze | None:
    """The freeze among these that holds for the campaign, that of everything before its own; None when it may dial."""
    holds = [freeze for freeze in found if freeze.campaign in (EVERYTHING, campaign)]
    return min(holds, key=lambda freeze: freeze.campaign, default=None)
