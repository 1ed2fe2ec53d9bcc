"""A file of leads of any kind as one thing: a header, and rows that stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from dialerd.domain.errors import BadInput
from dialerd.domain.phone import NumberRules
from dialerd.ingest.csvfile import BadRow, CsvFile, Row
from dialerd.ingest.source import Source
from dialerd.ingest.workbook import Workbook, is_workbook


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is to be read. None means: found out from the file.

    `phone_column` is a title in the header, `mapping` titles to field names (both in any case), `sheet` the name of a
    sheet of a workbook (its first one without). `kinds` and `countries` are what the numbers of this file may be, besides
    the kinds and instead of the countries that the list takes; see domain.allowed.
    """

    delimiter: str | None = None
    encoding: str | None = None
    phone_column: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    kinds: Sequence[str] = ()
    countries: Sequence[str] | None = None

    def numbers(self, rules: NumberRules) -> NumberRules:
        """The rules of a list, and what this file is allowed. Raises BadInput for a kind or country that there is not."""
        return replace(rules, allowed=rules.allowed.of_file(self.kinds, self.countries))


class LeadFile(Protocol):
    """What an import sees of a file, CSV or workbook. `delimiter` is the one its rejected rows are written with."""

    header: tuple[str, ...]
    delimiter: str

    def rows(self) -> Iterator[Row | BadRow]:
        """Every row after the header, once, in constant memory. Raises BadInput when the file cannot be read on."""

    def progress(self) -> tuple[int, int]:
        """How much was read, and of how much, in a unit of its own."""


@contextmanager
def open_leads(path: Path, reading: Reading) -> Iterator[LeadFile]:
    """Opens the file and reads its header. Raises BadInput when it is none that can be read."""
    if is_workbook(path):
        with Workbook(path, reading.sheet) as workbook:
            yield workbook
        return
    if reading.sheet is not None:
        raise BadInput(f"{path}: has no sheets, it is no workbook; leave --sheet out")
    with Source(path, reading.encoding) as source:
        yield CsvFile(source, reading.delimiter)
