"""CSV to rows: the delimiter sniffed from the header, quoting strict, every row with its line and its own text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from dialerd.domain.errors import BadInput
from dialerd.ingest.exported import restored
from dialerd.ingest.source import Source, unclosed_quote

MAX_COLUMNS = 500
MAX_NAME = 100
# Longer than any field of a person; what is longer is not a name but an attack or a shifted file.
MAX_CELL = 4096
MAX_KEPT_TEXT = 2000
# An address has a few lines. A quoted field that runs on for more is a quote that nobody closed.
RECORD_LINES = 100

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


class Row(NamedTuple):
    """One row of the file. `line` is where it begins (the header is line 1); `text` is the row as it stands there."""

    line: int
    cells: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is refused, and why; `text` is cut at MAX_KEPT_TEXT characters.

    `cells` is empty when the row could not be split, or not into the header's columns.
    """

    line: int
    reason: str
    text: str
    cells: tuple[str, ...] = ()


class CsvFile:
    """The header and the rows of one source. Rows stream: memory does not grow with the file.

    Raises BadInput when there is no header, or a quote swallows the rest of the file.
    """

    def __init__(self, source: Source, delimiter: str | None = None) -> None:
        """Reads the header. `delimiter` None means: sniffed from it; else one of `,` `;` `|`, a tab, or their names."""
        self._source = source
        self.encoding = source.encoding
        self._lines = _Lines(source)
        first = self._lines.first()
        self.delimiter = sniff(first) if delimiter is None else delimiter_named(delimiter)
        # strict: without it an unterminated quote silently swallows the rest of the file.
        self._reader = csv.reader(chain.from_iterable(self._lines.blocks()), delimiter=self.delimiter, strict=True)
        self._line = self._lines.before + 1
        try:
            self.header = restored(next(self._reader))
        except (csv.Error, StopIteration) as error:
            raise BadInput(f"{source.path}: line {self._line}: the header cannot be read: {error}") from error
        check_header(f"{source.path}: line {self._line}", self.header)

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row after the header, once. Blank lines are no rows."""
        reader, lines, width = self._reader, self._lines, len(self.header)
        first = self._line
        while True:
            begin = lines.record = reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                text = lines.text(begin, reader.line_num)
                yield BadRow(first + begin, self._quoting_fault(begin, error), kept(text))
                continue
            if not cells:
                continue
            end = reader.line_num
            if end - begin > RECORD_LINES:
                raise BadInput(unclosed_quote(self._source.path, first + begin))
            text = lines.text(begin, end)
            reason = fault(cells, width, text)
            line = first + begin
            yield Row(line, tuple(cells), text) if reason is None else BadRow(line, reason, kept(text))

    def progress(self) -> tuple[int, int]:
        """Bytes read, and bytes of the file."""
        return self._source.position(), self._source.size

    def _quoting_fault(self, begin: int, error: csv.Error) -> str:
        """Why one row was refused. Raises BadInput when the quote ran on to the end of the file or through other rows."""
        lines = self._reader.line_num - begin
        if "unexpected end of data" in str(error) or lines > RECORD_LINES:
            raise BadInput(unclosed_quote(self._source.path, self._line + begin)) from error
        if "field limit" in str(error) or "field larger" in str(error):
            if lines > 1:
                raise BadInput(unclosed_quote(self._source.path, self._line + begin)) from error
            return f"a field is longer than {MAX_CELL:,} characters"
        return "the quotes are wrong: text goes on after a closing quote; double the quotes inside the text"


class _Lines:
    """The lines on their way to the csv reader. Those of the record at hand are kept, for its own text.

    Lines are counted from the first one with text in it, `before` is how many blank ones stand above that.
    """

    def __init__(self, source: Source) -> None:
        self._path = source.path
        self._blocks = source.blocks()
        self._kept: list[str] = []
        self._first_kept = 0
        self.before = 0
        self.record = 0
        """Where the record at hand begins."""

    def first(self) -> str:
        """The first line with text in it. Raises BadInput when there is none."""
        for block in self._blocks:
            place = next((place for place, line in enumerate(block) if line.strip("\ufeff \t\r\n")), len(block))
            self.before += place
            if place < len(block):
                self._kept = block[place:]
                return self._kept[0]
        raise BadInput(f"{self._path}: is empty; the first line must name the columns, one of them phone_number")

    def blocks(self) -> Iterator[list[str]]:
        """All lines from the first one on, many at a time."""
        yield self._kept
        for block in self._blocks:
            open_lines = self._kept[self.record - self._first_kept :]
            if len(open_lines) > RECORD_LINES:
                raise BadInput(unclosed_quote(self._path, self.before + self.record + 1))
            self._kept, self._first_kept = [*open_lines, *block], self.record
            yield block

    def text(self, begin: int, end: int) -> str:
        """These lines, without the last line end."""
        first = self._first_kept
        if end - begin == 1:
            return self._kept[begin - first].rstrip("\r\n")
        return "".join(self._kept[begin - first : end - first]).rstrip("\r\n")


def check_header(where: str, header: tuple[str, ...]) -> None:
    """Raises BadInput when this cannot be the header of a list. `where` is the file and the line."""
    if "\0" in "".join(header):
        raise BadInput(f"{where}: contains NUL characters; if this is UTF-16, add --encoding utf-16-le")
    if header[0].lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise BadInput(f"{where}: is HTML or XML, not CSV; download the list itself and import that")
    if len(header) > MAX_COLUMNS:
        raise BadInput(f"{where}: has {len(header):,} columns; at most {MAX_COLUMNS} are read")
    for name in header:
        if len(name) > MAX_NAME:
            raise BadInput(f"{where}: the column name {name[:30]!r}... is longer than {MAX_NAME} characters")


def sniff(header: str) -> str:
    """The delimiter that stands most often in the header line, outside quotes; a comma when none does."""
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for char in header:
        if char == '"':
            quoted = not quoted
        elif not quoted and char in counts:
            counts[char] += 1
    return max(counts, key=lambda delimiter: counts[delimiter])


def delimiter_named(text: str) -> str:
    """The delimiter itself for `;`, `semicolon`, `tab` and the like. Raises BadInput for anything else."""
    names = {name: char for char, name in DELIMITERS.items()} | {char: char for char in DELIMITERS} | {"\\t": "\t"}
    if text.lower() not in names:
        raise BadInput(f"delimiter {text!r}: is not one of {', '.join(DELIMITERS.values())}")
    return names[text.lower()]


def kept(text: str) -> str:
    """The text of a refused row as it is kept: at most MAX_KEPT_TEXT characters, NUL made visible."""
    shown = text.replace("\0", "\\0")
    return shown if len(shown) <= MAX_KEPT_TEXT else shown[: MAX_KEPT_TEXT - 1] + "…"


def fault(cells: list[str], width: int, text: str) -> str | None:
    """Why a row under a header of this width is refused, None when it is not; `text` is the row as it stands there."""
    if len(cells) > width:
        return f"has {len(cells)} cells but the header has {width}; quote the text that contains the delimiter"
    if "\0" in text:
        return "contains a NUL character"
    if len(text) > MAX_CELL and max(map(len, cells)) > MAX_CELL:
        return f"a field is longer than {MAX_CELL:,} characters"
    return None
