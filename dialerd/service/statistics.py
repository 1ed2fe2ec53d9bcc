"""Statistics of a list or a campaign: exact, and as cheap for a million leads as for ten.

All is read off the tallies the database keeps (store/tallies.py) and judged by the same gates as a claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from dialerd.domain.dispositions import NOT_DIALED, SYSTEM, Catalogue, was_picked_up
from dialerd.domain.eligibility import CampaignRules
from dialerd.domain.funnel import Group, Part, Standing, funnel
from dialerd.service import standings
from dialerd.service.names import find_list, require_campaign
from dialerd.settings import Campaign
from dialerd.store import campaigns as campaign_store
from dialerd.store import tallies
from dialerd.store.database import Connection, Database
from dialerd.store.tallies import AttemptTallies

FOLD_FROM = 2000
"""So many loose rows of tallies make reading them slow enough to fold them first."""

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "penetration": (
            "share of the leads that were contacted: some attempt, at any time, was answered by a person, or by "
            "agreement a message was left"
        ),
        "dialable": (
            "due, within the hours of the campaign and of the place, and with attempts left; that a number was called too "
            "often shows when its turn comes"
        ),
        "answer_rate": "share of the ended attempts that a person or a machine answered; what never left is not counted",
    }
)
"""What the figures mean, for whoever sees them."""


@dataclass(frozen=True, slots=True)
class FunnelPart:
    """Leads in one part of the funnel; for those that wait, when the first of them goes on."""

    part: Part
    leads: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts by which it came to this: `open` ones have not ended, `answered` are among the `ended`, and `human`
    among the answered: a person was on the line. `answer_rate` is 0 to 1, None when nothing was dialed.
    """

    open: int
    ended: int
    answered: int
    human: int
    answer_rate: float | None
    dispositions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The leads of `name`, a list or a campaign with all its unarchived lists, at one instant.

    `total` is the sum of the parts of the `funnel` and of the `dispositions`. Leads of a version that is still being
    imported are not in it. `penetration` is 0 to 1.
    """

    name: str
    at: datetime
    total: int
    dialable: int
    contacted: int
    penetration: float
    dispositions: Mapping[str, int]
    attempts: Attempts
    funnel: tuple[FunnelPart, ...]


def of_list(
    database: Database,
    name: str,
    *,
    campaigns: Mapping[str, Campaign],
    now: datetime,
    dispositions: Catalogue = SYSTEM,
) -> Statistics:
    """Statistics of one list; `campaigns` are those that have a file. Raises NotFound."""
    fold(database)
    with database.snapshot() as conn:
        record = find_list(conn, name)
        campaign = campaigns.get(record.campaign or "")
        groups = _groups(conn, {record.list_id: campaign}, now)
        made = tallies.attempts_of_list(conn, record.list_id)
    return _statistics(name, groups, campaign.rules if campaign else None, made, now, dispositions)


def of_campaign(
    database: Database,
    name: str,
    *,
    campaigns: Mapping[str, Campaign],
    now: datetime,
    dispositions: Catalogue = SYSTEM,
) -> Statistics:
    """Statistics of all lists of a campaign together, and of every attempt it made. Raises NotFound."""
    fold(database)
    with database.snapshot() as conn:
        require_campaign(conn, name, campaigns)
        campaign = campaigns.get(name)
        groups = _groups(conn, {found.list_id: campaign for found in campaign_store.lists_of(conn, name)}, now)
        made = tallies.attempts_of_campaign(conn, name)
    return _statistics(name, groups, campaign.rules if campaign else None, made, now, dispositions)


def fold(database: Database, *, at_least: int = FOLD_FROM) -> int:
    """Folds loose tallies when there are many; returns how many rows. The engine asks now and then, and readers do."""
    with database.read() as conn:
        if tallies.loose(conn, at_least) < at_least:
            return 0
    with database.write() as conn:
        return tallies.fold(conn)


def _groups(conn: Connection, lists: Mapping[int, Campaign | None], now: datetime) -> list[Group]:
    """The groups of all the lists, with the exact time at which the first of each list's leads goes on."""
    found = standings.of_lists(conn, lists, now, until=True)
    return [group for list_id, groups in found.items() for group in _exact(conn, list_id, groups, now)]


def _exact(conn: Connection, list_id: int, groups: Sequence[Group], now: datetime) -> list[Group]:
    rounded: dict[str, datetime] = {}
    for group in groups:
        if group.standing is Standing.WAITING and group.until is not None:
            rounded[group.reason] = min(group.until, rounded.get(group.reason, group.until))
    firsts = {
        reason: tallies.first_due(conn, list_id, reason, now, until) or until for reason, until in rounded.items()
    }
    return [
        replace(group, until=firsts.get(group.reason)) if group.standing is Standing.WAITING else group
        for group in groups
    ]


def _statistics(
    name: str,
    groups: Sequence[Group],
    rules: CampaignRules | None,
    made: AttemptTallies,
    now: datetime,
    dispositions: Catalogue,
) -> Statistics:
    shown = funnel([(group, rules) for group in groups], now, dispositions)
    parts = tuple(FunnelPart(part, cut.leads, cut.until) for part, cut in shown.parts.items())
    if not sum(part.leads for part in parts) == sum(shown.dispositions.values()) == shown.total:
        raise AssertionError(f"the parts of the funnel of {name} do not add up: {shown}")
    return Statistics(
        name=name,
        at=now,
        total=shown.total,
        dialable=shown.dialable,
        contacted=shown.contacted,
        penetration=round(shown.penetration, 4),
        dispositions=shown.dispositions,
        attempts=_attempts(made, dispositions),
        funnel=parts,
    )


def _attempts(made: AttemptTallies, dispositions: Catalogue) -> Attempts:
    answered = sum(count for name, count in made.ended.items() if was_picked_up(name))
    human = sum(count for name, count in made.ended.items() if dispositions[name].human)
    dialed = sum(count for name, count in made.ended.items() if name not in NOT_DIALED)
    rate = round(answered / dialed, 4) if dialed else None
    return Attempts(made.open, sum(made.ended.values()), answered, human, rate, made.ended)
