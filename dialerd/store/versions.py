"""Versions of a list: how far each one got, who works on it, what it counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, select, update

from dialerd.domain.errors import Refused
from dialerd.domain.importing import Phase
from dialerd.domain.lifecycle import VersionState
from dialerd.store.database import Connection
from dialerd.store.rejects import Reject, add_rejects, rejects_of
from dialerd.store.tables import lead_rows, leads, list_versions, lists
from dialerd.store.version_record import Buckets, VersionRecord

__all__ = ["Buckets", "Reject", "VersionRecord", "add_rejects", "begin", "rejects_of"]


def begin(
    conn: Connection,
    list_id: int,
    *,
    file_name: str,
    sha256: str,
    created_by: str,
    now: datetime,
    mode: str = "add",
    original_id: int | None = None,
    options: Mapping[str, Any] | None = None,
    size: int = 0,
    worker: str = "",
    may_be_born_armed: bool = False,
) -> int:
    """A new version in state `staging`; returns its number. `mode` is "add", "replace", "rollback", "copy" or "move"; `options`
    is what its worker needs to know. Raises Refused while another version of the list is unfinished.

    With `may_be_born_armed` its new leads may be staged with their due time, if the list has no campaign: then nobody
    can dial it, and it cannot be assigned before the version has ended.
    """
    # The list's row is the lock: two imports must not take the same number.
    conn.execute(update(lists).where(lists.c.id == list_id).values(changed_at=now))
    busy = conn.scalar(
        select(func.min(list_versions.c.number)).where(list_versions.c.list_id == list_id, _is_unfinished)
    )
    if busy is not None:
        raise Refused(
            f"version {busy} of this list is still being imported, and versions come one after another; "
            "wait until it has ended"
        )
    last = conn.scalar(select(func.max(list_versions.c.number)).where(list_versions.c.list_id == list_id)) or 0
    campaign, current = conn.execute(
        select(lists.c.campaign, lists.c.current_version).where(lists.c.id == list_id)
    ).one()
    conn.execute(
        insert(list_versions).values(
            list_id=list_id,
            number=last + 1,
            mode=mode,
            file_name=file_name,
            sha256=sha256,
            original_id=original_id,
            options=dict(options or {}),
            state=VersionState.STAGING.value,
            size=size,
            created_at=now,
            created_by=created_by,
            worker=worker,
            heartbeat_at=now,
            previous=current,
            highest_before=conn.scalar(select(func.max(leads.c.id)).where(leads.c.list_id == list_id)) or 0,
            born_armed=may_be_born_armed and campaign is None,
        )
    )
    return last + 1


def take_over(conn: Connection, list_id: int, number: int, worker: str, new_worker: str, now: datetime) -> bool:
    """Makes `new_worker` the one who works on the unfinished version, if `worker` still is. Steps of the former one fail
    from here on (Refused).
    """
    values = {"worker": new_worker, "heartbeat_at": now, "tries": list_versions.c.tries + 1}
    mine = list_versions.c.worker == worker
    return (
        conn.execute(
            update(list_versions).where(_this(list_id, number), mine, _is_unfinished).values(**values)
        ).rowcount
        == 1
    )


def beat(conn: Connection, record: VersionRecord, now: datetime) -> None:
    """Says that the worker that `record` names is at the version, if it still is its."""
    still = and_(list_versions.c.worker == record.worker, _is_unfinished)
    conn.execute(update(list_versions).where(_this(record.list_id, record.number), still).values(heartbeat_at=now))


def note_step(
    conn: Connection,
    record: VersionRecord,
    now: datetime,
    *,
    buckets: Buckets | None = None,
    giving_up: bool = False,
    **values: Any,
) -> None:
    """Ends one step of the worker that `record` names: its counts, or how far it got, and its sign of life, in the
    transaction of the step. Raises Refused when the version is another's by now, is no longer in the state of `record`,
    or was cancelled (unless `giving_up`): then the transaction must be rolled back.
    """
    list_id, number = record.list_id, record.number
    if buckets is not None:
        values |= _counts(buckets)
    done = _noting(tuple(values), giving_up=giving_up)
    values |= {"b_list_id": list_id, "b_number": number, "b_worker": record.worker, "b_state": record.state.value}
    if conn.execute(done, {**values, "heartbeat_at": now, "tries": 0}).rowcount == 0:
        raise Refused(f"version {number} of this list was given up meanwhile; import the file again")


def count(conn: Connection, list_id: int, number: int, *, born: int = 0, unarmed: int = 0) -> None:
    """So many more, or fewer, leads that the version brings: with their due time, and still without."""
    if born or unarmed:
        conn.execute(_COUNT, {"b_list_id": list_id, "b_number": number, "b_born": born, "b_unarmed": unarmed})


def set_layout(conn: Connection, list_id: int, number: int, header: list[str], delimiter: str) -> None:
    """Keeps what the file's rejected rows are written with."""
    _change(conn, list_id, number, layout={"header": header, "delimiter": delimiter})


def publish(conn: Connection, list_id: int, number: int, buckets: Buckets, now: datetime) -> None:
    """Makes the version the list's current one, with its final counts. Its leads are dialed as they are armed."""
    _change(
        conn,
        list_id,
        number,
        state=VersionState.PUBLISHED.value,
        published_at=now,
        heartbeat_at=now,
        **_counts(buckets),
    )
    conn.execute(update(lists).where(lists.c.id == list_id).values(current_version=number, changed_at=now))


def is_settled(conn: Connection, record: VersionRecord) -> bool:
    """Whether publishing the version left nothing to do: no lead has to be armed, changed or withdrawn."""
    campaign = conn.scalar(select(lists.c.campaign).where(lists.c.id == record.list_id))
    if not record.born_armed or campaign is not None:
        return False
    mine = and_(lead_rows.c.list_id == record.list_id, lead_rows.c.lead_id <= record.highest_before)
    known = exists().where(mine, lead_rows.c.from_version == record.number)
    ended = exists().where(lead_rows.c.list_id == record.list_id, lead_rows.c.to_version == record.number)
    return not conn.scalar(select(known | ended))


def finish(conn: Connection, list_id: int, number: int, now: datetime) -> None:
    """All leads of the version are armed."""
    _change(conn, list_id, number, state=VersionState.ARMED.value, unarmed=0, finished_at=now, heartbeat_at=now)


def fail(conn: Connection, list_id: int, number: int, error: str, now: datetime) -> None:
    """The version failed as a whole; the list stays at the version it had."""
    none = {"born": 0, "unarmed": 0}
    _change(
        conn, list_id, number, state=VersionState.FAILED.value, error=error, finished_at=now, heartbeat_at=now, **none
    )


def begin_undo(conn: Connection, record: VersionRecord, worker: str, now: datetime) -> None:
    """Makes the version before this one the current one again; its leads follow step by step."""
    _change(
        conn, record.list_id, record.number, state=VersionState.UNDOING.value, worker=worker, tries=0, heartbeat_at=now
    )
    conn.execute(
        update(lists).where(lists.c.id == record.list_id).values(current_version=record.previous, changed_at=now)
    )


def end_undo(conn: Connection, list_id: int, number: int, now: datetime) -> None:
    """Nothing is left of the version but its entry."""
    _change(conn, list_id, number, state=VersionState.UNDONE.value, finished_at=now, heartbeat_at=now)


def cancel(conn: Connection, list_id: int, number: int, actor: str) -> bool:
    """Asks the worker of a version that is being staged to stop and take everything back. False when it is not staged."""
    staging = list_versions.c.state == VersionState.STAGING.value
    return (
        conn.execute(update(list_versions).where(_this(list_id, number), staging).values(cancelled_by=actor)).rowcount
        == 1
    )


def of_list(conn: Connection, list_id: int) -> list[VersionRecord]:
    """All versions of the list, newest first."""
    statement = select(list_versions).where(list_versions.c.list_id == list_id)
    return [_record(row) for row in conn.execute(statement.order_by(list_versions.c.number.desc()))]


def get(conn: Connection, list_id: int, number: int) -> VersionRecord | None:
    """The version, or None."""
    row = conn.execute(select(list_versions).where(_this(list_id, number))).one_or_none()
    return None if row is None else _record(row)


def unfinished(conn: Connection) -> list[VersionRecord]:
    """Versions of all lists that are being staged, armed or undone, or whose worker is gone."""
    statement = select(list_versions).where(_is_unfinished)
    return [_record(row) for row in conn.execute(statement.order_by(list_versions.c.list_id, list_versions.c.number))]


_BUCKETS = ("rows", "imported", "updated", "unchanged", "duplicate", "dnc", "rejected", "withdrawn")
# Spelt as the index has it, so that it is used.
_is_unfinished = list_versions.c.state.in_(
    [bindparam(None, state.value, literal_execute=True) for state in VersionState if state.unfinished]
)


_that = and_(list_versions.c.list_id == bindparam("b_list_id"), list_versions.c.number == bindparam("b_number"))
_COUNT = (
    update(list_versions)
    .where(_that)
    .values(born=list_versions.c.born + bindparam("b_born"), unarmed=list_versions.c.unarmed + bindparam("b_unarmed"))
)


@cache
def _noting(names: tuple[str, ...], *, giving_up: bool) -> Any:
    """The end of a step that writes these columns; built once, since to build it takes longer than to run it."""
    still = and_(list_versions.c.worker == bindparam("b_worker"), list_versions.c.state == bindparam("b_state"))
    if not giving_up:
        still = and_(still, list_versions.c.cancelled_by.is_(None))
    columns = ("heartbeat_at", "tries", *names)
    return update(list_versions).where(_that, still).values({name: bindparam(name) for name in columns})


def _this(list_id: int, number: int) -> Any:
    return and_(list_versions.c.list_id == list_id, list_versions.c.number == number)


def _counts(buckets: Buckets) -> dict[str, int]:
    return {name: getattr(buckets, name) for name in _BUCKETS}


def _change(conn: Connection, list_id: int, number: int, **values: Any) -> None:
    conn.execute(update(list_versions).where(_this(list_id, number)).values(**values))


def _record(row: Any) -> VersionRecord:
    values = row._asdict()
    buckets = Buckets(**{name: values.pop(name) for name in _BUCKETS})
    values |= {"state": VersionState(values["state"]), "phase": Phase(values["phase"])}
    return VersionRecord(**values, buckets=buckets)
