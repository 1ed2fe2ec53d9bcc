"""Copying the leads of a list's current version, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from dialerd.domain.dispositions import Disposition
from dialerd.store import selection
from dialerd.store.database import Connection
from dialerd.store.leads import CLOSED_BY_HAND
from dialerd.store.staging import StagedLead
from dialerd.store.tables import lead_rows, leads


@dataclass(frozen=True, slots=True)
class Kept:
    """A lead that is over for good, since it said "never again" or a person closed it: so is its copy."""

    phone: str
    disposition: str
    closed: str


@dataclass(frozen=True, slots=True)
class Copied:
    """A lead as a row of a new list; `kept` when it is over for good, `expires_at` when it ends by itself."""

    lead_id: int
    row: StagedLead
    kept: Kept | None
    expires_at: datetime | None = None


def next_page(conn: Connection, list_id: int, after: int, limit: int, *, protected: Container[str]) -> list[Copied]:
    """The leads of the current version with ids above `after`, in order, at most `limit`. Those with a `protected`
    disposition keep it.
    """
    chosen = selection.live(list_id).with_only_columns(
        *(leads.c.id, leads.c.phone, leads.c.zone, leads.c.priority, leads.c.disposition, leads.c.closed),
        leads.c.expires_at,
        *(lead_rows.c.line, lead_rows.c.fields),
        maintain_column_froms=True,
    )
    found = conn.execute(chosen.where(leads.c.id > after).order_by(leads.c.id).limit(limit))
    return [
        Copied(
            row.id,
            StagedLead(row.phone, row.zone, row.priority, row.line, row.fields or {}),
            _kept(row.phone, row.disposition, row.closed, protected),
            row.expires_at,
        )
        for row in found
    ]


def keep(conn: Connection, list_id: int, copied: Sequence[Copied]) -> None:
    """Lets those leads of the new list say what they said in the old one that are over for good, and end when they do there
    that end by themselves.
    """
    ending = [
        {"b_phone": item.row.phone, "b_list": list_id, "at": item.expires_at} for item in copied if item.expires_at
    ]
    if ending:
        conn.execute(_LET_EXPIRE, ending)
    for lead in (item.kept for item in copied if item.kept is not None):
        mine = (leads.c.phone == lead.phone, leads.c.list_id == list_id)
        conn.execute(update(leads).where(*mine).values(disposition=lead.disposition, closed=lead.closed, due_at=None))


def count_kept(conn: Connection, list_id: int) -> int:
    """How many leads of the new list are over."""
    return conn.scalar(select(func.count()).where(leads.c.list_id == list_id, leads.c.closed.is_not(None))) or 0


_LET_EXPIRE = (
    update(leads)
    .where(leads.c.phone == bindparam("b_phone"), leads.c.list_id == bindparam("b_list"))
    .values(expires_at=bindparam("at", type_=leads.c.expires_at.type))
)


def _kept(phone: str, disposition: str, closed: str | None, protected: Container[str]) -> Kept | None:
    if disposition in protected:
        return Kept(phone, disposition, closed or f"{disposition} is final")
    return Kept(phone, Disposition.NEW.value, CLOSED_BY_HAND) if closed == CLOSED_BY_HAND else None
