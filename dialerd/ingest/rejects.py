"""The file of rejected rows: what was refused, why, and in a form that can be corrected and imported again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from dialerd.domain.errors import BadInput
from dialerd.ingest.csvfile import BadRow
from dialerd.ingest.exported import REJECT_LINE, REJECT_REASON, explains
from dialerd.ingest.spreadsheet import escaped


class RejectTable:
    """Rejected rows as CSV on a stream: the columns of the original plus the reason and the line."""

    def __init__(self, out: TextIO, header: Sequence[str], delimiter: str) -> None:
        """Writes the titles."""
        self._places = [place for place, title in enumerate(header) if not explains(title)]
        self._writer = csv.writer(out, delimiter=delimiter)
        self._writer.writerow([*(escaped(header[place]) for place in self._places), REJECT_REASON, REJECT_LINE])

    def add(self, bad: BadRow) -> None:
        """Writes one row. A row that could not be split into cells stands as a whole in the first one."""
        cells = list(bad.cells) if bad.cells else [bad.text]
        own = [cells[place] if place < len(cells) else "" for place in self._places]
        self._writer.writerow([*map(escaped, own), escaped(bad.reason), bad.line])


class RejectFile:
    """A RejectTable in a file. It exists only once a row was written.

    It is written under another name and put in place at the end, so that what is there is always whole.
    """

    def __init__(self, path: Path, header: Sequence[str], delimiter: str) -> None:
        self.path = path
        self.rows = 0
        self._layout = (header, delimiter)
        self._part = path.with_name(path.name + ".part")
        self._out: TextIO | None = None
        self._table: RejectTable | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._out is None:
            return
        self._out.close()
        # Interrupted work explains nothing; a file that failed as a whole is explained by exactly these rows.
        if kind is None or issubclass(kind, BadInput):
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)

    def add(self, bad: BadRow) -> None:
        """Writes one row. Raises BadInput when the file cannot be written."""
        try:
            if self._table is None:
                self._table = self._begin()
            self._table.add(bad)
        except OSError as error:
            raise BadInput(
                f"{self.path}: cannot be written: {error.strerror}; choose another place for the rejected rows"
            ) from error
        self.rows += 1

    def _begin(self) -> RejectTable:
        # The byte order mark is how spreadsheets know UTF-8.
        self._out = self._part.open("w", encoding="utf-8-sig", newline="")
        return RejectTable(self._out, *self._layout)


def beside(path: Path) -> Path:
    """A name for the rejected rows of `path` that is not taken: `people.rejects.csv`, `people.rejects-2.csv` ...

    A file that is there may hold corrections in the making, so it is never replaced.
    """
    candidate = path.with_name(f"{path.stem}.rejects.csv")
    number = 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}.rejects-{number}.csv")
    return candidate
