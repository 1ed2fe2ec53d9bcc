"""When a campaign may call somebody next, over all zones its leads are in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.openings import Openings
from dialerd.settings import Campaign
from dialerd.store import buckets
from dialerd.store.database import Connection


@dataclass(frozen=True, slots=True)
class NextCall:
    """`at` is the first instant at which a lead may be called that is due then: in the hours of its place and of the
    campaign; None when there is none. `due` is when the next lead is or was due. `barred` leads are due some time and may
    never be called where they are; counted when there are no others.
    """

    at: datetime | None
    due: datetime | None
    barred: int = 0


def next_call(conn: Connection, campaign: Campaign, now: datetime) -> NextCall:
    """What is next for the campaign."""
    heads = buckets.heads(conn, campaign.name)
    at = campaign.openings.next_call(heads, now)
    barred = buckets.count(conn, campaign.name, heads) if heads and at is None else 0
    return NextCall(at, min(heads.values(), default=None), barred)


def barred_leads(conn: Connection, campaign: str, openings: Openings, now: datetime) -> int:
    """Leads that are due some time and may never be called where they are."""
    never = [key for key in buckets.heads(conn, campaign) if not openings.ever(key, now)]
    return buckets.count(conn, campaign, never)
