"""Rows of a file, read and judged some at a time; those of a large CSV file in a process of their own, which reads on
while others are written: `python -m dialerd.ingest.ahead`.

Between the two go pickles: both are this program, and nobody else can write to their pipes.
"""

from __future__ import annotations

import contextlib
import fcntl
import pickle
import subprocess
import sys
from collections.abc import Generator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from dialerd.domain.errors import BadInput, Unavailable
from dialerd.domain.phone import NumberRules
from dialerd.ingest.columns import choose_columns
from dialerd.ingest.csvfile import BadRow, CsvFile
from dialerd.ingest.leadfile import LeadFile, Reading, open_leads
from dialerd.ingest.rows import RowReader
from dialerd.store.staged import StagedLead

LARGE_BYTES = 2 * 1024**2
"""From here on a process of its own is worth its half a second of starting."""
CHUNK_ROWS = 50
_PIPE_BYTES = 1024**2
"""What Linux lets everybody have: some thousand rows, about as many as are written in one transaction."""


class Chunk(NamedTuple):
    """Some rows that follow each other in the file: those that can be used, and the others. `progress` is how much was
    read by then, and of how much (LeadFile.progress).
    """

    good: list[StagedLead]
    bad: list[BadRow]
    progress: tuple[int, int]


class _Request(NamedTuple):
    path: Path
    reading: Reading
    numbers: NumberRules
    skip: int


def row_reader(file: LeadFile, path: Path, reading: Reading, numbers: NumberRules) -> RowReader:
    """What reads the rows of the file by these rules. Raises BadInput when the columns cannot be made out."""
    try:
        columns = choose_columns(file.header, reading.phone_column, reading.mapping)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error
    return RowReader(columns, numbers)


def chunks(
    file: LeadFile, path: Path, reading: Reading, numbers: NumberRules, skip: int = 0, *, large: int = LARGE_BYTES
) -> Generator[Chunk]:
    """All rows behind the first `skip` ones. From a CSV file of `large` bytes on they come from another process, for
    which the path must be as good. Raises BadInput when the columns cannot be made out or the file cannot be read on,
    Unavailable when the other process is gone.
    """
    reader = row_reader(file, path, reading, numbers)
    if isinstance(file, CsvFile) and file.progress()[1] >= large:
        return _read_ahead(_Request(path, reading, numbers, skip))
    return _read_here(file, reader, skip)


def _read_here(file: LeadFile, reader: RowReader, skip: int) -> Generator[Chunk]:
    rows = islice(file.rows(), skip, None)
    while some := list(islice(rows, CHUNK_ROWS)):
        good: list[StagedLead] = []
        bad: list[BadRow] = []
        for row in some:
            read = reader.read(row)
            if isinstance(read, BadRow):
                bad.append(read)
            else:
                good.append(read)
        yield Chunk(good, bad, file.progress())


def _read_ahead(request: _Request) -> Generator[Chunk]:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("a process without its pipes")
        # More rows wait where the kernel allows it; without, it only takes longer.
        with contextlib.suppress(OSError):
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        with contextlib.suppress(BrokenPipeError), process.stdin as out:
            pickle.dump(request, out)
        while (found := _message(process.stdout)) is not None:
            yield found
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _message(pipe: IO[bytes]) -> Chunk | None:
    """What the other process says next; None when it has said all."""
    try:
        said = pickle.load(pipe)  # noqa: S301 - from a process of ours
    except (EOFError, pickle.UnpicklingError) as error:
        raise Unavailable("the process that reads the file has ended in the middle of it") from error
    if isinstance(said, BaseException):
        raise said
    if said is None:
        return None
    good, bad, progress = said
    return Chunk([tuple.__new__(StagedLead, row) for row in good], bad, progress)


def main() -> None:
    """Reads a request on its input, and writes its chunks, or what went wrong, to its output."""
    request: _Request = pickle.load(sys.stdin.buffer)  # noqa: S301 - from a process of ours
    # Who asked may be gone any time; then this process has nothing to do any more.
    with contextlib.suppress(BrokenPipeError):
        _answer(request, sys.stdout.buffer)


def _answer(request: _Request, out: IO[bytes]) -> None:
    path, reading, numbers, skip = request
    try:
        with open_leads(path, reading) as file:
            for good, bad, progress in _read_here(file, row_reader(file, path, reading, numbers), skip):
                pickle.dump(([tuple(row) for row in good], bad, progress), out)
                out.flush()
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - it goes on in the other process
        pickle.dump(error, out)
    else:
        pickle.dump(None, out)
    out.flush()


if __name__ == "__main__":
    main()
