"""Campaigns: what they are doing and why, started and stopped; the emergency brake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.service import campaigns, freezes, imports, lists, statistics, status
from dialerd.service.lists import ListView
from dialerd.service.statistics import FunnelPart, Statistics
from dialerd.service.status import CampaignStatus, SystemStatus
from dialerd.web import paging
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.site import Site
from dialerd.web.values import CampaignName

router = APIRouter(tags=["campaigns"], route_class=ApiRoute)


class Why(BaseModel):
    """Why a campaign dials or not, and where all its leads are: parts that add up to `total`."""

    campaign: str
    at: datetime
    state: CampaignState
    why: str
    total: int
    funnel: Sequence[FunnelPart]


class Frozen(BaseModel):
    """What does not dial. `campaign` is null for everything; calls that are up are hung up within a second."""

    campaign: str | None
    new: bool = Field(description="False when it was frozen already.")
    calls_up: int


class Freeze(BaseModel):
    """A freeze: since when, and by whom. `campaign` is null for everything."""

    campaign: str | None
    since: datetime
    actor: str


class Thawed(BaseModel):
    """What dials again if it is Active."""

    campaign: str | None


@router.get("/campaigns")
def overview(
    site: Here,
    _asker: Viewer,
    archived: Annotated[bool, Query(description="Archived ones too.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[CampaignStatus]:
    """Campaigns by name: state, pace, calls up, leads, and why."""
    after = paging.read_text(cursor) or ""
    found = status.system(site.database, site.settings, now=site.now(), archived=archived).campaigns
    rest = sorted((each for each in found if each.name > after), key=lambda each: each.name)
    return paging.page(rest[: limit + 1], limit, lambda each: each.name)


@router.get("/campaigns/{name}")
def show(site: Here, _asker: Viewer, name: CampaignName) -> CampaignStatus:
    """One campaign."""
    return status.campaign(site.database, name, site.settings, now=site.now())


@router.get("/campaigns/{name}/lists")
def lists_of(site: Here, _asker: Viewer, name: CampaignName) -> list[ListView]:
    """The lists it dials, in their order."""
    order = status.campaign(site.database, name, site.settings, now=site.now()).lists
    found = {view.name: view for view in lists.overview(site.database, now=site.now(), campaigns=site.campaigns)}
    return [found[each] for each in order if each in found]


@router.get("/campaigns/{name}/statistics")
def figures(site: Here, _asker: Viewer, name: CampaignName) -> Statistics:
    """The statistics of all its lists together, and of every call it made."""
    return _figures(site, name)


@router.get("/campaigns/{name}/why")
def why(site: Here, _asker: Viewer, name: CampaignName) -> Why:
    """Why it dials or not, and where all its leads are."""
    told = status.campaign(site.database, name, site.settings, now=site.now())
    found = _figures(site, name)
    return Why(campaign=name, at=found.at, state=told.state, why=told.why, total=found.total, funnel=found.funnel)


@router.post("/campaigns/{name}/start")
def start(site: Here, asker: Operator, name: CampaignName) -> CampaignStatus:
    """Begins to dial, within its hours. It needs a list with leads."""
    return _change(site, asker.name, name, CampaignAction.START)


@router.post("/campaigns/{name}/pause")
def pause(site: Here, asker: Operator, name: CampaignName) -> CampaignStatus:
    """Dials nobody new; calls in progress go on to their end. No call leaves any more once this is answered."""
    return _change(site, asker.name, name, CampaignAction.PAUSE)


@router.post("/campaigns/{name}/resume")
def resume(site: Here, asker: Operator, name: CampaignName) -> CampaignStatus:
    """Goes on where it was."""
    return _change(site, asker.name, name, CampaignAction.RESUME)


@router.post("/campaigns/{name}/stop")
def stop(site: Here, asker: Operator, name: CampaignName) -> CampaignStatus:
    """Ends the run: dials nobody new and hangs up what rings. It can be started again."""
    return _change(site, asker.name, name, CampaignAction.STOP)


@router.post("/campaigns/{name}/archive")
def archive(site: Here, asker: Operator, name: CampaignName) -> CampaignStatus:
    """Puts a campaign that does not dial out of sight."""
    return _change(site, asker.name, name, CampaignAction.ARCHIVE)


@router.post("/campaigns/{name}/unarchive")
def unarchive(site: Here, asker: Operator, name: CampaignName) -> CampaignStatus:
    """Brings it back, as a draft."""
    return _change(site, asker.name, name, CampaignAction.UNARCHIVE)


@router.post("/campaigns/{name}/freeze")
def freeze_one(site: Here, asker: Operator, name: CampaignName) -> Frozen:
    """Dials nobody and hangs up every call of the campaign, at once, until it is thawed."""
    return _freeze(site, asker.name, name)


@router.post("/campaigns/{name}/thaw")
def thaw_one(site: Here, asker: Operator, name: CampaignName) -> Thawed:
    """Ends its freeze: if it is Active it dials on."""
    return _thaw(site, asker.name, name)


@router.get("/freezes", tags=["status"])
def frozen(site: Here, _asker: Viewer) -> list[Freeze]:
    """What is frozen, that of everything first."""
    found = freezes.standing(site.database)
    return [Freeze(campaign=each.campaign or None, since=each.since, actor=each.actor) for each in found]


@router.post("/freeze", tags=["status"])
def freeze(site: Here, asker: Operator) -> Frozen:
    """The emergency brake: dials nobody and hangs up every call, of all campaigns, until it is thawed."""
    return _freeze(site, asker.name, None)


@router.post("/thaw", tags=["status"])
def thaw(site: Here, asker: Operator) -> Thawed:
    """Ends the freeze of everything: what is Active dials on."""
    return _thaw(site, asker.name, None)


@router.get("/status", tags=["status"])
def system(
    site: Here, _asker: Viewer, archived: Annotated[bool, Query(description="Archived campaigns too.")] = False
) -> SystemStatus:
    """Engines, trunks and campaigns at one instant, and the one thing to look at first."""
    return status.system(site.database, site.settings, now=site.now(), archived=archived)


def _figures(site: Site, name: str) -> Statistics:
    return statistics.of_campaign(
        site.database, name, campaigns=site.campaigns, now=site.now(), dispositions=site.settings.dispositions
    )


def _change(site: Site, actor: str, name: str, action: CampaignAction) -> CampaignStatus:
    imports.recover(site.database, clock=site.now)
    campaigns.change(
        site.database,
        name,
        action,
        configured=site.campaigns,
        actor=actor,
        now=site.now(),
        max_send_delay=site.settings.engine.max_send_delay,
    )
    return status.campaign(site.database, name, site.settings, now=site.now())


def _freeze(site: Site, actor: str, name: str | None) -> Frozen:
    delay = site.settings.engine.max_send_delay
    new = freezes.freeze(
        site.database, name, configured=site.campaigns, actor=actor, now=site.now(), max_send_delay=delay
    )
    return Frozen(campaign=name, new=new, calls_up=freezes.still_up(site.database, name))


def _thaw(site: Site, actor: str, name: str | None) -> Thawed:
    freezes.unfreeze(site.database, name, configured=site.campaigns, actor=actor, now=site.now())
    return Thawed(campaign=name)
