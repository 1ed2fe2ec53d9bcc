"""Versions of a list: files brought in and looked at, progress, what became of every row, the way back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from dialerd.domain.errors import NotFound
from dialerd.domain.importing import Phase
from dialerd.domain.lifecycle import VersionState
from dialerd.domain.places import read_place
from dialerd.ingest.csvfile import BadRow
from dialerd.service import imports, list_versions, rollbacks
from dialerd.service.names import name_of_list
from dialerd.service.rejected import rejected_rows, show_rejects
from dialerd.service.rollbacks import RolledBack, Undone
from dialerd.store.differences import Change, Said
from dialerd.store.versions import Buckets, VersionRecord
from dialerd.web import paging
from dialerd.web.api.downloads import attachment, csv_of, named
from dialerd.web.paging import Cursor, Limit, Page
from dialerd.web.people import Here, Operator, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.values import MAX_NUMBER, ListId, VersionNumber

router = APIRouter(tags=["versions"], route_class=ApiRoute)


class Version(BaseModel):
    """A version of a list, most often one file. `rows` is the sum of the counts behind it but `withdrawn`, once it has
    ended. Of what `phase` says an unfinished one is at, `done` of `of` is done.
    """

    number: int
    state: VersionState
    mode: str
    file: str
    sha256: str
    options: Mapping[str, Any]
    error: str | None
    rows: int
    imported: int
    updated: int
    unchanged: int
    duplicate: int
    dnc: int = Field(description="On do-not-call.")
    rejected: int
    withdrawn: int
    phase: Phase | None
    percent: int | None
    done: int
    of: int
    created_at: datetime
    created_by: str
    cancelled_by: str | None
    finished_at: datetime | None


class SaidOf(BaseModel):
    """What a version says about a lead."""

    line: int
    priority: int
    zone: str
    fields: Mapping[str, str]


class Differing(BaseModel):
    """A lead about which two versions differ."""

    change: Change
    lead_id: int
    phone: str
    before: SaidOf | None
    after: SaidOf | None


class Difference(BaseModel):
    """How version `after` differs from version `before`: all counted, the first ones in `rows`."""

    before: int
    after: int
    added: int
    changed: int
    withdrawn: int
    rows: list[Differing]


class Rejected(BaseModel):
    """A row that was refused: its line in the file, why, and what stood there."""

    line: int
    reason: str
    text: str


class Cancelled(BaseModel):
    """The version that is not imported any more."""

    version: int


def in_words(record: VersionRecord) -> Version:
    """The version as the API shows it."""
    unfinished = record.state.unfinished
    counts = {name: getattr(record.buckets, name) for name in Buckets.__slots__}
    return Version(
        number=record.number,
        state=record.state,
        mode=record.mode,
        file=record.file_name,
        sha256=record.sha256,
        options=dict(record.options),
        error=record.error,
        **counts,
        phase=record.phase if unfinished else None,
        percent=record.headway.percent if unfinished else None,
        done=record.position,
        of=record.size,
        created_at=record.created_at,
        created_by=record.created_by,
        cancelled_by=record.cancelled_by,
        finished_at=record.finished_at,
    )


@router.get("/lists/{list_id}/versions")
def overview(site: Here, _asker: Viewer, list_id: ListId, limit: Limit = 50, cursor: Cursor = None) -> Page[Version]:
    """The versions of a list, the newest first."""
    before = paging.read_number(cursor)
    found = list_versions.versions_of(site.database, name_of_list(site.database, list_id))
    rest = [in_words(version) for version in found if before is None or version.number < before]
    return paging.page(rest[: limit + 1], limit, lambda version: version.number)


@router.get("/lists/{list_id}/versions/{number}")
def show(site: Here, _asker: Viewer, list_id: ListId, number: VersionNumber) -> Version:
    """One version: how far it is, or what became of its rows."""
    return in_words(list_versions.require_version(site.database, name_of_list(site.database, list_id), number))


@router.get("/lists/{list_id}/versions/{number}/rejected")
def rejected(
    site: Here, _asker: Viewer, list_id: ListId, number: VersionNumber, limit: Limit = 100, cursor: Cursor = None
) -> Page[Rejected]:
    """The rows that were refused, in the order of the file."""
    after = paging.read_number(cursor) or 0
    record = list_versions.require_version(site.database, name_of_list(site.database, list_id), number)
    behind = (row for row in rejected_rows(site.database, record) if row.line > after)
    rows = [_rejected(row) for row in islice(behind, limit + 1)]
    return paging.page(rows, limit, lambda row: row.line)


@router.get("/lists/{list_id}/versions/{number}/rejected.csv", response_class=Response, responses=csv_of("rows"))
def rejected_file(site: Here, _asker: Operator, list_id: ListId, number: VersionNumber) -> Response:
    """The same as a file to be corrected and imported again."""
    name = name_of_list(site.database, list_id)
    record = list_versions.require_version(site.database, name, number)
    if not record.buckets.rejected:
        raise NotFound(f"list {name}, version {number}: no row was rejected")
    return attachment(site, f"{name}-{number}.rejects.csv", lambda out: show_rejects(site.database, record, out))


@router.get("/lists/{list_id}/versions/{number}/original", response_class=Response, responses=csv_of("bytes"))
def original(site: Here, _asker: Operator, list_id: ListId, number: VersionNumber) -> Response:
    """The file that the version came from, byte for byte."""
    record, blocks = list_versions.original(site.database, name_of_list(site.database, list_id), number)
    return StreamingResponse(blocks, media_type="application/octet-stream", headers=named(record.file_name))


@router.get("/lists/{list_id}/difference")
def difference(
    site: Here,
    _asker: Viewer,
    list_id: ListId,
    before: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="0: the list before its first version.")],
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER)],
    limit: Annotated[int, Query(ge=0, le=500)] = 50,
) -> Difference:
    """How one version differs from another one."""
    found = list_versions.diff(site.database, name_of_list(site.database, list_id), before, after, limit=limit)
    rows = [
        Differing(
            change=row.change,
            lead_id=row.lead_id,
            phone=row.phone,
            before=_said(row.before),
            after=_said(row.after),
        )
        for row in found.rows
    ]
    counts = {"added": found.added, "changed": found.changed, "withdrawn": found.withdrawn}
    return Difference(before=before, after=after, **counts, rows=rows)


@router.post("/lists/{list_id}/versions/{number}/rollback")
def rollback(site: Here, asker: Operator, list_id: ListId, number: VersionNumber) -> RolledBack:
    """Makes the list what it was in that version, as a new version."""
    name = name_of_list(site.database, list_id)
    return rollbacks.rollback(site.database, name, number, actor=asker.name, clock=site.now)


@router.post("/lists/{list_id}/undo")
def undo(site: Here, asker: Operator, list_id: ListId) -> Undone:
    """Takes the newest import back, while none of its new leads was dialed."""
    return rollbacks.undo(site.database, name_of_list(site.database, list_id), actor=asker.name, clock=site.now)


@router.post("/lists/{list_id}/cancel")
def cancel(site: Here, asker: Operator, list_id: ListId) -> Cancelled:
    """Stops the import into the list, wherever it runs, and takes back what is in of it."""
    name = name_of_list(site.database, list_id)
    return Cancelled(version=imports.cancel(site.database, name, actor=asker.name, clock=site.now))


def _rejected(row: BadRow) -> Rejected:
    return Rejected(line=row.line, reason=row.reason, text=row.text)


def _said(said: Said | None) -> SaidOf | None:
    if said is None:
        return None
    zone = read_place(said.zone).zone_text
    return SaidOf(line=said.line, priority=said.priority, zone=zone, fields=said.fields)
