"""Leads and attempts counted one by one, to compare with what the tallies say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from dialerd.domain.funnel import Standing
from dialerd.store import tallies
from dialerd.store.database import Database
from dialerd.store.tables import attempts, leads


def tallied(database: Database, list_ids: Sequence[int], now: datetime) -> dict[int, Counter]:
    """Leads by list and by standing, disposition, attempts, contacted and reason, as the tallies have it."""
    with database.read() as conn:
        found = tallies.of_lists(conn, list_ids, now)
    counted = {}
    for list_id, groups in found.items():
        counted[list_id] = Counter()
        for group in groups:
            key = (group.standing, group.disposition, group.attempts, group.contacted, group.reason)
            counted[list_id][key] += group.leads
    return counted


def counted(database: Database, list_ids: Sequence[int], now: datetime) -> dict[int, Counter]:
    """The same, by looking at every lead."""
    found = {list_id: Counter() for list_id in list_ids}
    with database.read() as conn:
        rows = conn.execute(leads.select()).all()
        in_call = set(
            conn.scalars(attempts.select().where(attempts.c.ended_at.is_(None)).with_only_columns(attempts.c.lead_id))
        )
    for lead in rows:
        if lead.closed is not None:
            standing, reason = Standing.CLOSED, lead.closed
        elif lead.due_at is not None:
            standing, reason = (Standing.DUE if lead.due_at <= now else Standing.WAITING), lead.waits_for or ""
        elif lead.id in in_call:
            standing, reason = Standing.IN_CALL, ""
        else:
            continue
        if lead.list_id in found:
            found[lead.list_id][standing, lead.disposition, lead.attempts, lead.contacted, reason] += 1
    return found


def ended_attempts(database: Database) -> dict[tuple[int, str], Counter]:
    """Ended attempts by list and campaign, and by disposition, counted one by one."""
    found: dict[tuple[int, str], Counter] = {}
    with database.read() as conn:
        for row in conn.execute(attempts.select().where(attempts.c.disposition.is_not(None))):
            found.setdefault((row.list_id, row.campaign), Counter())[row.disposition] += 1
    return found
