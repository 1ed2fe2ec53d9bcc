"""Do-not-call by the file: imported in short transactions, exported a page at a time, a million entries or ten."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from dialerd.domain.dnc import Entry
from dialerd.domain.errors import BadInput
from dialerd.domain.importing import Headway, Phase
from dialerd.ingest.csvfile import BadRow, Row
from dialerd.ingest.dncfile import DncReader
from dialerd.ingest.exported import MARK, PREFIX
from dialerd.ingest.leadfile import Reading, open_leads
from dialerd.ingest.load import Clock, Progress, unseen
from dialerd.ingest.rejects import RejectFile
from dialerd.ingest.source import sha256_of
from dialerd.ingest.spreadsheet import guarded
from dialerd.service import calling_off
from dialerd.service.calling_off import CalledOff
from dialerd.service.dnc import DncTerms, DncWish, put, require_scope, scope_name, settle, template, unheard
from dialerd.service.names import require_campaign
from dialerd.service.registries import Taken
from dialerd.service.rejected import check_writable
from dialerd.store import audit, campaigns, dnc, dnc_copies
from dialerd.store.database import Connection, Database
from dialerd.store.dnc import EntryFilter, Outcome, StoredEntry
from dialerd.store.dnc_copies import RegistryCopy
from dialerd.store.dnc_leads import Effect
from dialerd.store.seen import Seen
from dialerd.store.steps import Steps

SHOWN_REJECTS = 10
"""Refused rows that the report itself names; all of them are in the file of rejected rows."""
PAGE = 1000


@dataclass(frozen=True, slots=True)
class DncReport:
    """What became of the rows of a file: `rows` is the sum of the five counts behind it. `updated` hold longer than
    before, `unchanged` held as long already, `duplicate` came before in the file. `first_rejects` are the first of the
    `rejected` ones. `leads` and `calls`: what it did to leads, and to calls that were planned.
    """

    file: str
    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    first_rejects: tuple[BadRow, ...] = ()
    rejects_file: Path | None = None
    leads: Effect = field(default_factory=Effect)
    calls: CalledOff = field(default_factory=CalledOff)


def import_file(
    database: Database,
    path: Path,
    reading: Reading,
    wish: DncWish,
    terms: DncTerms,
    *,
    configured: Collection[str],
    actor: str,
    clock: Clock,
    max_send_delay: float,
    rejects: Path | None = None,
    copy: Taken | None = None,
    progress: Progress = unseen,
) -> DncReport:
    """Puts every number of the file on do-not-call; rows may say their kind, campaign, expiry, source and reason
    themselves. What is written holds at once: an import that is interrupted has done a part, and doing it again does the
    rest. When it returns no call to these numbers leaves any more; `max_send_delay` is the engine's, in seconds.

    `copy` says that the file is a registry's: once all of it is in, the campaigns that are held to that registry may dial by
    it for as long as their profiles allow; its entries have the registry as their source where nothing else is said.

    Raises BadInput for a file that cannot be read (what was read before that holds) or has no usable row, NotFound for a
    campaign nobody knows.
    """
    if rejects is not None:
        check_writable(rejects)
    now = clock()
    if copy is not None and not terms.source:
        terms = replace(terms, source=copy.registry)
    made = template(wish, terms, actor, now)
    with database.read() as conn:
        require_scope(conn, wish, configured)
        known = {*configured, *(record.name for record in campaigns.all(conn))}
    sha256 = sha256_of(path)
    with ExitStack() as stack:
        file = stack.enter_context(open_leads(path, reading))
        try:
            reader = DncReader(file, reading, made, known)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error
        seen = stack.enter_context(Seen())
        out = stack.enter_context(RejectFile(rejects, reader.header, file.delimiter)) if rejects else None
        load = _Load(database, path, seen, out, clock)
        with database.write() as conn:
            _note(conn, "dnc.import", wish, actor, now, {"file": load.report.file, "sha256": sha256})
        try:
            load.all(reader.entries(), lambda rows: progress(Headway(Phase.READING, rows, *file.progress())))
        finally:
            # However it ends: what was written holds.
            with database.write() as conn:
                _note(conn, "dnc.imported", wish, actor, clock(), {"sha256": sha256, **load.counts()})
        report = load.report
        if copy is not None:
            _keep(database, copy, wish, report, actor, clock())
    calls = calling_off.on_dnc(database, clock=clock, max_send_delay=max_send_delay)
    leads = load.leads + settle(database, load.sweeps, clock, unheard)
    written = out.path if out is not None and out.rows else None
    return replace(report, rejects_file=written, leads=leads, calls=calls)


def _keep(database: Database, copy: Taken, wish: DncWish, report: DncReport, actor: str, now: datetime) -> None:
    entries = report.added + report.updated + report.unchanged
    kept = RegistryCopy(copy.registry, wish.campaign, copy.copied_at, now, actor, report.file, entries)
    with database.write() as conn:
        newest = dnc_copies.keep(conn, kept)
        detail = {"registry": copy.registry, "copied_at": _time(copy.copied_at), "newest": newest}
        _note(conn, "dnc.registry", wish, actor, now, detail)


class _Load:
    """The rows of one file on their way into the database."""

    def __init__(self, database: Database, path: Path, seen: Seen, out: RejectFile | None, clock: Clock) -> None:
        self._path = path
        self._seen = seen
        self._out = out
        self._clock = clock
        self._steps = Steps(database)
        self.leads = Effect()
        self.sweeps: list[int] = []
        # File names are bytes; those that are no UTF-8 cannot be kept as they are.
        self.report = DncReport(path.name.encode("utf-8", "replace").decode())

    def all(self, rows: Iterator[tuple[Row | BadRow, Entry | None]], tell: Callable[[int], None]) -> None:
        """Every row of the file. Raises BadInput when none can be used."""
        while some := list(islice(rows, self._steps.size)):
            entries = [entry for _, entry in some if entry is not None]
            bad = [row for row, _ in some if isinstance(row, BadRow)]
            outcomes = self._write(entries)
            self._refuse(bad)
            self._count(len(some), len(entries), len(bad), outcomes)
            tell(self.report.rows)
        first = next(iter(self.report.first_rejects), None)
        if first is None and self.report.rows == 0:
            raise BadInput(f"{self._path}: has no rows; nothing was imported")
        if first is not None and self.report.rejected == self.report.rows:
            raise BadInput(
                f"{self._path}: none of {self.report.rows:,} rows can be used, "
                f"the first (line {first.line}): {first.reason}"
            )

    def counts(self) -> dict[str, object]:
        """The counts by name."""
        return {name: getattr(self.report, name) for name in ("rows", *Outcome, "duplicate", "rejected")}

    def _write(self, entries: list[Entry]) -> list[Outcome]:
        new: dict[str, Entry] = {}
        for entry in entries:
            new.setdefault(_key(entry), entry)
        for key in self._seen.among(new):
            del new[key]
        self._seen.add(new)
        if not new:
            return []
        with self._steps.write() as conn:
            put_on = put(conn, list(new.values()), self._clock())
        self.leads += put_on.leads
        self.sweeps += put_on.sweeps
        self._steps.rest()
        return put_on.outcomes

    def _refuse(self, bad: list[BadRow]) -> None:
        for row in bad:
            if self._out is not None:
                self._out.add(row)
        shown = (*self.report.first_rejects, *bad)[:SHOWN_REJECTS]
        self.report = replace(self.report, first_rejects=shown)

    def _count(self, rows: int, entries: int, bad: int, outcomes: list[Outcome]) -> None:
        before = self.report
        self.report = replace(
            before,
            rows=before.rows + rows,
            added=before.added + outcomes.count(Outcome.ADDED),
            updated=before.updated + outcomes.count(Outcome.UPDATED),
            unchanged=before.unchanged + outcomes.count(Outcome.UNCHANGED),
            duplicate=before.duplicate + entries - len(outcomes),
            rejected=before.rejected + bad,
        )


def export(
    database: Database,
    wanted: EntryFilter,
    out: TextIO,
    *,
    configured: Collection[str],
    actor: str,
    now: datetime,
) -> int:
    """Writes the entries to `out` as CSV, a page at a time, and returns how many. Text that a spreadsheet would run stands
    behind a single quote; importing the file makes the same entries again.

    Raises NotFound for a campaign nobody knows.
    """
    with database.write() as conn:
        if wanted.campaign is not None:
            require_campaign(conn, wanted.campaign, configured)
        detail = {"scope": "any" if wanted.any_scope else scope_name(wanted.campaign), "source": wanted.source}
        audit.add(conn, at=now, actor=actor, action="dnc.export", subject="dnc", detail=detail)
    writer = csv.writer(out)
    writer.writerow(_TITLES)
    written = 0
    for stored in _pages(database, wanted):
        writer.writerow(_cells(stored))
        written += 1
    return written


def _pages(database: Database, wanted: EntryFilter) -> Iterator[StoredEntry]:
    after = 0
    while True:
        # A transaction for each page: one that lasts would keep SQLite from tidying its log, however long we write.
        with database.read() as conn:
            page = dnc.page(conn, wanted, after, PAGE)
        if not page:
            return
        yield from page
        after = page[-1].entry_id


_TITLES = (
    *("phone_number", "kind", "campaign", "expires_at", "source", "reason"),
    *(f"{PREFIX}added_at", f"{PREFIX}added_by", MARK),
)


def _cells(stored: StoredEntry) -> list[object]:
    entry = stored.entry
    return [
        entry.number,
        entry.kind.value,
        entry.campaign or "",
        _time(entry.expires_at),
        guarded(entry.source),
        guarded(entry.reason),
        _time(entry.added_at),
        guarded(entry.added_by),
        stored.entry_id,
    ]


def _time(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _key(entry: Entry) -> str:
    return f"{entry.kind} {entry.number} {entry.campaign or ''}"


def _note(conn: Connection, action: str, wish: DncWish, actor: str, now: datetime, detail: dict[str, object]) -> None:
    said = {"campaign": wish.campaign, "kind": wish.kind.value, **detail}
    audit.add(conn, at=now, actor=actor, action=action, subject="dnc", detail=said)
