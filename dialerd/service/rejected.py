"""The rejected rows of a version as a file that can be corrected and imported again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

from dialerd.domain.errors import BadInput
from dialerd.ingest.csvfile import BadRow
from dialerd.ingest.rejects import RejectFile, RejectTable
from dialerd.store import rejects
from dialerd.store.database import Database
from dialerd.store.versions import VersionRecord

_PAGE = 1000


def write_rejects(database: Database, record: VersionRecord, path: Path) -> Path | None:
    """Writes the rejected rows of the version to `path`, with the columns of their file, the reason and the line.
    Returns the path, or None and writes nothing when there are none. Raises BadInput when it cannot be written.
    """
    if record.layout is None:
        return None
    with RejectFile(path, record.layout["header"], record.layout["delimiter"]) as out:
        for row in rejected_rows(database, record):
            out.add(row)
        return path if out.rows else None


def show_rejects(database: Database, record: VersionRecord, out: TextIO) -> None:
    """Writes the same to a stream; nothing when no row was rejected."""
    rows = rejected_rows(database, record)
    first = next(rows, None)
    if record.layout is None or first is None:
        return
    table = RejectTable(out, record.layout["header"], record.layout["delimiter"])
    for row in chain([first], rows):
        table.add(row)


def rejected_rows(database: Database, record: VersionRecord) -> Iterator[BadRow]:
    """The rejected rows of the version in the order of the file; no transaction is open while the caller works."""
    line = 0
    while True:
        with database.read() as conn:
            page = rejects.rejects_of(conn, record.list_id, record.number, limit=_PAGE, after_line=line)
        yield from (BadRow(row.line, row.reason, row.text, row.cells) for row in page)
        if len(page) < _PAGE:
            return
        line = page[-1].line


def check_writable(path: Path) -> None:
    """Raises BadInput unless a file can be written there. Asked before anything is done, so that nothing is half done."""
    part = path.with_name(path.name + ".part")
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}; choose another with --rejects") from error
