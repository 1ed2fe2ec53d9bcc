"""How many leads stand where, read off the tallies that the database keeps with every change (see tables_tallies).

Only what the clock changes by itself is counted here: which leads of the minute that goes on are not due yet. All of an
answer comes from one statement, so it shows one moment, and each lead is in it once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Integer, Table, TextClause, bindparam, func, select, text

from dialerd.domain.funnel import Group, Standing
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, leads, list_buckets
from dialerd.store.tables_tallies import HOUR, MINUTE, attempt_tallies, lead_tallies, minute_tallies, zone_tallies
from dialerd.store.types import UtcDateTime

FOLD_STEP = 5000


@dataclass(frozen=True, slots=True)
class AttemptTallies:
    """Ended attempts by disposition, and how many attempts are open."""

    ended: Mapping[str, int]
    open: int


def of_lists(
    conn: Connection, list_ids: Sequence[int], now: datetime, *, until: bool = False
) -> dict[int, list[Group]]:
    """The leads of each list in groups of alike ones. Leads of a version that is still being imported or armed are in
    none of them. `until` asks for Group.until, rounded up to a minute or hour.
    """
    found: dict[int, list[Group]] = {list_id: [] for list_id in list_ids}
    if not list_ids:
        return found
    minute, hour = (int(now.timestamp()) // seconds for seconds in (MINUTE, HOUR))
    values = {
        "ids": list(list_ids),
        "minute": minute,
        "hour": hour,
        "first": hour * HOUR // MINUTE,
        "last": (hour + 1) * HOUR // MINUTE - 1,
        "now": now,
        "end": datetime.fromtimestamp((minute + 1) * MINUTE, UTC),
    }
    for row in conn.execute(_GROUPS[conn.dialect.name, until], values):
        at = _end_of(row.slot) if until and row.standing == Standing.WAITING else None
        standing, leads = Standing(row.standing), int(row.number)
        if leads:
            group = Group(standing, row.disposition, row.attempts, row.contacted, row.reason, leads, at)
            found[row.list_id].append(group)
    return found


def first_due(conn: Connection, list_id: int, reason: str, after: datetime, until: datetime) -> datetime | None:
    """When the first lead that waits for this reason (see Group) is due, after the one instant and up to the other: the
    `until` of a group is rounded up, and this is exact.
    """
    values = {"b_list_id": list_id, "reason": reason, "after": after, "until": until}
    due: datetime | None = conn.scalar(_FIRST_DUE, values)
    return due


def attempts_of_list(conn: Connection, list_id: int) -> AttemptTallies:
    """The attempts on the list's leads that were made while they were in it."""
    return _attempts(conn, "list_id", list_id)


def attempts_of_campaign(conn: Connection, campaign: str) -> AttemptTallies:
    """The attempts the campaign made, also on leads that are gone."""
    return _attempts(conn, "campaign", campaign)


def fold(conn: Connection, step: int = FOLD_STEP) -> int:
    """Joins up to `step` rows of finished transactions into the lasting ones; returns how many. Needed on PostgreSQL
    only, and cheap when there is nothing to do. Give the connection of a write transaction.
    """
    if conn.dialect.name != "postgresql" or not conn.scalar(_MY_TURN):
        return 0
    folded = 0
    for statement, clean in _FOLDS:
        rows = conn.execute(statement, {"step": step}).mappings().all()
        folded += sum(row["folded"] for row in rows)
        empty = [dict(row) for row in rows if row["number"] == 0]
        if empty:
            conn.execute(clean, empty)
    return folded


def loose(conn: Connection, limit: int = FOLD_STEP) -> int:
    """How many rows wait to be folded, counted up to `limit`."""
    if conn.dialect.name != "postgresql":
        return 0
    return int(conn.scalar(_LOOSE, {"limit": limit}) or 0)


def _end_of(slot: int) -> datetime:
    return datetime.fromtimestamp((slot + 1) * MINUTE if slot > 0 else (1 - slot) * HOUR, UTC)


def _attempts(conn: Connection, column: str, value: int | str) -> AttemptTallies:
    ended: Counter[str] = Counter()
    for disposition, number in conn.execute(_ENDED[column], {"value": value}):
        ended[disposition] += int(number)
    opened = conn.scalar(_OPEN[column], {"value": value}) or 0
    return AttemptTallies({name: count for name, count in sorted(ended.items()) if count}, int(opened))


# Written so that the order of the walk is not the planner's to choose: from the few buckets and open attempts to their
# leads by index, never from the leads of a list.
_WALKS = {
    "sqlite": {
        "pending": """list_buckets b CROSS JOIN leads l
     WHERE l.list_id = b.list_id AND l.priority = b.priority AND l.zone = b.zone
       AND l.due_at > :now AND l.due_at < :end""",
        "in_call": "attempts a CROSS JOIN leads l WHERE l.id = a.lead_id",
    },
    "postgresql": {
        "pending": """list_buckets b CROSS JOIN LATERAL (
        SELECT * FROM leads WHERE list_id = b.list_id AND priority = b.priority AND zone = b.zone
           AND due_at > :now AND due_at < :end OFFSET 0) l WHERE true""",
        "in_call": "attempts a CROSS JOIN LATERAL (SELECT * FROM leads WHERE id = a.lead_id OFFSET 0) l WHERE true",
    },
}


# Hours that are over or to come, the minutes of the one that goes on, and of the minute that goes on what the clock has
# not reached yet: those leads are moved from its slot to the next. They are few: what waits in masses waits for a whole
# minute, and what is due in masses, an import or a reset, is not looked at.
_COUNTED = """
SELECT list_id, slot, disposition, attempts, contacted, reason, number FROM lead_tallies
 WHERE list_id IN :ids AND slot <= 0 AND slot <> -:hour
 UNION ALL
SELECT list_id, slot, disposition, attempts, contacted, reason, number FROM lead_tallies
 WHERE list_id IN :ids AND slot BETWEEN :first AND :last
 UNION ALL
SELECT list_id, :minute, disposition, attempts, contacted, reason, -number FROM pending
 UNION ALL
SELECT list_id, :minute + 1, disposition, attempts, contacted, reason, number FROM pending"""

# The first slot that is not empty, after all batches are joined. It costs as much again, so not for an overview.
_BY_SLOT = f"""
SELECT list_id, slot, disposition, attempts, contacted, reason, sum(number) AS number FROM ({_COUNTED}) change
 GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(number) <> 0"""  # noqa: S608 - parts of our own


def _groups(dialect: str, *, until: bool) -> Any:
    """The one statement. Leads of a version that is not published may have their due time already, if their list has no
    campaign that could dial them (store.versions.begin): those are left out.
    """
    walks = _WALKS[dialect]
    statement = f"""
WITH pending AS MATERIALIZED (
    SELECT l.list_id, l.disposition, l.attempts, l.contacted, coalesce(l.waits_for, '') AS reason, count(*) AS number
      FROM {walks["pending"]} AND b.list_id IN :ids
     GROUP BY 1, 2, 3, 4, 5
)
SELECT list_id,
       CASE WHEN slot = 0 THEN 'closed' WHEN slot BETWEEN 1 - :hour AND :minute THEN 'due' ELSE 'waiting' END AS standing,
       disposition, attempts, contacted, reason, sum(number) AS number,
       coalesce(min(CASE WHEN slot > 0 THEN slot END), max(slot)) AS slot
  FROM ({_BY_SLOT if until else _COUNTED}) counted GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT v.list_id, 'due', 'new', 0, false, '',
       -v.born, 0
  FROM list_versions v WHERE v.list_id IN :ids AND v.state = 'staging' AND v.born > 0
UNION ALL
SELECT l.list_id, 'in_call', l.disposition, l.attempts, l.contacted, '', count(*), 0
  FROM {walks["in_call"]} AND a.ended_at IS NULL AND l.list_id IN :ids AND l.due_at IS NULL AND l.closed IS NULL
 GROUP BY 1, 2, 3, 4, 5, 6"""  # noqa: S608 - parts of our own
    return (
        text(statement)
        .bindparams(
            bindparam("ids", expanding=True),
            bindparam("now", type_=UtcDateTime),
            bindparam("end", type_=UtcDateTime),
            *(bindparam(name, type_=Integer) for name in ("minute", "hour", "first", "last")),
        )
        .columns(contacted=Boolean())
    )


_GROUPS = {(dialect, until): _groups(dialect, until=until) for dialect in _WALKS for until in (False, True)}

_head = (
    select(leads.c.due_at)
    .where(
        leads.c.list_id == list_buckets.c.list_id,
        leads.c.priority == list_buckets.c.priority,
        leads.c.zone == list_buckets.c.zone,
        leads.c.due_at > bindparam("after", type_=UtcDateTime),
        leads.c.due_at <= bindparam("until", type_=UtcDateTime),
        func.coalesce(leads.c.waits_for, "") == bindparam("reason"),
    )
    .order_by(leads.c.due_at)
    .limit(1)
    .correlate(list_buckets)
    .scalar_subquery()
    .label("head")
)
_heads = select(_head).where(list_buckets.c.list_id == bindparam("b_list_id")).subquery()
_FIRST_DUE = select(func.min(_heads.c.head, type_=UtcDateTime))

_ENDED = {
    column: select(attempt_tallies.c.disposition, func.sum(attempt_tallies.c.number))
    .where(attempt_tallies.c[column] == bindparam("value"))
    .group_by(attempt_tallies.c.disposition)
    for column in ("list_id", "campaign")
}
# Filters, not conditions: SQLite would walk all attempts of the campaign instead of all open ones.
_OPEN = {
    column: select(func.count().filter(attempts.c[column] == bindparam("value"))).where(attempts.c.ended_at.is_(None))
    for column in ("list_id", "campaign")
}

_FOLD_LOCK = 0x666F6C64  # "fold": any constant that nothing else in the database locks
_MY_TURN = text("SELECT pg_try_advisory_xact_lock(:lock)").bindparams(lock=_FOLD_LOCK)


def _fold(table: Table) -> tuple[TextClause, TextClause]:
    """The statement that folds rows and tells what they became, and the one that removes those that became nothing."""
    key = [column.name for column in table.primary_key if column.name != "batch"]
    names = ", ".join(key)
    fold_rows = f"""
WITH loose AS MATERIALIZED (
    DELETE FROM {table.name}
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table.name} WHERE batch > 0 LIMIT :step FOR UPDATE SKIP LOCKED))
    RETURNING {names}, number
), joined AS MATERIALIZED (
    SELECT {names}, sum(number) AS number, count(*) AS folded FROM loose GROUP BY {names}
), kept AS (
    INSERT INTO {table.name} ({names}, batch, number) SELECT {names}, 0, number FROM joined
    ON CONFLICT ({names}, batch) DO UPDATE SET number = {table.name}.number + excluded.number
    RETURNING {names}, number
)
SELECT {names}, kept.number, joined.folded FROM kept JOIN joined USING ({names})"""  # noqa: S608 - names of our tables
    same = " AND ".join(f"{name} = :{name}" for name in key)
    return text(fold_rows), text(f"DELETE FROM {table.name} WHERE {same} AND batch = 0 AND number = 0")  # noqa: S608


_FOLDS = tuple(_fold(table) for table in (lead_tallies, zone_tallies, attempt_tallies, minute_tallies))
_LOOSE = text(
    "SELECT count(*) FROM (SELECT 1 FROM lead_tallies WHERE batch > 0"
    " UNION ALL SELECT 1 FROM zone_tallies WHERE batch > 0 LIMIT :limit) loose"
)
