"""Copying the leads of a list's current version, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

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
class CopyPage:
    """The next leads of a list as rows of a new one; `last` is the highest lead id among them."""

    last: int
    rows: tuple[StagedLead, ...]
    kept: tuple[Kept, ...]


def next_page(conn: Connection, list_id: int, after: int, limit: int, *, protected: Container[str]) -> CopyPage | None:
    """The leads of the current version with ids above `after`, at most `limit`; None when there are none left. Leads
    with a `protected` disposition keep it.
    """
    chosen = selection.live(list_id).with_only_columns(
        *(leads.c.id, leads.c.phone, leads.c.zone, leads.c.priority, leads.c.disposition, leads.c.closed),
        *(lead_rows.c.line, lead_rows.c.fields),
        maintain_column_froms=True,
    )
    found = conn.execute(chosen.where(leads.c.id > after).order_by(leads.c.id).limit(limit)).all()
    if not found:
        return None
    return CopyPage(
        last=found[-1].id,
        rows=tuple(StagedLead(row.phone, row.zone, row.priority, row.line, row.fields or {}) for row in found),
        kept=tuple(kept for row in found if (kept := _kept(row, protected)) is not None),
    )


def keep(conn: Connection, list_id: int, kept: Sequence[Kept]) -> None:
    """Lets these leads of the new list say what they said in the old one."""
    for lead in kept:
        mine = (leads.c.phone == lead.phone, leads.c.list_id == list_id)
        conn.execute(update(leads).where(*mine).values(disposition=lead.disposition, closed=lead.closed, due_at=None))


def _kept(row: Any, protected: Container[str]) -> Kept | None:
    if row.disposition in protected:
        return Kept(row.phone, row.disposition, row.closed or f"{row.disposition} is final")
    if row.closed == CLOSED_BY_HAND:
        return Kept(row.phone, Disposition.NEW.value, CLOSED_BY_HAND)
    return None
