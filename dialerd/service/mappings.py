"""Mapping templates: what a person may ask for, each as one transaction with one audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches

from dialerd.domain.errors import BadInput, NotFound
from dialerd.ingest.columns import checked_field
from dialerd.store import audit, mappings
from dialerd.store.database import Connection, Database
from dialerd.store.mappings import MappingRecord

LONGEST_NAME = 100
MOST_COLUMNS = 500


def save(database: Database, name: str, columns: Mapping[str, str], *, actor: str, now: datetime) -> MappingRecord:
    """Keeps titles and their fields under a name, in place of what was kept there.

    Raises BadInput for a name or field that cannot be, and for two titles of one field.
    """
    if not 1 <= len(name) <= LONGEST_NAME or name != name.strip() or not name.isprintable():
        raise BadInput(f"name {name[:40]!r}: must be 1 to {LONGEST_NAME} printable characters, no blanks around it")
    kept = {title.strip(): checked_field(field) for title, field in columns.items()}
    if not kept:
        raise BadInput('a mapping without columns maps nothing; add --map "Header=field", or --from FILE')
    if len(kept) > MOST_COLUMNS:
        raise BadInput(f"a mapping has at most {MOST_COLUMNS} columns")
    fields = [field for field in kept.values() if field != "-"]
    twin = next((field for field in fields if fields.count(field) > 1), None)
    if twin is not None:
        raise BadInput(f"two columns are mapped to {twin}; a field has one column")
    with database.write() as conn:
        mappings.save(conn, name, kept, actor=actor, now=now)
        audit.add(conn, at=now, actor=actor, action="mapping.save", subject=f"mapping {name}", detail={"columns": kept})
        return _require(conn, name)


def show(database: Database, name: str) -> MappingRecord:
    """One template. Raises NotFound."""
    with database.read() as conn:
        return _require(conn, name)


def overview(database: Database) -> list[MappingRecord]:
    """All templates by name."""
    with database.read() as conn:
        return mappings.every(conn)


def delete(database: Database, name: str, *, actor: str, now: datetime) -> None:
    """Forgets a template; lists imported with it stay as they are. Raises NotFound."""
    with database.write() as conn:
        record = _require(conn, name)
        mappings.delete(conn, name)
        detail = {"columns": dict(record.columns)}
        audit.add(conn, at=now, actor=actor, action="mapping.delete", subject=f"mapping {name}", detail=detail)


def _require(conn: Connection, name: str) -> MappingRecord:
    record = mappings.get(conn, name) if name.isprintable() else None
    if record is None:
        close = get_close_matches(name, [known.name for known in mappings.every(conn)], n=2)
        near = f"; did you mean {' or '.join(close)}?" if close else ""
        raise NotFound(f"mapping {name} does not exist{near}; `dialerd mapping list` shows those that do")
    return record
