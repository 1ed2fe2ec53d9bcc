"""What an import says about leads of other lists, taken over there once it is in: a version of each of these lists."""

from __future__ import annotations

from dialerd.domain.errors import Refused
from dialerd.ingest.load import Clock
from dialerd.service.workers import new_worker
from dialerd.store import audit, by_hand, lists, others, spread, versions
from dialerd.store.database import Connection, Database
from dialerd.store.steps import Steps
from dialerd.store.versions import Buckets, VersionRecord


def run(database: Database, list_id: int, number: int, *, clock: Clock) -> None:
    """Updates the leads of other lists that the version's file names, where the version said so. It has to be in. A list
    that is being imported into, or that another process is at, is left to whoever looks next.
    """
    busy: set[int] = set()
    while True:
        with database.read() as conn:
            target = spread.next_list(conn, list_id, number, busy)
        if target is None:
            break
        try:
            _update(database, (list_id, number), target, clock)
        except Refused:
            busy.add(target)
    if not busy:
        _forget_rest(database, list_id, number)


def run_pending(database: Database, *, clock: Clock) -> None:
    """As run, for all versions of which something is left. Cheap when there are none."""
    with database.read() as conn:
        found = spread.pending(conn)
    for list_id, number in found:
        run(database, list_id, number, clock=clock)


def _update(database: Database, place: tuple[int, int], target: int, clock: Clock) -> None:
    with database.write() as conn:
        opened = _open(conn, place, target, clock)
    steps = Steps(database)
    changed = 0
    left = True
    while left:
        total = changed
        with steps.write() as conn:
            for rows in steps.portions():
                taken = spread.take(conn, *place, target, opened.number, rows)
                total += taken.changed
                left = taken.looked_at > 0
                if not left:
                    break
            counts = Buckets(rows=total, updated=total)
            versions.note_step(conn, opened, clock(), buckets=counts)
            if not left:
                by_hand.close_version(conn, opened, counts, clock())
        changed = total
        steps.rest()


def _open(conn: Connection, place: tuple[int, int], target: int, clock: Clock) -> VersionRecord:
    source, home = versions.get(conn, *place), lists.by_id(conn, place[0])
    if source is None or home is None:
        raise Refused("the version was deleted meanwhile")
    what = f"{source.file_name}, imported into {home.name}"
    opened = by_hand.open_version(
        conn, target, what=what, actor=source.created_by, now=clock(), mode="add", worker=new_worker()
    )
    there = lists.by_id(conn, target)
    detail = {"from": home.name, "from_version": source.number, "version": opened.number}
    subject = f"list {there.name if there else target}"
    audit.add(conn, at=clock(), actor=source.created_by, action="list.update", subject=subject, detail=detail)
    return opened


def _forget_rest(database: Database, list_id: int, number: int) -> None:
    """What was said about leads that are gone."""
    steps = Steps(database)
    with database.read() as conn:
        left = int(others.is_any(conn, list_id, number))
    while left:
        with steps.write() as conn:
            for rows in steps.portions():
                left = others.drop(conn, list_id, number, rows)
                if not left:
                    break
        steps.rest()
