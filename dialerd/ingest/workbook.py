"""An Excel workbook (.xlsx) as the same rows a CSV file gives. Another process opens it: see sheet_reader."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dialerd.domain.errors import BadInput
from dialerd.ingest import sheet_reader
from dialerd.ingest.csvfile import BadRow, Row, check_header, fault, kept
from dialerd.ingest.exported import restored
from dialerd.ingest.sheet_reader import MEMORY

LARGEST_UNPACKED = 1024**3
"""Bytes, by the file's own word; what it does not say is caught by the other process's limits."""
MOST_PARTS = 10_000
_LONGEST_MESSAGE = 64 * 1024**2


class Workbook:
    """One sheet of a workbook: its header and its rows. Rows without any text are no rows, as blank lines are none."""

    delimiter = ","

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        """Opens the sheet of that name, else the first one, and reads its header.

        Raises BadInput when it is damaged, claims to be larger than any list, or has no such sheet or no header.
        """
        self.path = path
        _refuse_bombs(path)
        self._process = _open(path, sheet)
        try:
            about = self._message()
            self._total, self._read = int(about["rows"]), 0
            self._rows = self._batches()
            self.header, self._offset = self._header()
        except BaseException:  # Ctrl-C too: who has no object cannot close it
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row below the header, once. `line` is the number the spreadsheet shows beside it."""
        first, width = self._offset, len(self.header)
        for number, cells, found in self._rows:
            self._read = number
            del cells[:first]
            while len(cells) > width and not cells[-1]:
                cells.pop()
            text = _as_csv(cells)
            reason = found or fault(cells, width, text)
            if reason is None:
                yield Row(number, tuple(cells), text)
            else:
                yield BadRow(number, reason, kept(text), tuple(cells) if len(cells) <= width else ())

    def progress(self) -> tuple[int, int]:
        """Rows read, and rows of the sheet."""
        return self._read, self._total

    def _header(self) -> tuple[tuple[str, ...], int]:
        """The titles, and how many empty columns stand before them."""
        number, cells, found = next(self._rows, (0, [], None))
        if found is not None:
            raise BadInput(f"{self.path}: row {number}: {found}")
        titled = [place for place, title in enumerate(cells) if title.strip()]
        if not titled:
            raise BadInput(f"{self.path}: is empty; the first row must name the columns, one of them phone_number")
        header = restored(cells[titled[0] : titled[-1] + 1])
        check_header(f"{self.path}: row {number}", header)
        return header, titled[0]

    def _batches(self) -> Iterator[tuple[int, list[str], str | None]]:
        while batch := self._message():
            yield from batch

    def _message(self) -> Any:
        """What the other process says next. Raises BadInput when that is an error, or nothing any more."""
        out = self._process.stdout
        line = out.readline(_LONGEST_MESSAGE) if out is not None else b""
        if not line.endswith(b"\n"):
            raise BadInput(
                f"{self.path}: cannot be unpacked within {MEMORY // 1024**2:,} MB of memory, or is damaged; "
                "save the sheet as CSV (UTF-8) and import that"
            )
        message = json.loads(line)
        if isinstance(message, dict) and "error" in message:
            raise BadInput(f"{self.path}: {message['error']}")
        return message

    def _close(self) -> None:
        self._process.kill()
        self._process.communicate()


def is_workbook(path: Path) -> bool:
    """Whether the file is an .xlsx by what is in it, whatever its name."""
    try:
        # A pipe or a device has no end to look for a zip's table of contents at.
        if not path.is_file():
            return False
        with zipfile.ZipFile(path) as parts:
            return "xl/workbook.xml" in parts.NameToInfo
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as parts:
        size, count = sum(part.file_size for part in parts.filelist), len(parts.filelist)
    if size > LARGEST_UNPACKED or count > MOST_PARTS:
        raise BadInput(
            f"{path}: unpacks to {size // 1024**2:,} MB in {count:,} parts, more than a list has; "
            "save the sheet as CSV (UTF-8) and import that"
        )


def _open(path: Path, sheet: str | None) -> subprocess.Popen[bytes]:
    arguments = [str(path.absolute()), *([sheet] if sheet is not None else [])]
    return subprocess.Popen(
        [sys.executable, "-m", sheet_reader.__name__, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _as_csv(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
