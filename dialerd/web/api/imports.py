"""Files brought into lists: looked at, tried, imported."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from dialerd.domain.importing import Duplicates, Mode, Scope
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.preview import Preview
from dialerd.service import dry_run, imports, list_versions, previews, workers
from dialerd.service.list_rules import number_rules
from dialerd.service.names import name_of_list
from dialerd.store.staging import Rules
from dialerd.store.versions import Buckets
from dialerd.web.api.files import TAKES_A_FILE, FileName, Wanted, sent_file
from dialerd.web.api.versions import Version, in_words
from dialerd.web.people import Here, Operator
from dialerd.web.routes import UploadRoute
from dialerd.web.values import ListId, Short, Words

uploads = APIRouter(tags=["versions"], route_class=UploadRoute)

SMALL_BYTES = 200_000
"""A file below this is imported in less time than another process takes to get ready."""

Countries = Annotated[Words, Query(description="Numbers of these only, instead of the list's own.")]
Kinds = Annotated[Words, Query(description="Kinds of numbers besides those the list takes.")]


class Import(BaseModel):
    """An import that has begun, or ended already. `same_as` is an earlier version made of the same bytes."""

    list_id: int
    same_as: int | None
    version: Version


class DryRun(BaseModel):
    """What would become of the rows of a file."""

    same_as: int | None
    rows: Buckets


@uploads.post("/lists/{list_id}/imports", status_code=202, openapi_extra=TAKES_A_FILE)
def begin(
    request: Request,
    site: Here,
    asker: Operator,
    list_id: ListId,
    wanted: Wanted,
    response: Response,
    mode: Annotated[Mode, Query(description="replace: leads that are not in the file are withdrawn.")] = Mode.ADD,
    duplicates: Annotated[Duplicates, Query(description="What becomes of leads the list has.")] = Duplicates.SKIP,
    scope: Annotated[Scope, Query(description="Where a number counts as known.")] = Scope.LIST,
    expires_at: Annotated[AwareDatetime | None, Query(description="New leads are dialed no more from then on.")] = None,
    countries: Countries = None,
    kinds: Kinds = None,
    file_name: FileName = None,
) -> Import:
    """Takes a file as the list's next version. The answer comes when the file is on disk; ask for the version until its
    `state` is `armed` or `failed`. Nothing is dialed before the whole file is in.
    """
    name = name_of_list(site.database, list_id)
    path = sent_file(request, file_name)
    ticket = imports.begin(
        site.database,
        name,
        path,
        _with(wanted, countries, kinds),
        actor=asker.name,
        clock=site.now,
        rules=Rules(mode, duplicates, scope, expires_at),
    )
    if ticket.size < SMALL_BYTES:
        imports.work(site.database, ticket, clock=site.now)
    else:
        workers.start_alone(site.database, ticket.list_id, ticket.version, ticket.worker)
    record = list_versions.require_version(site.database, name, ticket.version)
    response.headers["Location"] = f"/api/v1/lists/{list_id}/versions/{ticket.version}"
    return Import(list_id=list_id, same_as=ticket.same_as, version=in_words(record))


@uploads.post("/lists/{list_id}/dry-runs", openapi_extra=TAKES_A_FILE)
def rehearse(
    request: Request,
    site: Here,
    _asker: Operator,
    list_id: ListId,
    wanted: Wanted,
    mode: Annotated[Mode, Query()] = Mode.ADD,
    duplicates: Annotated[Duplicates, Query()] = Duplicates.SKIP,
    scope: Annotated[Scope, Query()] = Scope.LIST,
    countries: Countries = None,
    kinds: Kinds = None,
    file_name: FileName = None,
) -> DryRun:
    """Says what would become of every row of the file; writes nothing."""
    report = dry_run.dry_run(
        site.database,
        name_of_list(site.database, list_id),
        sent_file(request, file_name),
        _with(wanted, countries, kinds),
        now=site.now(),
        rules=Rules(mode, duplicates, scope),
    )
    return DryRun(same_as=report.same_as, rows=report.buckets)


@uploads.post("/lists/{list_id}/previews", openapi_extra=TAKES_A_FILE)
def preview(
    request: Request,
    site: Here,
    _asker: Operator,
    list_id: ListId,
    wanted: Wanted,
    rows: Annotated[int, Query(ge=0, le=100)] = 10,
    countries: Countries = None,
    kinds: Kinds = None,
    file_name: FileName = None,
) -> Preview:
    """A look at the file: its columns and the fields they would become, its first rows, and what is wrong with others."""
    name, path = name_of_list(site.database, list_id), sent_file(request, file_name)
    return previews.preview_for_list(site.database, name, path, _with(wanted, countries, kinds), rows, now=site.now())


@uploads.post("/previews", openapi_extra=TAKES_A_FILE)
def preview_alone(
    request: Request,
    site: Here,
    _asker: Operator,
    wanted: Wanted,
    region: Annotated[Short | None, Query(description="The region the list would have.")] = None,
    rows: Annotated[int, Query(ge=0, le=100)] = 10,
    countries: Countries = None,
    kinds: Kinds = None,
    file_name: FileName = None,
) -> Preview:
    """The same for a list that does not exist yet."""
    rules = number_rules(region, defaults=site.settings.lists.allowed)
    path = sent_file(request, file_name)
    return previews.preview_alone(site.database, path, _with(wanted, countries, kinds), rules, rows, now=site.now())


def _with(wanted: Reading, countries: list[str] | None, kinds: list[str] | None) -> Reading:
    return replace(wanted, countries=countries, kinds=kinds or ())
