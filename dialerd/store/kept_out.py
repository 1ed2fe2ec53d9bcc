"""Leads whose number their list does not take: closed when its rules change, and let in again when it does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from dialerd.domain.gates import NUMBER, WITHDRAWN
from dialerd.domain.verdicts import Never
from dialerd.store import numbers, selection, verdicts
from dialerd.store.database import Connection
from dialerd.store.tables import lead_rows, leads, lists
from dialerd.store.types import UtcDateTime


def has_any(conn: Connection, list_id: int) -> bool:
    """Whether there are such leads in the list."""
    return conn.scalar(select(leads.c.id).where(leads.c.list_id == list_id, _kept_out).limit(1)) is not None


def keep_out(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """Closes those of these leads that wait for a call and whose number the list does not take now. Returns how many; the
    gates find those that somebody else holds, or that are in a call.
    """
    found = conn.execute(_WAITING, {"ids": list(ids)}).all() if ids else []
    _, no = numbers.refused_for_good(conn, found)
    verdicts.move(conn, [verdicts.moved_by(lead, Never(f"{NUMBER}{reason}"), now) for lead, reason in no.items()])
    return len(no)


def let_in(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """Opens those of these leads again that were kept out and whose number the list takes now: they are due as they were,
    or withdrawn when its current version does not have them. Returns how many.
    """
    out = conn.execute(_OUT, {"ids": list(ids)}).all() if ids else []
    no = numbers.refused(conn, out)
    back = [lead.lead_id for lead in out if lead.lead_id not in no]
    if not back:
        return 0
    conn.execute(_WITHDRAW, {"ids": back})
    return conn.execute(_LET_IN, {"ids": back, "now": now}).rowcount


_ids: Any = bindparam("ids", expanding=True)
_kept_out = leads.c.closed.like(f"{NUMBER}%")
# Skipped, not waited for: whoever holds one of them changes it.
_OUT = (
    select(leads.c.id.label("lead_id"), leads.c.list_id, leads.c.phone)
    .where(leads.c.id.in_(_ids), _kept_out)
    .order_by(leads.c.id)
    .with_for_update(skip_locked=True)
)
_WAITING = (
    select(leads.c.id.label("lead_id"), leads.c.list_id, leads.c.phone)
    .where(leads.c.id.in_(_ids), leads.c.closed.is_(None), leads.c.due_at.is_not(None))
    .order_by(leads.c.id)
    .with_for_update(skip_locked=True)
)
_live = select(lead_rows.c.lead_id).where(selection.LIVE_ROW, lists.c.id == leads.c.list_id).correlate(leads).exists()
_WITHDRAW = update(leads).where(leads.c.id.in_(_ids), ~_live).values(closed=WITHDRAWN)
_LET_IN = (
    update(leads)
    .where(leads.c.id.in_(_ids), _kept_out)
    .values(
        closed=None,
        due_at=func.coalesce(leads.c.resume_at, bindparam("now", type_=UtcDateTime)),
        resume_at=None,
    )
)
