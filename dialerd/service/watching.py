"""What is going on, for who watches: cheap enough to be asked every second."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dialerd.domain.lifecycle import VersionState
from dialerd.store import attempts, audit, campaigns, freezes, lists, versions
from dialerd.store.audit import AuditEntry
from dialerd.store.database import Connection, Database
from dialerd.store.freezes import EVERYTHING
from dialerd.store.versions import VersionRecord

MOST_DEEDS = 500
"""So many are told at a time; who was away for longer looks into the audit."""

Place = tuple[int, int]
"""A list's id and a version's number."""


@dataclass(frozen=True, slots=True)
class ImportSight:
    """A version on its way, or at its end."""

    list_id: int
    list: str
    number: int
    state: VersionState
    phase: str
    percent: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class CampaignSight:
    """A campaign: its state, its calls that have not ended, and whether it is frozen."""

    state: str
    calls: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one look: deeds since the last one, imports on their way, and every campaign that has a past."""

    last: int
    deeds: tuple[AuditEntry, ...]
    imports: Mapping[Place, ImportSight]
    campaigns: Mapping[str, CampaignSight]


def last_deed(database: Database) -> int:
    """The id of the newest deed; 0 when there is none."""
    with database.read() as conn:
        return audit.last(conn)


def deeds_since(database: Database, last: int) -> list[AuditEntry]:
    """The deeds behind that one, the oldest first, at most MOST_DEEDS."""
    with database.read() as conn:
        return audit.since(conn, last, MOST_DEEDS)


def look(database: Database, last: int, known: Collection[Place]) -> Sight:
    """What is going on. `last` is that of the look before, and `known` the imports that were on their way then: such as have
    ended since are in this one too, once.
    """
    with database.snapshot() as conn:
        deeds = tuple(audit.since(conn, last, MOST_DEEDS))
        running = {(record.list_id, record.number): record for record in versions.unfinished(conn)}
        # One that began and ended since the last look is known by its deed alone.
        looked_for = {*known, *_begun(conn, deeds)} - running.keys()
        ended = {place: versions.get(conn, *place) for place in looked_for}
        found = {**running, **{place: record for place, record in ended.items() if record is not None}}
        names = {list_id: _name(conn, list_id) for list_id in {place[0] for place in found}}
        return Sight(
            last=deeds[-1].entry_id if deeds else last,
            deeds=deeds,
            imports={place: _import(record, names[place[0]]) for place, record in found.items()},
            campaigns=_campaigns(conn),
        )


def _begun(conn: Connection, deeds: Iterable[AuditEntry]) -> Iterator[Place]:
    for deed in deeds:
        if deed.action == "list.import":
            record = lists.get(conn, deed.subject.removeprefix("list "))
            if record is not None:
                yield record.list_id, int(deed.detail["version"])


def _campaigns(conn: Connection) -> dict[str, CampaignSight]:
    calls = attempts.open_counts(conn).campaigns
    frozen = {freeze.campaign for freeze in freezes.all(conn)}
    return {
        record.name: CampaignSight(
            record.state.value, calls.get(record.name, 0), not frozen.isdisjoint((record.name, EVERYTHING))
        )
        for record in campaigns.all(conn)
    }


def _name(conn: Connection, list_id: int) -> str:
    record = lists.by_id(conn, list_id)
    return record.name if record else ""


def _import(record: VersionRecord, name: str) -> ImportSight:
    at = record.headway
    return ImportSight(record.list_id, name, record.number, record.state, at.phase.value, at.percent, at.rows)
