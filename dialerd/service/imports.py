"""Importing a file into a list: all or nothing, and never stuck. The rows themselves are read in `ingest`.

An import begins when the bytes of its file are in the database. From then on anybody can bring it to its end, so that
it needs neither the file nor the process that began it.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import BadInput, NotFound, Refused, Unavailable
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.load import Clock, Progress, unseen
from dialerd.ingest.source import sha256_of
from dialerd.service.filling import check_expiry, write_options
from dialerd.service.import_run import run
from dialerd.service.names import require_list
from dialerd.service.rejected import check_writable, write_rejects
from dialerd.service.unfinished import cancel, end_orphans, recover
from dialerd.service.workers import HANGS_AFTER, new_worker, start, worker_name
from dialerd.store import audit, originals, versions
from dialerd.store.database import Database
from dialerd.store.staging import PLAIN, Rules
from dialerd.store.steps import Watch
from dialerd.store.versions import Buckets, VersionRecord

__all__ = [
    "HANGS_AFTER",
    "ImportReport",
    "Ticket",
    "begin",
    "cancel",
    "finish",
    "host",
    "import_file",
    "recover",
    "work",
    "worker_name",
]

LOOK_SECONDS = 0.1
MOST_STARTS = 4
CHECKPOINT_PARTS = 16
"""After so many parts of a file, some MB, SQLite's log is cleared."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows of a file. `same_as` is the number of the earlier version made of the same bytes; a dry
    run has no version.
    """

    list: str
    version: int | None
    buckets: Buckets
    rejects_file: Path | None
    same_as: int | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """An import that has begun: its version, who may work on it first, and the size of its file in bytes."""

    list: str
    list_id: int
    version: int
    path: Path
    size: int
    worker: str
    same_as: int | None


def import_file(
    database: Database,
    list_name: str,
    path: Path,
    reading: Reading,
    *,
    actor: str,
    clock: Clock,
    rules: Rules = PLAIN,
    rejects: Path | None = None,
    progress: Progress = unseen,
    watch: Watch | None = None,
) -> ImportReport:
    """Imports a file as the list's next version, in this process: begin, work, finish.

    Nothing is dialed before the whole file is in. When it fails or is interrupted, what was staged is taken back, and
    the error goes on to the caller. Raises as these three do.
    """
    ticket = begin(database, list_name, path, reading, actor=actor, clock=clock, rules=rules, rejects=rejects)
    work(database, ticket, clock=clock, progress=progress, watch=watch)
    return finish(database, ticket, rejects)


def begin(
    database: Database,
    list_name: str,
    path: Path,
    reading: Reading,
    *,
    actor: str,
    clock: Clock,
    rules: Rules = PLAIN,
    rejects: Path | None = None,
) -> Ticket:
    """Puts the file into the database and makes it the list's next version, to be worked on by `import_run.run`.

    A version of the list that an interrupted process left is brought to its end before. Raises NotFound for the list,
    Refused while another import into it runs, BadInput for a file that cannot be read and for `rejects`, the file of
    rejected rows, when it cannot be written.
    """
    if rejects is not None:
        check_writable(rejects)
    check_expiry(rules.expires_at, clock())
    sha256, size = sha256_of(path), path.stat().st_size
    with database.read() as conn:
        list_id = require_list(conn, list_name).list_id
    end_orphans(database, list_id, clock)
    original_id = _keep(database, path, sha256, size, clock)
    worker = new_worker()
    # File names are bytes; those that are no UTF-8 cannot be kept as they are.
    file_name = path.name.encode("utf-8", "replace").decode()
    with database.write() as conn:
        record = require_list(conn, list_name)
        earlier = [version.number for version in versions.of_list(conn, record.list_id) if _same(version, sha256)]
        number = versions.begin(
            conn,
            record.list_id,
            file_name=file_name,
            sha256=sha256,
            created_by=actor,
            now=clock(),
            mode=rules.mode.value,
            original_id=original_id,
            options=write_options(reading, rules),
            size=size,
            worker=worker,
            may_be_born_armed=True,
        )
        detail = {"version": number, "file": file_name, "sha256": sha256, "mode": rules.mode.value}
        audit.add(conn, at=clock(), actor=actor, action="list.import", subject=f"list {list_name}", detail=detail)
    return Ticket(list_name, record.list_id, number, path, size, worker, min(earlier, default=None))


def work(
    database: Database, ticket: Ticket, *, clock: Clock, progress: Progress = unseen, watch: Watch | None = None
) -> None:
    """Brings the import to its end, in this process. Raises Refused when it was cancelled; that it failed stands in its
    version, and `finish` says it.
    """
    with suppress(BadInput):
        run(
            database,
            ticket.list_id,
            ticket.version,
            ticket.worker,
            new_worker(),
            clock=clock,
            progress=progress,
            watch=watch,
        )


def finish(database: Database, ticket: Ticket, rejects: Path | None) -> ImportReport:
    """The report of an import whose work has ended; writes its rejected rows to the file `rejects`, if there are any.
    Raises BadInput when the import failed, Refused when it was cancelled.
    """
    with database.read() as conn:
        record = versions.get(conn, ticket.list_id, ticket.version)
    if record is None:
        raise NotFound(f"version {ticket.version} of list {ticket.list} was deleted")
    if record.cancelled_by is not None and record.state is VersionState.FAILED:
        raise Refused(f"version {record.number} was cancelled by {record.cancelled_by}; nothing of it is left")
    written = write_rejects(database, record, rejects) if rejects is not None else None
    if record.state is VersionState.FAILED:
        where = f"; all of them are in {written}" if written and record.buckets.rejected == record.buckets.rows else ""
        raise BadInput(f"{_with_folder(record, ticket.path)}{where}")
    return ImportReport(ticket.list, record.number, record.buckets, written, ticket.same_as)


def host(database: Database, ticket: Ticket, *, clock: Clock, progress: Progress = unseen) -> None:
    """Has the import done in a process of its own, which goes on if this one is killed, and waits for its end. A worker
    that dies is replaced. Ctrl-C here cancels the import and waits until it is taken back.
    """
    worker = ticket.worker
    process = start(database, ticket.list_id, ticket.version, worker)
    starts = 1
    try:
        while True:
            ended = process.poll() is not None
            with database.read() as conn:
                record = versions.get(conn, ticket.list_id, ticket.version)
            if record is None or not record.state.unfinished:
                break
            progress(record.headway)
            if ended:
                starts = 1 if record.worker != worker else starts + 1
                if starts > MOST_STARTS:
                    raise Unavailable(f"list {ticket.list}: the process that imports ends as soon as it is started")
                # Its next worker takes the version over from the one that is gone.
                worker = record.worker
                process = start(database, ticket.list_id, ticket.version, worker)
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        with suppress(Refused, NotFound):
            cancel(database, ticket.list, actor="Ctrl-C", clock=clock)
        raise
    finally:
        # Its version has ended, so it is about to. Only after Ctrl-C twice is it left alone.
        with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
            process.wait(timeout=5)


def _keep(database: Database, path: Path, sha256: str, size: int, clock: Clock) -> int:
    with database.write() as conn:
        known = originals.find(conn, sha256, size)
        if known is not None:
            originals.touch(conn, known, clock())
            return known
        original_id = originals.begin(conn, sha256, size, new_worker(), clock())
    digest = hashlib.sha256()
    with path.open("rb") as raw:
        for part, block in enumerate(iter(lambda: raw.read(originals.PART_BYTES), b"")):
            digest.update(block)
            packed = originals.pack(block)
            # On the disk when the last transaction is, which says that all of them are there.
            with database.write(durable=False) as conn:
                originals.add_part(conn, original_id, part, packed, clock())
            if part % CHECKPOINT_PARTS == CHECKPOINT_PARTS - 1:
                database.checkpoint()
    if digest.hexdigest() != sha256:
        raise BadInput(f"{path}: was changed while it was read; import it again when nobody writes to it")
    with database.write() as conn:
        originals.complete(conn, original_id, clock())
    return original_id


def _with_folder(record: VersionRecord, path: Path) -> str:
    """Why it failed, with the file as the person named it."""
    error = record.error or ""
    name = record.file_name
    return f"{path}{error.removeprefix(name)}" if error.startswith(f"{name}:") else f"{path}: {error}"


def _same(version: VersionRecord, sha256: str) -> bool:
    return version.sha256 == sha256 and version.state in (VersionState.PUBLISHED, VersionState.ARMED)
