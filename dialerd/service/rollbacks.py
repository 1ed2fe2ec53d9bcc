"""Going back: an earlier version made the newest again, and the newest import taken back as if it had never been."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.domain.errors import NotFound, Refused
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.load import Clock, Progress, unseen
from dialerd.service.filling import ROLLBACK
from dialerd.service.import_run import run
from dialerd.service.names import require_list
from dialerd.service.unfinished import end_orphans
from dialerd.service.workers import new_worker
from dialerd.store import audit, dialed, differences, versions
from dialerd.store.database import Connection, Database
from dialerd.store.room import hold
from dialerd.store.versions import Buckets, VersionRecord


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The new version, and what it did: leads that came back are `imported`, others `updated` and `withdrawn`."""

    list: str
    version: int
    to: int
    buckets: Buckets


@dataclass(frozen=True, slots=True)
class Undone:
    """The version that is gone, and the one that is current again; 0 for none."""

    list: str
    version: int
    current: int
    file_name: str


def rollback(
    database: Database, list_name: str, number: int, *, actor: str, clock: Clock, progress: Progress = unseen
) -> RolledBack:
    """Makes the list say what it said as version `number`, as a new version: history stays, and later imports go on from
    there. Leads that version had and that are withdrawn come back, when they would have been due; leads it did not have
    are withdrawn, after their call when they are in one. Leads that were moved to another list stay there.

    Raises NotFound for the list or the version, Refused when it never was current or says what the list says now.
    """
    list_id = _at_rest(database, list_name, clock)
    worker = new_worker()
    with database.read() as conn:
        home = require_list(conn, list_name)
        target = _was_current(conn, list_name, list_id, number)
        if home.current_version == number or not differences.differ(conn, list_id, home.current_version, number):
            raise Refused(f"list {list_name} says what version {number} says already: there is nothing to roll back")
    with database.write() as conn:
        new = versions.begin(
            conn,
            list_id,
            file_name=target.file_name,
            sha256=target.sha256,
            created_by=actor,
            now=clock(),
            mode=ROLLBACK,
            original_id=target.original_id,
            options={"to": number},
            worker=worker,
        )
        detail = {"version": new, "to": number}
        audit.add(conn, at=clock(), actor=actor, action="list.rollback", subject=f"list {list_name}", detail=detail)
    run(database, list_id, new, worker, new_worker(), clock=clock, progress=progress)
    with database.read() as conn:
        made = versions.get(conn, list_id, new)
    return RolledBack(list_name, new, number, made.buckets if made else Buckets())


def undo(database: Database, list_name: str, *, actor: str, clock: Clock, progress: Progress = unseen) -> Undone:
    """Takes the newest version back: its new leads are gone, those it changed or withdrew are as they were before. Its
    number, its file and its rejected rows are kept as history.

    Raises NotFound for the list, Refused when there is nothing to undo, when one of its new leads was dialed, or when
    it moved leads between lists.
    """
    list_id = _at_rest(database, list_name, clock)
    began, worker = clock(), new_worker()
    with database.read() as conn:
        version = _newest(conn, list_name)
        # The long look comes first and blocks nobody; under the lock only the last minutes are looked at again.
        phone = dialed.new_lead(conn, version)
    with database.write() as conn:
        hold(conn)
        current = require_list(conn, list_name).current_version
        phone = phone or dialed.new_lead_since(conn, version, began)
        if phone is not None or current != version.number:
            raise Refused(_why_not(list_name, version, phone))
        versions.begin_undo(conn, version, worker, clock())
        detail = {"version": version.number, "current": version.previous}
        audit.add(conn, at=clock(), actor=actor, action="list.undo", subject=f"list {list_name}", detail=detail)
    run(database, list_id, version.number, worker, new_worker(), clock=clock, progress=progress)
    return Undone(list_name, version.number, version.previous, version.file_name)


def _at_rest(database: Database, list_name: str, clock: Clock) -> int:
    """The list's id, once what interrupted processes left of it has ended. Raises Refused while an import runs."""
    with database.read() as conn:
        list_id = require_list(conn, list_name).list_id
    end_orphans(database, list_id, clock)
    with database.read() as conn:
        for version in versions.of_list(conn, list_id):
            if version.state.unfinished:
                raise Refused(
                    f"list {list_name}: version {version.number} is still being imported; wait until it has ended, "
                    f"or cancel it with `dialerd list cancel {list_name}`"
                )
    return list_id


def _was_current(conn: Connection, list_name: str, list_id: int, number: int) -> VersionRecord:
    version = versions.get(conn, list_id, number)
    if version is None:
        raise NotFound(f"list {list_name} has no version {number}; `dialerd list versions {list_name}` shows them")
    if version.state is not VersionState.ARMED:
        raise Refused(f"list {list_name}: version {number} is {version.state}, so nothing is left to roll back to")
    return version


def _newest(conn: Connection, list_name: str) -> VersionRecord:
    home = require_list(conn, list_name)
    version = versions.get(conn, home.list_id, home.current_version)
    if version is None:
        raise Refused(f"list {list_name} has no version: there is nothing to undo")
    if version.mode == "move":
        raise Refused(
            f"list {list_name}: version {version.number} moved leads between lists, which is not undone from one of them; "
            "move them back"
        )
    return version


def _why_not(list_name: str, version: VersionRecord, phone: str | None) -> str:
    if phone is None:
        return f"list {list_name}: another version came meanwhile; look at `dialerd list versions {list_name}`"
    return (
        f"list {list_name}: {phone}, which is new in version {version.number}, was dialed already, and a call cannot be "
        f"undone; go back with `dialerd list rollback {list_name} {version.previous or 'VERSION'}`"
    )
