"""The buckets leads are claimed from, by zone key (domain.places): which a campaign has, and when each is next due."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from dialerd.store.database import Connection
from dialerd.store.tables import leads, list_buckets, lists
from dialerd.store.types import UtcDateTime


def keys(conn: Connection, campaign: str) -> Sequence[str]:
    """The zone keys that leads of the campaign's unarchived lists have or had, each once."""
    return conn.scalars(_KEYS, {"campaign": campaign}).all()


def heads(conn: Connection, campaign: str) -> dict[str, datetime]:
    """When the first lead of each zone key is or was due; keys without such a lead are left out."""
    found = conn.execute(_HEADS, {"campaign": campaign})
    return {key: due for key, due in found if due is not None}


def count(conn: Connection, campaign: str, zone_keys: Collection[str]) -> int:
    """How many leads with one of the keys are due now or later. It looks at each: for keys that hold few, or seldom."""
    if not zone_keys:
        return 0
    return int(conn.scalar(_COUNT, {"campaign": campaign, "keys": list(zone_keys)}) or 0)


def as_text(zone_keys: Collection[str]) -> str:
    """Keys as one parameter of a statement: there may be more of them than a statement takes."""
    return json.dumps(sorted(zone_keys))


_head = (
    select(leads.c.due_at)
    .where(
        leads.c.list_id == list_buckets.c.list_id,
        leads.c.priority == list_buckets.c.priority,
        leads.c.zone == list_buckets.c.zone,
        leads.c.due_at.is_not(None),
    )
    .order_by(leads.c.due_at)
    .limit(1)
    .correlate(list_buckets)
    .scalar_subquery()
)
_of_campaign = (
    select(list_buckets.c.zone)
    .join(lists, lists.c.id == list_buckets.c.list_id)
    .where(lists.c.campaign == bindparam("campaign"), lists.c.archived_at.is_(None))
)
_KEYS = _of_campaign.distinct()
_each = _of_campaign.add_columns(_head.label("head")).subquery()
_HEADS = select(_each.c.zone, func.min(_each.c.head, type_=UtcDateTime)).group_by(_each.c.zone)
_COUNT = (
    select(func.count())
    .select_from(lists.join(list_buckets, lists.c.id == list_buckets.c.list_id))
    .join(
        leads,
        (leads.c.list_id == list_buckets.c.list_id)
        & (leads.c.priority == list_buckets.c.priority)
        & (leads.c.zone == list_buckets.c.zone),
    )
    .where(
        lists.c.campaign == bindparam("campaign"),
        lists.c.archived_at.is_(None),
        list_buckets.c.zone.in_(bindparam("keys", expanding=True)),
        leads.c.due_at.is_not(None),
    )
)
