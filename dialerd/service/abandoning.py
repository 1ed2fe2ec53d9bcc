"""Where a campaign stands with its limits for abandoned calls: the figures of the database, judged by domain.abandon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.abandon import Answered, Meter, read
from dialerd.domain.compliance import Abandon
from dialerd.settings import Campaign
from dialerd.store import minutes
from dialerd.store.database import Connection


@dataclass(frozen=True, slots=True)
class AbandonStatus:
    """One limit for abandoned calls, at most `limit` percent in `hours`, and where the campaign stands with it: so many
    `abandoned` of so many `people`, `percent` of them, and of the abandoned so many were `late`: not connected within
    `connect_within` seconds of their answer, whatever became of the call then; `pace` is the part of its pace with which
    it may dial, 0 to 1, and `clears` when it may dial again, None while it may.
    """

    limit: float
    hours: float
    people: int
    abandoned: int
    percent: float
    pace: float
    clears: datetime | None
    connect_within: float
    late: int


def meters(conn: Connection, campaign: Campaign, now: datetime) -> tuple[Meter, ...]:
    """One for each limit of its compliance, over all its calls by all engines."""

    def answered(limit: Abandon, since: datetime, span: timedelta) -> Sequence[Answered]:
        dispositions = campaign.dispositions
        people = [name for name in dispositions.names if dispositions[name].human]
        return minutes.answered(conn, campaign.name, people, limit, since, span)

    return read(campaign.compliance.abandon, answered, now)


def standing(conn: Connection, campaign: Campaign, now: datetime) -> tuple[AbandonStatus, ...]:
    """The same for people and programs to look at."""
    return tuple(
        AbandonStatus(
            limit=found.limit.percent,
            hours=found.limit.period / timedelta(hours=1),
            people=found.people,
            abandoned=found.abandoned,
            percent=round(found.percent, 2),
            pace=round(found.pace, 3),
            clears=found.clears,
            connect_within=found.limit.connect_within.total_seconds(),
            late=found.late,
        )
        for found in meters(conn, campaign, now)
    )
