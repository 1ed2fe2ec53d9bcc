"""What would become of a file, by a look at its first rows: nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from dialerd.domain.errors import BadInput
from dialerd.domain.phone import NumberRules
from dialerd.domain.places import read_place
from dialerd.ingest.columns import Columns, choose_columns
from dialerd.ingest.csvfile import DELIMITERS, BadRow, CsvFile
from dialerd.ingest.encodings import Guess, guess_encoding
from dialerd.ingest.leadfile import LeadFile, Reading, open_leads
from dialerd.ingest.rows import RowReader
from dialerd.ingest.workbook import is_workbook
from dialerd.store.staged import StagedLead

SAMPLE = 10_000
"""Rows that are counted."""


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column: its title, the field it becomes ("-": left out), and the first text found in it."""

    title: str
    field: str
    example: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it would be imported: either `phone` (E.164) with its zones, priority and fields, or `rejected`, why not.

    `number` is the cell of the phone column as it stands in the file.
    """

    line: int
    number: str
    phone: str | None
    zone: str
    priority: int
    fields: dict[str, str]
    rejected: str | None
    on_dnc: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A look at a file.

    `encoding` is how it was read; when it is not what the file says by itself, `guess` tells why it was chosen, and it
    must be named for the import. `whole` is True when all rows are counted: `usable` + `repeated` (numbers that came
    before) + `on_dnc` + `rejected` = `rows`. `reasons` are the commonest reasons of rejection.
    """

    kind: str
    encoding: str | None
    guess: Guess | None
    delimiter: str | None
    sheet: str | None
    policy: str
    region: str | None
    columns: tuple[PreviewColumn, ...]
    first: tuple[PreviewRow, ...]
    rows: int
    usable: int
    repeated: int
    on_dnc: int
    rejected: int
    reasons: tuple[tuple[str, int], ...]
    whole: bool


Stopped = Callable[[Collection[str]], Collection[str]]
"""Which of the numbers are on do-not-call."""


def preview(
    path: Path,
    reading: Reading,
    rules: NumberRules,
    rows: int = 10,
    *,
    stopped: Stopped = frozenset[str]().intersection,
) -> Preview:
    """Reads the first rows of a file as an import would. Raises BadInput as that does.

    A file that is not UTF-8 and has no encoding named is shown in the one it looks like.
    """
    guess = None if reading.encoding or is_workbook(path) else guess_encoding(path)
    encoding = guess.encoding if guess is not None else reading.encoding
    with open_leads(path, replace(reading, encoding=encoding)) as file:
        try:
            columns = choose_columns(file.header, reading.phone_column, reading.mapping)
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error
        reader = RowReader(columns, reading.numbers(rules))
        sample = _Sample(columns, rows)
        for row in islice(file.rows(), SAMPLE):
            sample.add(row.cells, reader.read(row))
        on_dnc = frozenset(stopped(sample.phones.keys()))
        stopped_rows = sum(sample.phones[phone] for phone in on_dnc)
        usable = len(sample.phones) - len(on_dnc)
        is_csv = isinstance(file, CsvFile)
        return Preview(
            kind="csv" if is_csv else "xlsx",
            encoding=file.encoding if isinstance(file, CsvFile) else None,
            guess=guess,
            delimiter=DELIMITERS[file.delimiter] if is_csv else None,
            sheet=reading.sheet,
            policy=rules.policy.value,
            region=rules.region,
            columns=_columns(file, columns, sample.examples),
            first=tuple(replace(row, on_dnc=row.phone in on_dnc) for row in sample.first),
            rows=sample.rows,
            usable=usable,
            repeated=sample.rows - usable - stopped_rows - sample.rejected,
            on_dnc=stopped_rows,
            rejected=sample.rejected,
            reasons=tuple(sample.reasons.most_common(5)),
            whole=sample.rows < SAMPLE,
        )


class _Sample:
    def __init__(self, columns: Columns, shown: int) -> None:
        self._columns, self._shown = columns, shown
        self.rows = self.rejected = 0
        self.first: list[PreviewRow] = []
        self.phones: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.examples: dict[int, str] = {}

    def add(self, cells: Sequence[str], read: StagedLead | BadRow) -> None:
        self.rows += 1
        for place, text in enumerate(cells):
            if text and place not in self.examples:
                self.examples[place] = text
        if isinstance(read, BadRow):
            self.rejected += 1
            self.reasons[read.reason] += 1
        else:
            self.phones[read.phone] += 1
        if len(self.first) < self._shown:
            self.first.append(self._row(cells, read))

    def _row(self, cells: Sequence[str], read: StagedLead | BadRow) -> PreviewRow:
        number = cells[self._columns.phone] if self._columns.phone < len(cells) else ""
        if isinstance(read, BadRow):
            return PreviewRow(read.line, number, None, "", 0, {}, read.reason)
        zone = read_place(read.zone).zone_text
        return PreviewRow(read.line, number, read.phone, zone, read.priority, dict(read.fields), None)


def _columns(file: LeadFile, columns: Columns, examples: dict[int, str]) -> tuple[PreviewColumn, ...]:
    fields = columns.names(len(file.header))
    return tuple(
        PreviewColumn(title, field, examples.get(place, ""))
        for place, (title, field) in enumerate(zip(file.header, fields, strict=True))
    )
