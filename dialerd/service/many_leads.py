"""Many leads at once, without a file: a version of the list that accounts for each of them, as an import does."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialerd.domain.errors import BadInput
from dialerd.ingest.columns import checked_field
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.load import Clock
from dialerd.service import imports, list_versions
from dialerd.service.rejected import rejected_rows
from dialerd.store.database import Database
from dialerd.store.staging import Rules
from dialerd.store.versions import VersionRecord

MOST = 10_000
MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class GivenLead:
    """A lead as somebody gives it: a number, texts under names of fields, 0 to 9 for who is dialed first."""

    number: str
    fields: Mapping[str, str]
    priority: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The lead at this place among those given, from 0, was refused."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The version that the leads became, and those that were refused."""

    version: VersionRecord
    refused: tuple[Refusal, ...]


def add(
    database: Database,
    list_name: str,
    given: Sequence[GivenLead],
    path: Path,
    rules: Rules,
    *,
    actor: str,
    clock: Clock,
) -> Taken:
    """Adds the leads, due now, as one version. They are written to the file `path`, which the version keeps, so that a
    process that is killed loses none of them.

    Raises as imports.begin, BadInput for a field that cannot be, and when not one of the leads can be taken.
    """
    names = sorted({name for lead in given for name in lead.fields})
    if len(names) > MOST_FIELDS:
        raise BadInput(f"leads: have {len(names)} fields; {MOST_FIELDS} at most")
    titles = {name: f"field {place}" for place, name in enumerate(names, 1)}
    begins = _write(path, given, titles)
    reading = Reading(
        delimiter="comma", encoding="utf-8", mapping={titles[name]: checked_field(name) for name in names}
    )
    ticket = imports.begin(database, list_name, path, reading, actor=actor, clock=clock, rules=rules)
    imports.work(database, ticket, clock=clock)
    report = imports.finish(database, ticket, None)
    version = list_versions.require_version(database, list_name, report.version)
    refused = tuple(Refusal(begins[row.line], row.reason) for row in rejected_rows(database, version))
    return Taken(version, refused)


def _write(path: Path, given: Sequence[GivenLead], titles: Mapping[str, str]) -> dict[int, int]:
    """Writes the file; the places of the leads by the lines on which they begin."""
    begins: dict[int, int] = {}
    line = 2
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(["phone_number", "priority", *titles.values()])
        for place, lead in enumerate(given):
            cells = [lead.number, str(lead.priority), *(lead.fields.get(name, "") for name in titles)]
            writer.writerow(cells)
            begins[line] = place
            line += 1 + sum(len(cell.splitlines()) - 1 for cell in cells if cell.splitlines())
    return begins
