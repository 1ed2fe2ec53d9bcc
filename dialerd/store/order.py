"""The next leads in the campaign's order. Each order is a short walk of the same index, so it can be changed at any time.

RANDOM draws from the leads that are due since the same instant, those of one import: for each lead a number between the
first and the last id of them, and then the first lead at or behind it. Nothing is stored for it. A lead that stands
behind a gap is drawn a little sooner than others.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, bindparam, text

from dialerd.domain.order import Order
from dialerd.store.database import Connection
from dialerd.store.heads import Candidate, candidates, candidates_of
from dialerd.store.types import UtcDateTime

# Of lists with more zones some are left out of a draw, others of the next one: each draw asks every zone for every lead.
MOST_ZONES = 12

# Which lead is called next must be hard to foresee for nobody.
_random = random.Random()  # noqa: S311


def next_leads(
    conn: Connection,
    campaign: str,
    order: Order,
    limit: int,
    now: datetime,
    draw: random.Random = _random,
    *,
    zones: Collection[str] | None = None,
) -> list[Candidate]:
    """The next leads of the campaign, at most `limit`, as `heads.candidates` gives them: fewer only when there are no more."""
    found = candidates(conn, campaign, limit, now, newest=order is Order.NEWEST_FIRST, zones=zones)
    if order is not Order.RANDOM or not found:
        return found
    first = found[0]
    together = [lead for lead in found if (lead.priority, lead.due_at) == (first.priority, first.due_at)]
    others = found[len(together) :]
    if len(found) == limit and not others:
        drawn = _draw(conn, campaign, first, limit, now, draw, zones)
        have = {lead.lead_id for lead in drawn}
        return (drawn + [lead for lead in found if lead.lead_id not in have])[:limit]
    draw.shuffle(together)
    return together + others


def _draw(
    conn: Connection,
    campaign: str,
    first: Candidate,
    limit: int,
    now: datetime,
    draw: random.Random,
    zones: Collection[str] | None,
) -> list[Candidate]:
    """Up to `limit` of the leads that have the priority and the due time of `first`, anywhere among them."""
    alike = {"priority": first.priority, "due": first.due_at}
    open_zones = None if zones is None else set(zones)
    found = conn.execute(_BUCKETS, {"campaign": campaign, **alike})
    known = [(list_id, zone) for list_id, zone in found if open_zones is None or zone in open_zones]
    buckets = json.dumps(draw.sample(known, min(len(known), MOST_ZONES)))
    dialect = conn.dialect.name
    span = conn.execute(_SPAN[dialect], {"buckets": buckets, **alike}).one()
    if span.first is None:
        return []
    probes = json.dumps([draw.randint(span.first, span.last) for _ in range(limit)])
    hits = conn.scalars(_HITS[dialect], {"buckets": buckets, "probes": probes, **alike})
    # Drawn again and again from the same place they would come in the order of their ids.
    ids = sorted({lead_id for lead_id in hits if lead_id is not None})
    draw.shuffle(ids)
    place = {lead_id: number for number, lead_id in enumerate(ids)}
    return sorted(candidates_of(conn, campaign, ids, now), key=lambda lead: place[lead.lead_id])


def _bound(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("due", type_=UtcDateTime))


def _for_each(sql: str) -> dict[str, Any]:
    """The statement for both databases, which take JSON apart in different ways."""
    sqlite = {
        "{buckets}": "SELECT json_extract(value, '$[0]') AS list_id, json_extract(value, '$[1]') AS zone"
        " FROM json_each(:buckets)",
        "{probes}": "SELECT value AS place FROM json_each(:probes)",
    }
    postgresql = {
        "{buckets}": "SELECT CAST(value->>0 AS bigint) AS list_id, value->>1 AS zone"
        " FROM json_array_elements(CAST(:buckets AS json)) AS given(value)",
        "{probes}": "SELECT CAST(value AS bigint) AS place"
        " FROM json_array_elements_text(CAST(:probes AS json)) AS given(value)",
    }
    made = {}
    for dialect, parts in (("sqlite", sqlite), ("postgresql", postgresql)):
        filled = sql
        for name, part in parts.items():
            filled = filled.replace(name, part)
        made[dialect] = _bound(filled)
    return made


_ALIKE = "l.list_id = b.list_id AND l.priority = :priority AND l.zone = b.zone AND l.due_at = :due"
_BUCKETS = _bound(
    f"""
SELECT b.list_id, b.zone FROM lists JOIN list_buckets b ON b.list_id = lists.id
 WHERE lists.campaign = :campaign AND lists.archived_at IS NULL AND b.priority = :priority
   AND EXISTS (SELECT 1 FROM leads l WHERE {_ALIKE}) ORDER BY b.list_id, b.zone"""  # noqa: S608 - a constant
)
_SPAN = _for_each(
    f"""
WITH b AS MATERIALIZED ({{buckets}})
SELECT min((SELECT l.id FROM leads l WHERE {_ALIKE} ORDER BY l.id LIMIT 1)) AS first,
       max((SELECT l.id FROM leads l WHERE {_ALIKE} ORDER BY l.id DESC LIMIT 1)) AS last
  FROM b"""  # noqa: S608 - constants
)
_HITS = _for_each(
    f"""
WITH b AS MATERIALIZED ({{buckets}}), probe AS MATERIALIZED ({{probes}})
SELECT (SELECT min((SELECT l.id FROM leads l WHERE {_ALIKE} AND l.id >= probe.place ORDER BY l.id LIMIT 1)) FROM b)
  FROM probe"""  # noqa: S608 - constants
)
