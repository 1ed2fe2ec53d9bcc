"""How fast a campaign dialed: calls per second, span by span."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from dialerd.store import reports
from dialerd.store.database import Database


def paces(database: Database, campaign: str, instants: Sequence[datetime]) -> list[float]:
    """Calls per second between each instant and the next, in their order."""
    with database.read() as conn:
        return [
            reports.dialed_between(conn, since, until, campaign=campaign) / (until - since).total_seconds()
            for since, until in pairwise(instants)
        ]
