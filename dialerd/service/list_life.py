"""The later life of a list: put away, brought back, copied, removed for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dispositions import SYSTEM, Catalogue
from dialerd.domain.errors import NotFound, Refused, Unavailable
from dialerd.domain.lifecycle import CampaignState, VersionState
from dialerd.ingest.load import Clock, Progress, unseen
from dialerd.service import import_run
from dialerd.service.filling import COPY, copy_options
from dialerd.service.lists import LONGEST_NAME, check_text
from dialerd.service.names import require_list
from dialerd.service.removal import remove_list
from dialerd.service.workers import new_worker
from dialerd.store import audit, campaigns, copies, list_ends, lists, versions
from dialerd.store.database import Connection, Database
from dialerd.store.lists import ListRecord
from dialerd.store.versions import VersionRecord


@dataclass(frozen=True, slots=True)
class Removed:
    """A list that is gone, with how many leads; its calls are in the ledger as before."""

    name: str
    leads: int


@dataclass(frozen=True, slots=True)
class Copied:
    """A new list with the leads of another one's current version, fresh but for `kept`: those that are never dialed."""

    name: str
    of: str
    version: int
    leads: int
    kept: int


def archive(database: Database, name: str, *, actor: str, now: datetime) -> str | None:
    """Hides the list: it is in no default view, cannot be assigned and is not dialed. Its campaign, its leads and all
    history stay. Returns the campaign it stays assigned to.

    Raises NotFound, or Refused while an import into it runs.
    """
    with database.write() as conn:
        record = require_list(conn, name)
        if list_ends.being_imported(conn, record.list_id):
            raise Refused(f"list {name} is being imported into: only a list at rest can be archived; wait or cancel it")
        lists.archive(conn, record.list_id, now)
        _note(conn, "list.archive", name, actor, now, list_id=record.list_id)
        return record.campaign


def unarchive(
    database: Database, name: str, *, actor: str, now: datetime, new_name: str | None = None, list_id: int | None = None
) -> str:
    """Shows an archived list again, as `new_name` when its own was taken meanwhile; returns its name.

    Raises NotFound, Refused when the name is taken or several archived lists have it and `list_id` does not say which,
    BadInput for a new name that cannot be.
    """
    if new_name is not None:
        check_text("name", new_name, LONGEST_NAME, least=1)
    with database.write() as conn:
        record = _archived(conn, name, list_id, "brought back")
        list_ends.unarchive(conn, record.list_id, new_name or name, now)
        _note(conn, "list.unarchive", new_name or name, actor, now, was=name, list_id=record.list_id)
    return new_name or name


def delete(
    database: Database, name: str, *, repeated: str, actor: str, clock: Clock, list_id: int | None = None
) -> Removed:
    """Removes the list, archived or not, with its leads, versions, files and rejected rows. What was dialed stays in the
    ledger. `repeated` is the name said once more. When it is interrupted the list is out of every view already; asking
    again removes the rest.

    Raises NotFound, or Refused: not while its campaign is Active, it has calls up or is imported into, and not without
    its name.
    """
    if repeated != name:
        raise Refused(
            f"list {name} is not deleted: deleting removes its leads for good and asks for the list's name once more; "
            f"say --yes-delete {name}"
        )
    with database.write() as conn:
        record = _to_delete(conn, name, list_id)
        if record.list_id not in {left.list_id for left in list_ends.deleting(conn, name)}:
            _check_deletable(conn, record)
            list_ends.mark_deleted(conn, record.list_id, clock())
            _note(conn, "list.delete", name, actor, clock(), list_id=record.list_id)
    return Removed(name, remove_list(database, record.list_id, clock))


def copy(
    database: Database,
    name: str,
    new_name: str,
    *,
    actor: str,
    clock: Clock,
    progress: Progress = unseen,
    dispositions: Catalogue = SYSTEM,
) -> Copied:
    """A new list with the leads and fields of the list's current version, none of them dialed yet. Those with a protected
    disposition (do_not_call, opted_out, invalid_number ...), or closed by hand, are so in the copy too, and not dialed.

    When it fails, or is interrupted by Ctrl-C, there is no new list. When its process is killed, whoever comes next goes
    on with it, as with an import. Raises NotFound, BadInput for a name that cannot be, Refused when it is taken, the list
    has no leads, or the copy was cancelled.
    """
    check_text("name", new_name, LONGEST_NAME, least=1)
    with database.write() as conn:
        source = require_list(conn, name)
        version = _begin_copy(conn, source, new_name, actor, clock, dispositions)
    place = version.list_id, version.number
    import_run.run(database, *place, version.worker, new_worker(), clock=clock, progress=progress)
    with database.read() as conn:
        made = versions.get(conn, *place)
        kept = copies.count_kept(conn, version.list_id)
    if made is None or made.state is not VersionState.ARMED:
        raise Unavailable(f"list {new_name}: another process goes on with the copy; see `dialerd list show {new_name}`")
    return Copied(new_name, name, source.current_version, made.buckets.imported, kept)


def _begin_copy(
    conn: Connection, source: ListRecord, new_name: str, actor: str, clock: Clock, dispositions: Catalogue
) -> VersionRecord:
    name = source.name
    if source.current_version == 0:
        raise Refused(f"list {name} is {source.status.label}: there is nothing to copy; import a file into it first")
    target = lists.create(
        conn,
        name=new_name,
        now=clock(),
        description=source.description,
        owner=actor,
        rules=source.rules,
    )
    _note(conn, "list.copy", new_name, actor, clock(), of=name, version=source.current_version)
    number = versions.begin(
        conn,
        target,
        file_name=f"copy of {name}",
        sha256="",
        created_by=actor,
        now=clock(),
        mode=COPY,
        options=copy_options(conn, source.list_id, dispositions.protected),
        worker=new_worker(),
    )
    version = versions.get(conn, target, number)
    if version is None:
        raise AssertionError(f"version {number} was there a statement ago")
    return version


def _check_deletable(conn: Connection, record: ListRecord) -> None:
    name = record.name
    state = campaigns.get_state(conn, record.campaign, lock=True) if record.campaign else None
    if state is CampaignState.ACTIVE:
        # An archived list keeps its campaign: putting it away first is no way around the rule.
        status = "In Use" if record.archived_at is None else "Archived and still assigned"
        raise Refused(
            f"list {name} is {status}: a list of an Active campaign cannot be deleted; pause campaign {record.campaign} "
            "first"
        )
    calls = list_ends.calls_up(conn, record.list_id)
    if calls:
        raise Refused(
            f"list {name} has {calls} call{'s' if calls > 1 else ''} up: a list with calls up cannot be deleted; "
            "wait until they have ended"
        )
    if list_ends.being_imported(conn, record.list_id):
        raise Refused(f"list {name} is being imported into: it cannot be deleted meanwhile; wait or cancel the import")


def _to_delete(conn: Connection, name: str, list_id: int | None) -> ListRecord:
    """The list meant: the unarchived one, else an archived one, else one whose removal was interrupted."""
    record = lists.get(conn, name) if name.isprintable() else None
    if record is not None and list_id in (None, record.list_id):
        return record
    left = [found for found in list_ends.deleting(conn, name) if list_id in (None, found.list_id)]
    if left and not list_ends.archived(conn, name):
        return left[0]
    return _archived(conn, name, list_id, "deleted")


def _archived(conn: Connection, name: str, list_id: int | None, what: str) -> ListRecord:
    found = list_ends.archived(conn, name) if name.isprintable() else []
    fit = [record for record in found if list_id in (None, record.list_id)]
    if len(fit) == 1:
        return fit[0]
    if not fit:
        if not found:
            require_list(conn, name)
        raise NotFound(f"list {name} is not archived{_with_id(list_id)}: there is nothing to be {what}")
    ids = ", ".join(str(record.list_id) for record in fit)
    raise Refused(f"{len(fit)} archived lists are called {name} (ids {ids}): say with --id which one is to be {what}")


def _with_id(list_id: int | None) -> str:
    return "" if list_id is None else f" with id {list_id}"


def _note(conn: Connection, action: str, name: str, actor: str, now: datetime, **detail: object) -> None:
    audit.add(conn, at=now, actor=actor, action=action, subject=f"list {name}", detail=detail)
