"""Where the leads of lists stand, in groups: as their rows tell, and by zone where hours or places make a difference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dialerd.domain.funnel import Group, Standing, by_zone
from dialerd.settings import Campaign
from dialerd.store import tallies, zone_groups
from dialerd.store.database import Connection


def of_lists(
    conn: Connection, lists: Mapping[int, Campaign | None], now: datetime, *, until: bool = False
) -> dict[int, list[Group]]:
    """The groups of each list, which is of that campaign. `until` as in tallies.of_lists."""
    found = tallies.of_lists(conn, list(lists), now, until=until)
    due = [list_id for list_id, groups in found.items() if any(group.standing is Standing.DUE for group in groups)]
    asked: dict[int, list[str]] = {}
    for list_id, keys in zone_groups.keys_of(conn, due).items():
        campaign = lists[list_id]
        if campaign is not None:
            asked[list_id] = campaign.openings.not_all_open(keys, now)
    for list_id, zoned in zone_groups.due_in(conn, asked, now).items():
        found[list_id] = by_zone(found[list_id], zoned)
    return found
