"""Leads that a list's campaign will never call where they are: told when they are imported or assigned, not when nobody
is dialed. Their places are judged by the gates of the claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.eligibility import Never, judge_place
from dialerd.service.names import find_list
from dialerd.settings import Campaign
from dialerd.store import zone_groups
from dialerd.store.database import Database


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """So many leads of a list that its campaign never calls, all for the one reason."""

    campaign: str
    reason: str
    leads: int


def of_list(
    database: Database, name: str, *, campaigns: Mapping[str, Campaign], now: datetime
) -> tuple[OutOfReach, ...]:
    """The leads of the list that are due and in a place its campaign has a "never" for, the most first; nothing for a list
    without a campaign, or whose campaign has no file. Raises NotFound.
    """
    with database.snapshot() as conn:
        record = find_list(conn, name)
        campaign = campaigns.get(record.campaign or "")
        if campaign is None:
            return ()
        verdicts = {
            key: judge_place(key, campaign.rules, now)
            for key in zone_groups.keys_of(conn, [record.list_id])[record.list_id]
        }
        never = {key: verdict.reason for key, verdict in verdicts.items() if isinstance(verdict, Never)}
        due = zone_groups.due_in(conn, {record.list_id: list(never)}, now)[record.list_id]
    found: Counter[str] = Counter()
    for group in due:
        found[never[group.zone or ""]] += group.leads
    return tuple(OutOfReach(campaign.name, reason, leads) for reason, leads in found.most_common())
