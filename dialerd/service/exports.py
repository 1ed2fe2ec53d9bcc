"""Leads of a list as CSV: streamed, safe to open in a spreadsheet, and the same leads when it is imported again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TextIO

from dialerd.domain.errors import BadInput, NotFound
from dialerd.domain.places import read_place
from dialerd.ingest.exported import MARK, PREFIX, title_of
from dialerd.ingest.spreadsheet import guarded
from dialerd.ingest.titles import FIELDS
from dialerd.service.names import find_list
from dialerd.store import audit, exports, lists
from dialerd.store.database import Database
from dialerd.store.exports import ExportedLead
from dialerd.store.filters import EVERYBODY, LeadFilter

PAGE = 1000
"""Leads in memory at once."""

_SCAN = 50_000

Cell = Callable[[ExportedLead], object]


@dataclass(frozen=True, slots=True)
class ExportWish:
    """Which leads of the current version of list `name`, or with `campaign` of all its lists; and which columns in which
    order: fields of the lead, phone_number, priority, or how it stands (`STANDING`). No columns mean phone_number, every
    field and priority.
    """

    name: str
    columns: tuple[str, ...] = ()
    which: LeadFilter = EVERYBODY
    campaign: bool = False

    @property
    def subject(self) -> str:
        """What is exported, by its name."""
        return f"{'campaign' if self.campaign else 'list'} {self.name}"


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written: so many leads under these titles."""

    name: str
    leads: int
    titles: tuple[str, ...]


def export(database: Database, wish: ExportWish, out: TextIO, *, actor: str, now: datetime) -> ExportReport:
    """Writes the leads to `out`, a page at a time. Text that a spreadsheet would run stands behind a single quote; the
    number stays as it is dialed. Each lead is as it was at one instant while it was written.

    Raises NotFound for the list, or a campaign without lists, BadInput for a column that neither they nor dialerd have.
    """
    list_ids, columns = _looked_up(database, wish)
    detail = {"columns": list(columns), **wish.which.told()}
    with database.write() as conn:
        audit.add(conn, at=now, actor=actor, action="list.export", subject=wish.subject, detail=detail)
    titles = (*columns, MARK)
    writer = csv.writer(out)
    writer.writerow(titles)
    written = 0
    for lead in chain.from_iterable(_leads(database, list_id, wish) for list_id in list_ids):
        writer.writerow([*(cell(lead) for cell in columns.values()), lead.lead_id])
        written += 1
    return ExportReport(wish.name, written, titles)


def check(database: Database, wish: ExportWish) -> None:
    """Raises what `export` would, before anything is opened to be written to."""
    _looked_up(database, wish)


def columns_of(database: Database, name: str) -> tuple[str, ...]:
    """The columns of an export of list `name` that names none: phone_number, its fields, priority. Raises NotFound."""
    _, columns = _looked_up(database, ExportWish(name))
    return tuple(columns)


def _looked_up(database: Database, wish: ExportWish) -> tuple[list[int], dict[str, Cell]]:
    """The lists and the columns."""
    with database.read() as conn:
        if wish.campaign:
            list_ids = [record.list_id for record in lists.page(conn, campaign=wish.name)]
        else:
            list_ids = [find_list(conn, wish.name).list_id]
    if not list_ids:
        raise NotFound(f"campaign {wish.name} has no list; `dialerd campaign list` shows which ones have")
    names = set().union(*(_field_names(database, list_id) for list_id in list_ids))
    known = [field for field in FIELDS if field in names]
    return list_ids, _columns(wish, known + sorted(names.difference(known)))


def _leads(database: Database, list_id: int, wish: ExportWish) -> Iterator[ExportedLead]:
    after = 0
    while True:
        # A transaction for each page: one that lasts would keep SQLite from tidying its log, however long we write.
        with database.read() as conn:
            page = exports.page(conn, list_id, wish.which, after, PAGE)
        if not page:
            return
        yield from page
        after = page[-1].lead_id


def _field_names(database: Database, list_id: int) -> set[str]:
    """Every field some lead of the list has."""
    names: set[str] = set()
    after = 0
    while True:
        with database.read() as conn:
            after, found = exports.field_names(conn, list_id, after, _SCAN)
        if not after:
            return names
        names |= found


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
                f"field {wanted[:40]!r}: {wish.subject} has no such field; it has {', '.join(own)}, "
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
    "zones": lambda lead: read_place(lead.zone).zone_text,
    "list": lambda lead: guarded(lead.list_name),
    "version": lambda lead: lead.version,
    "line": lambda lead: lead.line,
    "file": lambda lead: guarded(lead.file_name or ""),
    "created": lambda lead: _time(lead.created_at),
}
STANDING = tuple(_STANDING)
"""How a lead stands, as columns beside its fields; their titles have PREFIX in front."""
