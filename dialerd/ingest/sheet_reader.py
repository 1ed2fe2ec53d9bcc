"""The process that opens a workbook: `python -m dialerd.ingest.sheet_reader FILE [SHEET]`, rows as JSON on its output.

A workbook has to be unpacked as a whole, and a few kilobytes can claim to be billions of cells. What goes wrong with
that must end this process and nothing else, so it is one of its own, with a limit to its memory and time.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

MEMORY = 1024**3
"""Bytes: room for some hundred thousand rows of ten columns."""
SECONDS = 300
_ROWS_AT_ONCE = 200
_CHARACTERS_AT_ONCE = 1024**2
_LONGEST_ROW = 4 * 1024**2

# Up to here a spreadsheet's numbers, which are floats, count in steps of one.
_EXACT = 2**53


def main() -> None:
    """Writes one line about the sheet, then lines with lists of rows, [number, cells, fault or null], the last empty."""
    _confine()
    path, sheet = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    out = sys.stdout
    try:
        # Given bytes the format is found out from them, not believed from the file's name.
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            if not workbook.sheet_names:
                _tell(out, {"error": "has no sheets"})
                return
            name = workbook.sheet_names[0] if sheet is None else sheet
            try:
                found = workbook.get_sheet_by_name(name)
            except WorksheetNotFound:
                names = ", ".join(workbook.sheet_names[:10])
                _tell(out, {"error": f"has no sheet {name[:40]!r}, only: {names}"})
                return
            _tell(out, {"rows": found.end[0] + 1 if found.end else 0})
            for rows in _many(found):
                _tell(out, rows)
    except CalamineError as error:
        _tell(out, {"error": f"is damaged or protected by a password: {str(error)[:200]}"})


def text_of(value: Any) -> str:
    """A cell as text: whole numbers without a fraction, dates and times in ISO 8601. Raises ValueError for a number
    that the spreadsheet has rounded.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    raise ValueError(f"{type(value).__name__} is no text")


def _number(value: float) -> str:
    if abs(value) > _EXACT:
        raise ValueError(
            f"{value:.5g} is a number whose last digits the spreadsheet has lost: format the column as text and enter it"
            " again"
        )
    # Fifteen digits are what a spreadsheet keeps and shows; 0.1 + 0.2 is 0.3 there.
    return str(int(value)) if value == int(value) else f"{value:.15g}"


def _many(sheet: CalamineSheet) -> Iterator[list[Any]]:
    rows: list[Any] = []
    size = 0
    for number, values in enumerate(sheet.iter_rows(), start=1):
        if all(value == "" for value in values):
            continue
        cells, fault = _cells(values)
        length = sum(map(len, cells))
        if length > _LONGEST_ROW:
            cells, fault = [], f"is longer than {_LONGEST_ROW:,} characters"
        rows.append([number, cells, fault])
        size += length
        if len(rows) == _ROWS_AT_ONCE or size > _CHARACTERS_AT_ONCE:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows
    yield []


def _cells(values: list[Any]) -> tuple[list[str], str | None]:
    try:
        return [text_of(value) for value in values], None
    except ValueError as error:
        return [str(value) for value in values], str(error)


def _tell(out: TextIO, message: Any) -> None:
    # ASCII: nothing that is in a cell can look like the end of a line.
    out.write(json.dumps(message) + "\n")
    out.flush()


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where memory is short, this process goes before any that dials.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main()
