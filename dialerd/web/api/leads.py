"""Leads: found, shown with all that is known of them, added one by one or many at once, changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, StrictInt

from dialerd.domain.errors import BadInput
from dialerd.domain.importing import Duplicates, Mode, Scope
from dialerd.service import lead_changes, lead_moves, leads, lists, many_leads, why
from dialerd.service.leads import Found, FoundLead, LeadQuery, LeadStory
from dialerd.service.lists import LeadDetail
from dialerd.service.many_leads import GivenLead
from dialerd.service.moves import MoveReport
from dialerd.service.names import name_of_list
from dialerd.service.resets import MINIMUM_GAP
from dialerd.service.why import LeadWhy
from dialerd.store.leads import LeadRecord
from dialerd.store.staging import Rules
from dialerd.web import etags, paging
from dialerd.web.api.downloads import temporary
from dialerd.web.api.flow import known
from dialerd.web.api.versions import Version, in_words
from dialerd.web.etags import IfMatch
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.values import MAX_ID, Form, LeadId, ListId, Priority, Short, Switch, Text

router = APIRouter(tags=["leads"], route_class=ApiRoute)

Fields = Annotated[Mapping[Short, Text], Field(max_length=500, description="Texts under the names of fields.")]


Expiry = Annotated[AwareDatetime | None, Field(description="It is dialed no more from then on; null: no end.")]


class NewLead(Form):
    """A lead to be added, due now."""

    phone_number: Short
    fields: Fields = Field(default_factory=dict)
    priority: Priority = 0


class ExpiringLead(NewLead):
    """A lead to be added, due now."""

    expires_at: Expiry = None


class NewLeads(Form):
    """Leads to be added, due now. `update`: leads the list has take these fields."""

    leads: Annotated[list[NewLead], Field(min_length=1, max_length=many_leads.MOST)]
    expires_at: Expiry = None
    duplicates: Duplicates = Duplicates.SKIP
    scope: Scope = Scope.LIST


class RefusedLead(BaseModel):
    """The lead at this place of `leads`, from 0, was refused."""

    index: int
    reason: str


class Batch(BaseModel):
    """The version that the leads became, with the counts, and those that were refused."""

    version: Version
    rejected: list[RefusedLead]


class LeadEdit(Form):
    """Fields that are to be other ones; an empty text removes one. The number is what a lead is, and stays."""

    fields: Fields = Field(default_factory=dict)
    priority: Priority | None = None


class Close(Form):
    """Why it is closed."""

    reason: Short


class LeadReset(Form):
    """Whether it is made fresh although it was called less than `minimum_gap` seconds ago, or said never again."""

    minimum_gap: Annotated[StrictInt, Field(ge=0, le=366 * 86400)] = int(MINIMUM_GAP.total_seconds())
    force: Switch = False


class LeadMove(Form):
    """To which list."""

    to: Annotated[StrictInt, Field(ge=1, le=MAX_ID, description="The `list_id` of the other list.")]
    duplicates: Duplicates = Duplicates.SKIP


class Moved(BaseModel):
    """The lead as it was, and what became of it."""

    lead: LeadRecord
    report: MoveReport


@router.get("/leads")
def find(
    site: Here,
    _asker: Viewer,
    text: Annotated[Short | None, Query(description="A number, how one begins, or words of its fields.")] = None,
    list_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    campaign: Annotated[Short | None, Query()] = None,
    disposition: Annotated[Short | None, Query()] = None,
    limit: Limit = 50,
) -> Found:
    """Leads over all lists. `complete` is false when there may be more: then ask for less, or page through one list."""
    name = None if list_id is None else name_of_list(site.database, list_id)
    if disposition is not None:
        known(site, [disposition])
    query = LeadQuery(text, name, campaign, disposition)
    if query == LeadQuery(None):
        raise BadInput("which leads: give text, list_id, campaign or disposition")
    return leads.find(site.database, query, configured=site.campaigns, limit=limit)


@router.get("/lists/{list_id}/leads")
def of_list(
    site: Here,
    _asker: Viewer,
    list_id: ListId,
    disposition: Annotated[Short | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LeadDetail]:
    """The leads of a list in the order of its rows."""
    after = paging.read_number(cursor) or 0
    if disposition is not None:
        known(site, [disposition])
    found = lists.leads_of(
        site.database,
        name_of_list(site.database, list_id),
        disposition=disposition,
        limit=limit + 1,
        after=after,
    )
    return paging.page(found, limit, lambda item: item.lead.lead_id)


@router.post("/lists/{list_id}/leads", status_code=201)
def add(site: Here, asker: Operator, list_id: ListId, wanted: ExpiringLead, response: Response) -> FoundLead:
    """Adds one lead, due now. Send an Idempotency-Key, and it is added once, however often you ask."""
    made = lead_changes.add(
        site.database,
        name_of_list(site.database, list_id),
        wanted.phone_number,
        actor=asker.name,
        now=site.now(),
        fields=wanted.fields,
        priority=wanted.priority,
        expires_at=wanted.expires_at,
    )
    response.headers["Location"] = f"/api/v1/leads/{made.lead_id}"
    story = leads.show(site.database, str(made.lead_id))
    return _tagged(response, story)


@router.post("/lists/{list_id}/leads/batch", status_code=201)
def add_many(site: Here, asker: Operator, list_id: ListId, wanted: NewLeads, response: Response) -> Batch:
    """Adds many leads, due now, as one version of the list that accounts for each of them."""
    with temporary(site, "api.csv") as path:
        done = many_leads.add(
            site.database,
            name_of_list(site.database, list_id),
            [GivenLead(lead.phone_number, lead.fields, lead.priority) for lead in wanted.leads],
            path,
            Rules(Mode.ADD, wanted.duplicates, wanted.scope, wanted.expires_at),
            actor=asker.name,
            clock=site.now,
        )
    response.headers["Location"] = f"/api/v1/lists/{list_id}/versions/{done.version.number}"
    refused = [RefusedLead(index=each.index, reason=each.reason) for each in done.refused]
    return Batch(version=in_words(done.version), rejected=refused)


@router.get("/leads/{lead_id}")
def show(site: Here, _asker: Viewer, lead_id: LeadId, response: Response) -> LeadStory:
    """All that is known of a lead: fields, where they came from, every call and what was seen of it."""
    story = leads.show(site.database, str(lead_id))
    _tagged(response, story)
    return story


@router.patch("/leads/{lead_id}")
def edit(
    site: Here, asker: Operator, lead_id: LeadId, wanted: LeadEdit, response: Response, if_match: IfMatch = None
) -> FoundLead:
    """Changes fields of a lead. What it said before stays in its history."""
    if not wanted.fields and wanted.priority is None:
        raise BadInput("nothing to change: give fields or priority")
    check = etags.checker(if_match, f"lead {lead_id}")
    lead_changes.edit(
        site.database,
        str(lead_id),
        actor=asker.name,
        now=site.now(),
        fields=wanted.fields,
        priority=wanted.priority,
        check=lambda fields, priority: check(etags.tag(lead_id, dict(fields), priority)),
    )
    return _tagged(response, leads.show(site.database, str(lead_id)))


@router.post("/leads/{lead_id}/close")
def close(site: Here, asker: Operator, lead_id: LeadId, wanted: Close) -> LeadRecord:
    """Takes the lead out of the dialing for good; a call that is up goes on to its end."""
    return lead_changes.close(site.database, str(lead_id), reason=wanted.reason, actor=asker.name, now=site.now())


@router.post("/leads/{lead_id}/reset")
def reset(site: Here, asker: Operator, lead_id: LeadId, wanted: LeadReset | None = None) -> LeadRecord:
    """Makes the lead fresh again: as new, due now."""
    wish = wanted or LeadReset()
    return lead_changes.reset(
        site.database,
        str(lead_id),
        actor=asker.name,
        now=site.now(),
        gap=timedelta(seconds=wish.minimum_gap),
        force=wish.force,
        dispositions=site.settings.dispositions,
    )


@router.post("/leads/{lead_id}/move")
def move(site: Here, asker: Operator, lead_id: LeadId, wanted: LeadMove) -> Moved:
    """Moves the lead with its history to another list."""
    lead, report = lead_moves.move_lead(
        site.database,
        str(lead_id),
        name_of_list(site.database, wanted.to),
        actor=asker.name,
        clock=site.now,
        update=wanted.duplicates is Duplicates.UPDATE,
        protected=site.settings.dispositions.protected,
    )
    return Moved(lead=lead, report=report)


@router.get("/leads/{lead_id}/why")
def why_lead(site: Here, _asker: Viewer, lead_id: LeadId) -> LeadWhy:
    """Why the lead is dialed or not: each gate in order, and when that next changes."""
    return why.of_lead(site.database, lead_id, site.settings, now=site.now())


@router.get("/why")
def why_number(
    site: Here, _asker: Viewer, number: Annotated[Short, Query(description="With its plus sign, as %2B.")]
) -> tuple[LeadWhy, ...]:
    """The same about a number in each list that has it."""
    return why.of_number(site.database, number, site.settings, now=site.now())


def _tagged(response: Response, story: LeadStory) -> FoundLead:
    response.headers["ETag"] = etags.tag(story.lead.lead_id, dict(story.fields), story.lead.priority)
    return FoundLead(story.lead, story.fields)
