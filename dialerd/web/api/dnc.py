"""Do-not-call: entries shown, added, removed and asked about, by hand and by the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from dialerd.domain.dnc import Entry, Kind
from dialerd.domain.errors import BadInput
from dialerd.ingest.dncfile import read_expiry
from dialerd.service import dnc, dnc_files, dnc_listing
from dialerd.service.calling_off import CalledOff
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.registries import RegistryStatus, taken
from dialerd.service.registries import overview as overview_of_registries
from dialerd.store.dnc import EntryFilter, Outcome
from dialerd.store.dnc_leads import Effect
from dialerd.web import paging
from dialerd.web.api.downloads import attachment, csv_of
from dialerd.web.api.files import TAKES_A_FILE, FileName, Wanted, sent_file
from dialerd.web.api.versions import Rejected
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute, UploadRoute
from dialerd.web.values import Form, Short

router = APIRouter(prefix="/do-not-call", tags=["do-not-call"], route_class=ApiRoute)
uploads = APIRouter(prefix="/do-not-call", tags=["do-not-call"], route_class=UploadRoute)

Numbers = Annotated[list[Short], Field(min_length=1, max_length=1000)]


class Numbered(Form):
    """Which entries: about these numbers, for this campaign or (without one) for all."""

    numbers: Numbers
    kind: Kind = Kind.EXACT
    campaign: Short | None = None
    region: Short | None = Field(None, description="The country whose national numbers are understood.")

    @property
    def wish(self) -> DncWish:
        """The same in the words of the service."""
        return DncWish(self.kind, self.campaign, self.region)


class NewEntries(Numbered):
    """Entries to be added, with where they come from and how long they hold."""

    expires_at: AwareDatetime | None = Field(None, description="Null: until they are removed.")
    source: Short = ""
    reason: Short = ""


class Asked(Form):
    """Which numbers are asked about, for this campaign or for any."""

    numbers: Numbers
    campaign: Short | None = None
    region: Short | None = None


class Listed(BaseModel):
    """An entry with its id."""

    entry_id: int
    entry: Entry


class Leads(BaseModel):
    """What it did to leads: closed, put off, due again."""

    closed: int
    waiting: int
    released: int


class Changed(BaseModel):
    """An entry as it is now, and what became of it."""

    entry: Entry
    outcome: Outcome


class Added(BaseModel):
    """What adding did: to entries, to leads, and to calls that were planned. No call to these numbers leaves any more."""

    entries: Sequence[Changed]
    leads: Leads
    calls: CalledOff


class Removed(BaseModel):
    """The entries as they were, and what that did to leads."""

    entries: Sequence[Entry]
    leads: Leads


class Answer(BaseModel):
    """Whether the number is on do-not-call, by which entry for longest, and all entries about it."""

    number: str
    on_dnc: bool
    stopped_by: Entry | None
    entries: Sequence[Entry]


class FileReport(BaseModel):
    """What became of the rows of a file: `rows` is the sum of the five counts behind it."""

    rows: int
    added: int
    updated: int
    unchanged: int
    duplicate: int
    rejected: int
    first_rejects: Sequence[Rejected]
    leads: Leads
    calls: CalledOff


@router.get("")
def overview(
    site: Here,
    _asker: Viewer,
    campaign: Annotated[Short | None, Query(description="Only entries for this campaign.")] = None,
    only_global: Annotated[bool, Query(alias="global", description="Only entries for all campaigns.")] = False,
    source: Annotated[Short | None, Query(description="Only entries from there.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Listed]:
    """Entries in the order in which they came, expired ones too."""
    found = dnc_listing.entries(
        site.database,
        _filter(campaign, source, only_global=only_global),
        configured=site.campaigns,
        limit=limit + 1,
        after=paging.read_number(cursor) or 0,
    )
    rows = [Listed(entry_id=each.entry_id, entry=each.entry) for each in found]
    return paging.page(rows, limit, lambda row: row.entry_id)


@router.post("")
def add(site: Here, asker: Operator, wanted: NewEntries) -> Added:
    """Puts numbers on do-not-call, at once, also for calls already planned. What is there is never shortened."""
    done = dnc.add(
        site.database,
        wanted.numbers,
        wanted.wish,
        DncTerms(wanted.expires_at, wanted.source, wanted.reason),
        configured=site.campaigns,
        actor=asker.name,
        clock=site.now,
        max_send_delay=site.settings.engine.max_send_delay,
    )
    entries = [Changed(entry=change.entry, outcome=change.outcome) for change in done.changes]
    return Added(entries=entries, leads=_leads(done.leads), calls=done.calls)


@router.post("/remove")
def remove(site: Here, asker: Operator, wanted: Numbered) -> Removed:
    """Takes exactly these entries away; leads that nothing else stops are due again as they were."""
    done = dnc.remove(
        site.database,
        wanted.numbers,
        wanted.wish,
        configured=site.campaigns,
        actor=asker.name,
        clock=site.now,
    )
    return Removed(entries=done.entries, leads=_leads(done.leads))


@router.post("/check")
def check(site: Here, _asker: Viewer, wanted: Asked) -> list[Answer]:
    """Says whether numbers are on do-not-call. A POST, so that numbers are in no log of addresses; it changes nothing."""
    wish = DncWish(campaign=wanted.campaign, region=wanted.region)
    found = dnc.check(site.database, wanted.numbers, wish, configured=site.campaigns, now=site.now())
    return [
        Answer(
            number=each.number,
            on_dnc=each.stopped_by is not None,
            stopped_by=each.stopped_by,
            entries=each.entries,
        )
        for each in found
    ]


@router.get("/registries")
def registries(site: Here, _asker: Viewer) -> list[RegistryStatus]:
    """The copies of do-not-call registries with their ages, and the registries that campaigns ask for and have none of."""
    return list(overview_of_registries(site.database, site.campaigns, site.now()))


@router.get("/entries.csv", response_class=Response, responses=csv_of("entries"))
def export(
    site: Here,
    asker: Operator,
    campaign: Annotated[Short | None, Query()] = None,
    only_global: Annotated[bool, Query(alias="global")] = False,
    source: Annotated[Short | None, Query()] = None,
) -> Response:
    """The entries as a file; importing it makes the same entries again."""
    wanted = _filter(campaign, source, only_global=only_global)
    return attachment(
        site,
        "do-not-call.csv",
        lambda out: dnc_files.export(
            site.database, wanted, out, configured=site.campaigns, actor=asker.name, now=site.now()
        ),
    )


@uploads.post("/imports", openapi_extra=TAKES_A_FILE)
def import_file(
    request: Request,
    site: Here,
    asker: Operator,
    wanted: Wanted,
    kind: Annotated[Kind, Query()] = Kind.EXACT,
    campaign: Annotated[Short | None, Query()] = None,
    region: Annotated[Short | None, Query()] = None,
    expires: Annotated[Short | None, Query(description="90d, a day, or an ISO 8601 time; else never.")] = None,
    source: Annotated[Short, Query()] = "",
    reason: Annotated[Short, Query()] = "",
    registry: Annotated[Short | None, Query(description="The file is a copy of this registry.")] = None,
    copied: Annotated[
        Short | None, Query(description="When that was taken: a day, or an ISO 8601 time; else now.")
    ] = None,
    file_name: FileName = None,
) -> FileReport:
    """Puts every number of a file on do-not-call. What is written holds at once; when it is interrupted, send it again."""
    done = dnc_files.import_file(
        site.database,
        sent_file(request, file_name),
        wanted,
        DncWish(kind, campaign, region),
        DncTerms(_expiry(expires, site.now()), source, reason),
        configured=site.campaigns,
        actor=asker.name,
        clock=site.now,
        max_send_delay=site.settings.engine.max_send_delay,
        copy=None if registry is None else taken(registry, copied, site.campaigns, site.now()),
    )
    return FileReport(
        rows=done.rows,
        added=done.added,
        updated=done.updated,
        unchanged=done.unchanged,
        duplicate=done.duplicate,
        rejected=done.rejected,
        first_rejects=[Rejected(line=row.line, reason=row.reason, text=row.text) for row in done.first_rejects],
        leads=_leads(done.leads),
        calls=done.calls,
    )


def _filter(campaign: str | None, source: str | None, *, only_global: bool) -> EntryFilter:
    if campaign is not None and only_global:
        raise BadInput("campaign and global exclude each other")
    return EntryFilter(campaign is None and not only_global, campaign, source)


def _expiry(text: str | None, now: datetime) -> datetime | None:
    return None if text is None else read_expiry(text, now)


def _leads(effect: Effect) -> Leads:
    return Leads(closed=effect.closed, waiting=effect.waiting, released=effect.released)
