"""What would become of rows if they were imported now; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select

from dialerd.store import dnc_rows, others
from dialerd.store.database import Connection
from dialerd.store.known import look_up
from dialerd.store.seen import Seen
from dialerd.store.staged import StagedLead
from dialerd.store.staging import Rules, StageCounts
from dialerd.store.tables import lead_rows, leads, lists


def foresee(
    conn: Connection, list_id: int, rows: Sequence[StagedLead], rules: Rules, seen: Seen, now: datetime
) -> tuple[StageCounts, int]:
    """Where an import at `now` would put the rows, and how many live leads of the list they name for the first time. `seen`
    has the numbers of the rows before and gets those of these.
    """
    phones = {row.phone for row in rows}
    stopped = {row.phone for row in dnc_rows.sort_out(conn, list_id, rows, now)[1]}
    known = look_up(conn, list_id, phones)
    elsewhere = others.look(conn, list_id, phones, rules.scope)
    before = seen.among(phones)
    new = untouched = repeated = updated = on_dnc = named = 0
    for row in rows:
        lead, there = known.get(row.phone), elsewhere.get(row.phone, ())
        live = lead is not None and lead.is_live
        changes = live and rules.updates and lead is not None and lead.differs(row)
        first = row.phone not in before
        before.add(row.phone)
        named += live and first
        if row.phone in stopped:
            on_dnc += 1
        elif not first:
            again = live and not rules.remembers
            untouched, repeated = untouched + again, repeated + (not again)
        elif not live and (not there or not rules.spreads):
            repeated, new = repeated + bool(there), new + (not there)
        elif changes or (rules.spreads and any(other.differs(row) for other in there)):
            updated += 1
        else:
            untouched += 1
    seen.add(phones)
    return StageCounts(new, untouched, repeated, updated, on_dnc), named


def live_leads(conn: Connection, list_id: int) -> int:
    """How many leads the current version of the list has."""
    return conn.scalar(_LIVE, {"b_list_id": list_id}) or 0


_holds = and_(
    lead_rows.c.lead_id == leads.c.id,
    # "+ 0": by the lead, never by a walk through the list (see arming).
    lead_rows.c.list_id + 0 == leads.c.list_id,
    lead_rows.c.from_version <= lists.c.current_version,
    or_(lead_rows.c.to_version.is_(None), lead_rows.c.to_version > lists.c.current_version),
)
_LIVE = (
    select(func.count())
    .select_from(lists.join(leads, leads.c.list_id == lists.c.id).join(lead_rows, _holds))
    .where(lists.c.id == bindparam("b_list_id"))
)
