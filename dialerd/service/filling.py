"""What comes into a version before anybody sees it: the rows of a file, an earlier version again, another list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime

from dialerd.domain.errors import BadInput, NotFound
from dialerd.domain.importing import Duplicates, Headway, Mode, Phase, Scope
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.load import Loader, Target, counted
from dialerd.service.version_work import Work
from dialerd.service.working_copy import working_copy
from dialerd.store import arming, bulk, copies, differences, leads, list_ends, lists, numbers, staging, versions
from dialerd.store.database import Connection
from dialerd.store.staging import Rules
from dialerd.store.versions import Buckets, VersionRecord

ROLLBACK, COPY = "rollback", "copy"
MANY_ROWS = 5000
"""From here on what was loaded may change how the database should go about it."""
EXPIRING_ROWS = 1000
"""So many leads are told when they end in one transaction."""
INTERRUPTED = "its import was interrupted; import the file again"


def fill(work: Work) -> Buckets:
    """Stages what the version is to be, from wherever that was left, and returns its counts.

    Raises BadInput for a file that cannot be used, NotFound when what it comes from is gone, Refused as Work.note.
    """
    if work.record.mode == ROLLBACK:
        return _from_version(work)
    if work.record.mode == COPY:
        return _from_list(work)
    if work.record.original_id is None:
        raise BadInput(INTERRUPTED)
    return _from_file(work)


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Raises BadInput for an instant that is over: such leads would be none."""
    if expires_at is not None and expires_at <= now:
        raise BadInput(f"expires_at {expires_at:%Y-%m-%d %H:%M} UTC: is over already")


def write_options(reading: Reading, rules: Rules) -> dict[str, object]:
    """What a version keeps, so that any worker reads its file in the same way."""
    kept: dict[str, object] = {
        name: getattr(reading, name)
        for name in ("delimiter", "encoding", "phone_column", "sheet", "kinds", "countries")
    }
    return {
        "reading": {**kept, "mapping": dict(reading.mapping)},
        "duplicates": rules.duplicates.value,
        "scope": rules.scope.value,
        **({} if rules.expires_at is None else {"expires_at": rules.expires_at.isoformat()}),
    }


def read_options(record: VersionRecord) -> tuple[Reading, Rules]:
    """What write_options kept."""
    options = record.options
    expires_at = options.get("expires_at")
    rules = Rules(
        Mode(record.mode),
        Duplicates(options["duplicates"]),
        Scope(options["scope"]),
        None if expires_at is None else datetime.fromisoformat(expires_at),
    )
    return Reading(**options["reading"]), rules


def copy_options(conn: Connection, of: int, protected: Collection[str]) -> Mapping[str, object]:
    """What the first version of a copy keeps, so that any worker can go on with it: the list it is of, where the leads of
    that begin, with which dispositions they stay what they are, and what its files were allowed.
    """
    first = leads.span(conn, of)[0]
    return {"of": of, "first": first, "protected": sorted(protected), numbers.FILES: numbers.of_files(conn, of)}


def _from_file(work: Work) -> Buckets:
    record = work.record
    reading, rules = read_options(record)
    with work.database.read() as conn:
        home = lists.by_id(conn, record.list_id)
    if home is None:
        raise NotFound(f"version {record.number}: its list was deleted")
    target = Target(record.list_id, reading.numbers(home.rules), rules)
    # What is lost of it is read again; that the version is published is on the disk, and with it all of its rows.
    steps = work.steps(durable=False)
    loader = Loader(work.database, record, target, steps, work.clock, work.progress)
    with closing(steps), working_copy(work.database, record) as path:
        try:
            loader.load(path, reading)
        except BadInput as error:
            raise BadInput(str(error).replace(str(path), record.file_name)) from error
    work.record = replace(record, buckets=loader.buckets)
    if rules.expires_at is not None:
        _let_expire(work, rules.expires_at)
    _refresh_statistics(work)
    if rules.mode is Mode.REPLACE:
        _end_others(work)
    with work.database.read() as conn:
        _, _, withdrawn = arming.ended_and_begun(conn, *work.place)
    return replace(loader.buckets, withdrawn=withdrawn)


def _let_expire(work: Work, expires_at: datetime) -> None:
    """Says of the new leads when they end by themselves; before the version is published nobody dials them."""
    with work.database.read() as conn:
        _, last = leads.span(conn, work.record.list_id)
    for after in range(work.record.highest_before, last, EXPIRING_ROWS):
        with work.database.write() as conn:
            leads.let_expire(conn, work.record.list_id, after, after + EXPIRING_ROWS, expires_at)


def _refresh_statistics(work: Work) -> None:
    if work.record.buckets.rows >= MANY_ROWS:
        with work.database.write() as conn:
            bulk.refresh_statistics(conn)


def _end_others(work: Work) -> None:
    before = work.record.highest_before

    def step(conn: Connection, after: int, rows: int) -> int | None:
        last = arming.end_others(conn, *work.place, after, rows) if after < before else None
        return last if last is not None and last < before else None

    work.walk(Phase.WITHDRAWING, step, last=before)


def _from_version(work: Work) -> Buckets:
    record = work.record
    span = (record.list_id, record.previous, int(record.options["to"]))
    steps = work.steps()
    place: differences.Place | None = None
    more = True
    while more:
        # Read in pages: a reader that stays for all of it would keep SQLite from clearing its log meanwhile.
        with work.database.read() as conn:
            ids, place = differences.touched(conn, *span, place, steps.room)
        more = place is not None
        while ids:
            with steps.write() as conn:
                for rows in steps.portions():
                    some, ids = ids[:rows], ids[rows:]
                    back = differences.restore(conn, *span, record.number, some)
                    versions.count(conn, *work.place, unarmed=back)
                    if not ids:
                        break
                work.note(conn)
            steps.rest()
    with work.database.read() as conn:
        back, changed, withdrawn = arming.ended_and_begun(conn, *work.place)
    return Buckets(rows=back + changed, imported=back, updated=changed, withdrawn=withdrawn)


def _from_list(work: Work) -> Buckets:
    """The leads of the other list's current version, from behind the last one that is in."""
    record, buckets = work.record, work.record.buckets
    source, first = int(record.options["of"]), int(record.options["first"])
    after = first - 1 + record.position
    steps = work.steps()
    while True:
        with work.database.read() as conn:
            if not list_ends.is_there(conn, source):
                raise NotFound(f"{record.file_name}: that list was deleted meanwhile, and nothing is left of the copy")
            page = copies.next_page(conn, source, after, steps.room, protected=record.options["protected"])
            last = max(leads.span(conn, source)[1], after)
        if not page:
            _refresh_statistics(work)
            return buckets
        with steps.write() as conn:
            for rows in steps.portions():
                some, page = page[:rows], page[rows:]
                counts = staging.stage(conn, *work.place, [item.row for item in some], work.clock())
                copies.keep(conn, record.list_id, some)
                buckets = counted(buckets, counts, len(some), 0)
                after = some[-1].lead_id
                if not page:
                    break
            work.note(conn, buckets=buckets, position=after - first + 1, size=last - first + 1)
        work.record = replace(record, buckets=buckets)
        work.progress(Headway(Phase.READING, buckets.rows, after - first + 1, last - first + 1))
        steps.rest()
