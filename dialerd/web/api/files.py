"""How a file that is sent is to be read, the same for every request that brings one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from dialerd.domain.errors import BadInput
from dialerd.ingest.columns import LEFT_OUT, checked_field
from dialerd.ingest.leadfile import Reading
from dialerd.service import mappings
from dialerd.web.people import Here
from dialerd.web.values import Short, Words

LONGEST_NAME = 200

_FILE_TYPES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)
_BINARY = {"schema": {"type": "string", "format": "binary"}}
TAKES_A_FILE: dict[str, Any] = {
    "requestBody": {
        "description": "The file: CSV or a workbook (.xlsx), as it is.",
        "required": True,
        "content": dict.fromkeys(_FILE_TYPES, _BINARY),
    }
}
"""The description of a body that FastAPI does not read."""


def reading(
    site: Here,
    delimiter: Annotated[Short | None, Query(description="comma, semicolon, tab or pipe; else found out.")] = None,
    encoding: Annotated[
        Short | None, Query(description="Such as cp1252; else UTF-8, or by the byte order mark.")
    ] = None,
    sheet: Annotated[Short | None, Query(description="Of a workbook; else its first one.")] = None,
    phone_column: Annotated[Short | None, Query(description="The title of the column that is the number.")] = None,
    column: Annotated[Words, Query(description='TITLE=FIELD, as "Cell=phone_number"; "Fax=-" leaves it out.')] = None,
    mapping: Annotated[Short | None, Query(description="The name of a saved mapping; `column` goes before it.")] = None,
) -> Reading:
    """The wishes as a Reading. Raises NotFound for a mapping, BadInput for a field that cannot be."""
    mapped = {title.strip(): checked_field(field) for title, field in _pairs(column or [])}
    template = mappings.show(site.database, mapping).columns if mapping is not None else {}
    titles = {title.casefold() for title in (*mapped, (phone_column or "").strip())}
    fields = {*mapped.values(), *(["phone_number"] if phone_column else [])}
    kept = {
        title: field
        for title, field in template.items()
        if title.casefold() not in titles and (field not in fields or field == LEFT_OUT)
    }
    return Reading(
        delimiter=delimiter,
        encoding=encoding,
        phone_column=phone_column,
        sheet=sheet,
        mapping={**kept, **mapped},
    )


Wanted = Annotated[Reading, Depends(reading)]


def sent_file(request: Request, name: str | None, default: str = "upload") -> Path:
    """The file that came, under the name it has for people. Raises BadInput for a name that cannot be one."""
    path: Path = request.state.file
    wanted = name or default
    if not wanted.isprintable() or "/" in wanted or wanted in (".", "..") or len(wanted.encode()) > LONGEST_NAME:
        raise BadInput(f"file_name {wanted[:40]!r}: must be at most {LONGEST_NAME} printable bytes without a slash")
    if path.name != wanted:
        path = request.state.file = path.rename(path.with_name(wanted))
    return path


FileName = Annotated[Short | None, Query(description="What the file is called.")]


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for text in texts:
        title, equals, field = text.rpartition("=")
        if not equals or not title.strip():
            raise BadInput(f"column {text[:40]!r}: is not TITLE=FIELD")
        if title.strip().casefold() in {known.strip().casefold() for known, _ in found}:
            raise BadInput(f"column {title.strip()[:40]!r}: is mapped twice")
        found.append((title, field))
    return found
