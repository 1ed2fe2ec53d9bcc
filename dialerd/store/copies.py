"""Copying the leads of a list's current version, a few hundred at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update

from dialerd.store import selection
from dialerd.store.database import Connection
from dialerd.store.moves import PROTECTED
from dialerd.store.staging import StagedLead
from dialerd.store.tables import lead_rows, leads


@dataclass(frozen=True, slots=True)
class Kept:
    """A lead that says "never again": its copy says so too."""

    phone: str
    disposition: str
    closed: str | None


@dataclass(frozen=True, slots=True)
class CopyPage:
    """The next leads of a list as rows of a new one; `last` is the highest lead id among them."""

    last: int
    rows: tuple[StagedLead, ...]
    kept: tuple[Kept, ...]


def next_page(conn: Connection, list_id: int, after: int, limit: int) -> CopyPage | None:
    """The leads of the current version with ids above `after`, at most `limit`; None when there are none left."""
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
        kept=tuple(Kept(row.phone, row.disposition, row.closed) for row in found if row.disposition in PROTECTED),
    )


def keep(conn: Connection, list_id: int, kept: Sequence[Kept]) -> None:
    """Lets these leads of the new list say what they said in the old one."""
    for lead in kept:
        closed = lead.closed or f"{lead.disposition} is final"
        mine = (leads.c.phone == lead.phone, leads.c.list_id == list_id)
        conn.execute(update(leads).where(*mine).values(disposition=lead.disposition, closed=closed, due_at=None))
