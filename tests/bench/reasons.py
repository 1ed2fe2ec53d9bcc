"""How long the reason takes of one number, and of a campaign, whose list is long."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from dialerd.domain.lifecycle import CampaignAction
from dialerd.service import campaigns, lists, statistics, status, why
from dialerd.store.database import Database
from harness import rules as made_up
from harness.world import CAMPAIGN

LOOKS = 9
REASON_MS = 100


def reasons_ms(url, list_name):
    """The medians, in milliseconds, of `dialerd why NUMBER` and `dialerd campaign why` without what starting costs."""
    settings = made_up.settings(compliance={"profile": ["us-default"]})
    database = Database(url)
    common = {"configured": settings.campaigns, "actor": "the benchmark"}
    try:
        campaigns.assign(database, CAMPAIGN, list_name, now=datetime.now(UTC), **common)
        campaigns.change(database, CAMPAIGN, CampaignAction.START, now=datetime.now(UTC), **common)
        number = lists.leads_of(database, list_name, limit=1)[0].lead.phone
        (found,) = why.of_number(database, number, settings, now=datetime.now(UTC))
        assert len(found.gates) > 15, found
        return (
            median_ms(lambda: why.of_number(database, number, settings, now=datetime.now(UTC))),
            median_ms(lambda: _of_campaign(database, settings)),
        )
    finally:
        database.close()


def _of_campaign(database, settings):
    now = datetime.now(UTC)
    status.campaign(database, CAMPAIGN, settings, now=now)
    found = statistics.of_campaign(database, CAMPAIGN, campaigns=settings.campaigns, now=now)
    assert sum(part.leads for part in found.funnel) == found.total


def median_ms(look):
    """How long one look takes."""
    times = []
    for _ in range(LOOKS):
        started = time.perf_counter()
        look()
        times.append(1000 * (time.perf_counter() - started))
    return sorted(times)[len(times) // 2]
