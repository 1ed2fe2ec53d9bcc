"""How many leads of a list are due in some of its zones: for zones that are closed, of which there are leads in masses.

Read off zone_tallies, which count by the hour: those that are due in this hour or before, without those that are due in
the rest of this hour, which are looked at one by one. They are few: what is due at once, an import or a reset, is behind
us, and what waits for an opening waits for a zone that opens, mostly with the hour.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Boolean, TextClause, bindparam, select, text

from dialerd.domain.funnel import Group, Standing
from dialerd.store.database import Connection
from dialerd.store.tables import list_buckets
from dialerd.store.tables_tallies import HOUR
from dialerd.store.types import UtcDateTime


def keys_of(conn: Connection, list_ids: Sequence[int]) -> dict[int, list[str]]:
    """The zone keys that leads of each list have or had."""
    found: dict[int, list[str]] = {list_id: [] for list_id in list_ids}
    for list_id, zone in conn.execute(_KEYS, {"ids": list(list_ids)}) if list_ids else ():
        found[list_id].append(zone)
    return found


def due_in(conn: Connection, asked: Mapping[int, Collection[str]], now: datetime) -> dict[int, list[Group]]:
    """The leads that are due now, of these zone keys of each list, in groups of alike ones."""
    found: dict[int, list[Group]] = {list_id: [] for list_id in asked}
    pairs = [[list_id, zone] for list_id, zones in asked.items() for zone in zones]
    if not pairs:
        return found
    hour = int(now.timestamp()) // HOUR
    end = datetime.fromtimestamp((hour + 1) * HOUR, UTC)
    values = {"asked": json.dumps(pairs), "hour": hour, "now": now, "end": end}
    for row in conn.execute(_DUE[conn.dialect.name], values):
        if row.number > 0:
            found[row.list_id].append(
                Group(Standing.DUE, row.disposition, row.attempts, row.contacted, "", int(row.number), zone=row.zone)
            )
    return found


_KEYS = (
    select(list_buckets.c.list_id, list_buckets.c.zone)
    .where(list_buckets.c.list_id.in_(bindparam("ids", expanding=True)))
    .distinct()
    .order_by(list_buckets.c.list_id, list_buckets.c.zone)
)

_ASKED = {
    "sqlite": "SELECT json_extract(value, '$[0]') AS list_id, json_extract(value, '$[1]') AS zone FROM json_each(:asked)",
    "postgresql": "SELECT CAST(value->>0 AS bigint) AS list_id, value->>1 AS zone"
    " FROM json_array_elements(CAST(:asked AS json)) AS given(value)",
}
# As in tallies: the order of the walk is not the planner's to choose.
_ASKED_BUCKETS = """b.list_id IN (SELECT list_id FROM asked)
   AND (b.list_id, b.zone) IN (SELECT list_id, zone FROM asked)"""
_NOT_YET = {
    "sqlite": f"""list_buckets b CROSS JOIN leads l
 WHERE {_ASKED_BUCKETS}
   AND l.list_id = b.list_id AND l.priority = b.priority AND l.zone = b.zone AND l.due_at > :now AND l.due_at < :end""",
    "postgresql": f"""list_buckets b CROSS JOIN LATERAL (
        SELECT * FROM leads WHERE list_id = b.list_id AND priority = b.priority AND zone = b.zone
           AND due_at > :now AND due_at < :end OFFSET 0) l
 WHERE {_ASKED_BUCKETS}""",  # noqa: S608 - parts of our own
}


def _due(dialect: str) -> TextClause:
    statement = f"""
WITH asked AS MATERIALIZED ({_ASKED[dialect]})
SELECT list_id, zone, disposition, attempts, contacted, sum(number) AS number FROM (
    SELECT t.list_id, t.zone, t.disposition, t.attempts, t.contacted, t.number
      FROM asked CROSS JOIN zone_tallies t WHERE t.list_id = asked.list_id AND t.zone = asked.zone AND t.slot <= :hour
     UNION ALL
    SELECT l.list_id, l.zone, l.disposition, l.attempts, l.contacted, -1 FROM {_NOT_YET[dialect]}
) counted GROUP BY 1, 2, 3, 4, 5"""  # noqa: S608 - parts of our own
    return text(statement).bindparams(bindparam("now", type_=UtcDateTime), bindparam("end", type_=UtcDateTime))


_DUE = {dialect: _due(dialect).columns(contacted=Boolean()) for dialect in _ASKED}
