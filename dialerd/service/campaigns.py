"""Campaigns: their lists, and the states they go through. What a campaign is, its file says."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dialerd.domain.errors import Refused
from dialerd.domain.lifecycle import (
    CampaignAction,
    CampaignState,
    campaign_after,
    check_assign,
    check_open,
    check_start,
    check_unassign,
)
from dialerd.domain.openings import Openings
from dialerd.service import calling_off, dnc_sweeps
from dialerd.service.names import require_campaign, require_list
from dialerd.service.next_call import barred_leads
from dialerd.store import audit, campaigns, dnc, dnc_leads, leads, lists
from dialerd.store.campaigns import CampaignRecord
from dialerd.store.database import Connection, Database

FILE_GONE = "paused: its configuration file was gone"
"""Why the engine pauses a campaign that it has no file of."""

ENGINE = "engine"
"""The actor of what happens by itself."""


def assign(
    database: Database, campaign: str, list_name: str, *, configured: Collection[str], actor: str, now: datetime
) -> None:
    """Puts a list at the end of the campaign's lists. `configured` names the campaigns that have a file. Leads that
    entries of do-not-call stop for this campaign alone are closed, those of the one before come back.

    Raises NotFound, or Refused: only Ready or Used lists can be assigned, and each to one campaign.
    """
    with database.write() as conn:
        _open(conn, campaign, configured, now)
        check_open(campaign, campaigns.get_state(conn, campaign, lock=True))
        record = require_list(conn, list_name)
        check_assign(list_name, record.status, current=record.campaign, campaign=campaign)
        lists.assign(conn, record.list_id, campaign, now)
        _note(conn, "campaign.assign", campaign, actor, now, {"list": list_name, "from": record.campaign})
        sweeps = _sweeps(conn, record.list_id, campaign, record.campaign)
    dnc_sweeps.run(database, sweeps, clock=lambda: now)


def unassign(
    database: Database, campaign: str | None, list_name: str, *, configured: Collection[str], actor: str, now: datetime
) -> str:
    """Takes a list from the campaign, or from whichever it is assigned to when that is None; returns its name.

    Raises NotFound, or Refused: not from an Active campaign, and not from one it does not belong to.
    """
    with database.write() as conn:
        if campaign is not None:
            require_campaign(conn, campaign, configured)
        record = require_list(conn, list_name)
        if campaign is not None and record.campaign is not None and record.campaign != campaign:
            raise Refused(f"list {list_name} is assigned to campaign {record.campaign}, not to {campaign}")
        state = campaigns.get_state(conn, record.campaign, lock=True) if record.campaign else None
        check_unassign(list_name, current=record.campaign, state=state)
        lists.unassign(conn, record.list_id, now)
        left = record.campaign or ""
        _note(conn, "campaign.unassign", left, actor, now, {"list": list_name})
        sweeps = _sweeps(conn, record.list_id, left)
    dnc_sweeps.run(database, sweeps, clock=lambda: now)
    return left


def change(
    database: Database,
    campaign: str,
    action: CampaignAction,
    *,
    configured: Collection[str],
    actor: str,
    now: datetime,
    max_send_delay: float = 0.0,
) -> CampaignRecord:
    """Starts, pauses, resumes, stops, archives or unarchives the campaign and returns it as it is then. Engines see it
    within a second. When it is paused or stopped no call of it leaves any more (calling_off; `max_send_delay` is the
    engine's, in seconds).

    Raises NotFound, or Refused: the state does not allow it, or there is no list with leads, or no file, to dial by.
    """
    with database.write() as conn:
        _open(conn, campaign, configured, now)
        after = campaign_after(campaigns.get_state(conn, campaign, lock=True), action, name=campaign)
        if after is CampaignState.ACTIVE:
            _check_ready(conn, campaign, configured)
        reason = None if after is CampaignState.ACTIVE else f"{after.value} by {actor}"
        if action in _ENDS:
            reason = f"{_ENDS[action]} by {actor}"
        campaigns.set_state(conn, campaign, after, now, reason)
        _note(conn, f"campaign.{action.value}", campaign, actor, now, {})
        record = campaigns.get(conn, campaign)
    if record is None:
        raise AssertionError(f"campaign {campaign} was there a statement ago")
    if after is not CampaignState.ACTIVE:
        calling_off.of_campaign(database, campaign, clock=lambda: now, max_send_delay=max_send_delay)
    return record


_ENDS = {CampaignAction.STOP: "stopped", CampaignAction.UNARCHIVE: "unarchived"}


def pause(conn: Connection, campaign: str, reason: str, now: datetime) -> bool:
    """Pauses an Active campaign for a reason of the engine's. False, and nothing changed, when it is not Active any more."""
    record = campaigns.get(conn, campaign, lock=True)
    if record is None or record.state is not CampaignState.ACTIVE:
        return False
    campaigns.set_state(conn, campaign, CampaignState.PAUSED, now, reason)
    _note(conn, "campaign.pause", campaign, ENGINE, now, {"reason": reason})
    return True


def complete(conn: Connection, campaign: str, now: datetime, openings: Openings | None = None) -> bool:
    """Ends an Active campaign that has no lead to dial now or later and no call up; the engine asks. Leads that may never
    be called where they are, by its openings, do not keep it Active.

    False, and nothing changed, when it is not Active any more, a lead is left, or an import is on its way into one of
    its lists.
    """
    record = campaigns.get(conn, campaign, lock=True)
    if record is None or record.state is not CampaignState.ACTIVE:
        return False
    newest = [found.facts.newest for found in campaigns.lists_of(conn, campaign)]
    if any(state is not None and state.unfinished for state in newest):
        return False
    barred = barred_leads(conn, campaign, openings, now) if openings is not None else 0
    if leads.remaining(conn, campaign) > barred:
        return False
    reason = (
        f"every lead is done but {barred:,} that may never be called where they are" if barred else "every lead is done"
    )
    campaigns.set_state(conn, campaign, CampaignState.COMPLETED, now, reason)
    _note(conn, "campaign.complete", campaign, ENGINE, now, {})
    return True


def _open(conn: Connection, campaign: str, configured: Collection[str], now: datetime) -> None:
    """The campaign is known, and has a row to lock and to refer to."""
    require_campaign(conn, campaign, configured)
    campaigns.ensure(conn, [campaign], now)


def _sweeps(conn: Connection, list_id: int, *campaigns: str | None) -> list[int]:
    """What is left to do about the list's leads, which came to one of these campaigns or left it."""
    concerned = [campaign for campaign in campaigns if campaign]
    return [dnc_leads.sweep_list(conn, list_id)] if dnc.has_scope(conn, concerned) else []


def _check_ready(conn: Connection, campaign: str, configured: Collection[str]) -> None:
    if campaign not in configured:
        raise Refused(f"campaign {campaign} has no configuration file any more; put it back first")
    assigned = campaigns.lists_of(conn, campaign)
    check_start(campaign, lists=len(assigned), leads=len(leads.page(conn, campaign=campaign, limit=1)))


def _note(
    conn: Connection, action: str, campaign: str, actor: str, now: datetime, detail: dict[str, str | None]
) -> None:
    audit.add(conn, at=now, actor=actor, action=action, subject=f"campaign {campaign}", detail=detail)
