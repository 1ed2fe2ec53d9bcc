"""What a person may see of a list's versions: which there are, how two differ, the files they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dialerd.domain.errors import NotFound
from dialerd.domain.importing import Mode
from dialerd.service.names import require_list
from dialerd.store import differences, originals, versions
from dialerd.store.database import Connection, Database
from dialerd.store.differences import Change, Difference
from dialerd.store.versions import VersionRecord


@dataclass(frozen=True, slots=True)
class Diff:
    """How version `after` differs from version `before`: all counted, the first ones in `rows`."""

    list: str
    before: int
    after: int
    added: int
    changed: int
    withdrawn: int
    rows: tuple[Difference, ...]


def versions_of(database: Database, list_name: str) -> list[VersionRecord]:
    """All versions of the list, newest first. Raises NotFound."""
    with database.read() as conn:
        return versions.of_list(conn, require_list(conn, list_name).list_id)


def diff(database: Database, list_name: str, before: int, after: int, *, limit: int = 50) -> Diff:
    """What the one version says and the other does not; 0 is the list before its first one. At most `limit` leads are in
    `rows`, in the order of the list. Raises NotFound.
    """
    with database.snapshot() as conn:
        list_id = require_list(conn, list_name).list_id
        for number in (before, after):
            if number != 0:
                _require(conn, list_name, list_id, number)
        counts = dict.fromkeys(Change, 0)
        found = _counting(differences.differences(conn, list_id, before, after), counts)
        rows = tuple(islice(found, limit))
        for _rest in found:
            pass
    return Diff(list_name, before, after, counts[Change.ADDED], counts[Change.CHANGED], counts[Change.WITHDRAWN], rows)


def require_version(database: Database, list_name: str, number: int | None) -> VersionRecord:
    """The version of that number, or the newest one that came from a file. Raises NotFound."""
    with database.read() as conn:
        list_id = require_list(conn, list_name).list_id
        if number is not None:
            return _require(conn, list_name, list_id, number)
        for version in versions.of_list(conn, list_id):
            if version.original_id is not None and version.mode in (Mode.ADD, Mode.REPLACE):
                return version
    raise NotFound(f"list {list_name}: no file was imported into it yet")


def original(database: Database, list_name: str, number: int | None) -> tuple[VersionRecord, Iterator[bytes]]:
    """The version (the newest that came from a file, when no number is given) and the bytes of its file, in blocks.
    Raises NotFound.
    """
    version = require_version(database, list_name, number)
    if version.original_id is None:
        raise NotFound(f"list {list_name}: version {version.number} did not come from a file ({version.file_name})")
    return version, originals.blocks(database, version.original_id)


def _counting(found: Iterator[Difference], counts: dict[Change, int]) -> Iterator[Difference]:
    for difference in found:
        counts[difference.change] += 1
        yield difference


def _require(conn: Connection, list_name: str, list_id: int, number: int) -> VersionRecord:
    version = versions.get(conn, list_id, number)
    if version is None:
        raise NotFound(f"list {list_name} has no version {number}; `dialerd list versions {list_name}` shows them")
    return version
