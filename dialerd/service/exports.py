"""Leads of a list as CSV: streamed, safe to open in a spreadsheet, and the same leads when it is imported again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from dialerd.domain.errors import BadInput
from dialerd.ingest.exported import MARK, PREFIX, title_of
from dialerd.ingest.spreadsheet import guarded
from dialerd.ingest.titles import FIELDS
from dialerd.service.names import find_list
from dialerd.store import audit, exports
from dialerd.store.database import Database
from dialerd.store.exports import ExportedLead

PAGE = 1000
"""Leads in memory at once."""

_SCAN = 50_000

Cell = Callable[[ExportedLead], object]


@dataclass(frozen=True, slots=True)
class ExportWish:
    """Which leads of the list's current version, and which columns in which order: fields of the lead, phone_number,
    priority, or how it stands (`STANDING`). No columns mean phone_number, every field and priority.
    """

    name: str
    columns: tuple[str, ...] = ()
    dispositions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: so many leads under these titles."""

    name: str
    leads: int
    titles: tuple[str, ...]


def export(database: Database, wish: ExportWish, out: TextIO, *, actor: str, now: datetime) -> ExportReport:
    """Writes the leads to `out`, a page at a time. Text that a spreadsheet would run stands behind a single quote; the
    number stays as it is dialed. Each lead is as it was at one instant while it was written.

    Raises NotFound for the list, BadInput for a column that neither the list nor dialerd has.
    """
    list_id, columns = _prepare(database, wish, actor, now)
    titles = (*columns, MARK)
    writer = csv.writer(out)
    writer.writerow(titles)
    written = 0
    for lead in _leads(database, list_id, wish):
        writer.writerow([*(cell(lead) for cell in columns.values()), lead.lead_id])
        written += 1
    return ExportReport(wish.name, written, titles)


def check(database: Database, wish: ExportWish) -> None:
    """Raises what `export` would, before anything is opened to be written to."""
    with database.read() as conn:
        list_id = find_list(conn, wish.name).list_id
    _columns(wish, _known_fields(database, list_id))


def _prepare(database: Database, wish: ExportWish, actor: str, now: datetime) -> tuple[int, dict[str, Cell]]:
    with database.read() as conn:
        list_id = find_list(conn, wish.name).list_id
    columns = _columns(wish, _known_fields(database, list_id))
    detail = {"columns": list(columns), "dispositions": sorted(wish.dispositions)}
    with database.write() as conn:
        audit.add(conn, at=now, actor=actor, action="list.export", subject=f"list {wish.name}", detail=detail)
    return list_id, columns


def _leads(database: Database, list_id: int, wish: ExportWish) -> Iterator[ExportedLead]:
    after = 0
    while True:
        # A transaction for each page: one that lasts would keep SQLite from tidying its log, however long we write.
        with database.read() as conn:
            page = exports.page(conn, list_id, wish.dispositions, after, PAGE)
        if not page:
            return
        yield from page
        after = page[-1].lead_id


def _known_fields(database: Database, list_id: int) -> list[str]:
    """Every field some lead has: those dialerd knows in its order, then the others by name."""
    names: set[str] = set()
    after = 0
    while True:
        with database.read() as conn:
            after, found = exports.field_names(conn, list_id, after, _SCAN)
        if not after:
            break
        names |= found
    known = [field for field in FIELDS if field in names]
    return known + sorted(names.difference(known))


def _columns(wish: ExportWish, fields: Sequence[str]) -> dict[str, Cell]:
    """What the columns hold, by their titles."""
    own = {**_BUILT_IN, **{field: _field(field) for field in fields}}
    chosen: dict[str, Cell] = {}
    for wanted in wish.columns or ("phone_number", *fields, "priority"):
        standing = wanted.removeprefix(PREFIX)
        if wanted in own:
            chosen[title_of(wanted)] = own[wanted]
        elif standing in _STANDING:
            chosen[f"{PREFIX}{standing}"] = _STANDING[standing]
        elif wanted != MARK:
            raise BadInput(
                f"field {wanted[:40]!r}: list {wish.name} has no such field; it has {', '.join(own)}, "
                f"and of each lead there are {', '.join(STANDING)}"
            )
    return chosen


def _field(name: str) -> Cell:
    return lambda lead: guarded(lead.fields.get(name, ""))


def _time(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_BUILT_IN: dict[str, Cell] = {"phone_number": lambda lead: lead.phone, "priority": lambda lead: lead.priority}
_STANDING: dict[str, Cell] = {
    "disposition": lambda lead: lead.disposition,
    "attempts": lambda lead: lead.attempts,
    "dials": lambda lead: lead.dials,
    "last_attempt": lambda lead: _time(lead.last_attempt_at),
    "next_due": lambda lead: _time(lead.due_at),
    "closed": lambda lead: guarded(lead.closed or ""),
    "zones": lambda lead: lead.zone,
    "list": lambda lead: guarded(lead.list_name),
    "version": lambda lead: lead.version,
    "line": lambda lead: lead.line,
    "file": lambda lead: guarded(lead.file_name or ""),
    "created": lambda lead: _time(lead.created_at),
}
STANDING = tuple(_STANDING)
"""How a lead stands, as columns beside its fields; their titles have PREFIX in front."""
