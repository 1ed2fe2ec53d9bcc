"""Freezing: nobody is dialed, every call is hung up, until it is thawed. The emergency brake."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dialerd.domain.errors import Refused
from dialerd.service import calling_off
from dialerd.service.names import require_campaign
from dialerd.store import attempts, audit, campaigns, freezes
from dialerd.store.database import Database
from dialerd.store.freezes import EVERYTHING, Freeze


def freeze(
    database: Database,
    campaign: str | None,
    *,
    configured: Collection[str],
    actor: str,
    now: datetime,
    max_send_delay: float,
) -> bool:
    """Freezes the campaign, or everything for None. When it returns no call leaves any more (calling_off; `max_send_delay`
    is the engine's, in seconds), and engines hang up every call within a second. False when it was frozen already. Raises
    NotFound for a campaign nobody knows.
    """
    with database.write() as conn:
        if campaign is not None:
            require_campaign(conn, campaign, configured)
            campaigns.ensure(conn, [campaign], now)
        new = freezes.add(conn, campaign or EVERYTHING, now, actor)
        if new:
            audit.add(conn, at=now, actor=actor, action="campaign.freeze", subject=_subject(campaign))
    calling_off.of_campaign(database, campaign, clock=lambda: now, max_send_delay=max_send_delay)
    return new


def unfreeze(
    database: Database, campaign: str | None, *, configured: Collection[str], actor: str, now: datetime
) -> None:
    """Ends the freeze of the campaign, or that of everything for None: what was Active dials on.

    Raises NotFound, or Refused when it is not frozen, or only because everything is.
    """
    with database.write() as conn:
        if campaign is not None:
            require_campaign(conn, campaign, configured)
        if not freezes.remove(conn, campaign or EVERYTHING):
            raise Refused(_not_frozen(campaign, freezes.all(conn)))
        audit.add(conn, at=now, actor=actor, action="campaign.unfreeze", subject=_subject(campaign))


def still_up(database: Database, campaign: str | None) -> int:
    """How many calls of the campaign, or of all, have not ended yet."""
    with database.read() as conn:
        counts = attempts.open_counts(conn).campaigns
    return sum(counts.values()) if campaign is None else counts.get(campaign, 0)


def _subject(campaign: str | None) -> str:
    return "everything" if campaign is None else f"campaign {campaign}"


def _not_frozen(campaign: str | None, found: list[Freeze]) -> str:
    names = [freeze.campaign for freeze in found]
    if campaign is not None and EVERYTHING in names:
        return f"campaign {campaign} is frozen with everything else; dialerd campaign unfreeze"
    if campaign is None and names:
        return f"not everything is frozen, only {', '.join(names)}; dialerd campaign unfreeze NAME"
    return f"{_subject(campaign)} is not frozen: there is nothing to unfreeze"


def standing(database: Database) -> list[Freeze]:
    """What is frozen now, by whom and since when; `freezes.EVERYTHING` is the name of the freeze of everything."""
    with database.read() as conn:
        return freezes.all(conn)
