"""Moving leads from one list to another. Their history goes along, since it hangs on the lead."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dispositions import SYSTEM
from dialerd.domain.errors import BadInput, DialerdError, Refused
from dialerd.service.names import require_list
from dialerd.service.workers import new_worker
from dialerd.store import audit, by_hand, moves, selection, versions
from dialerd.store.database import Connection, Database
from dialerd.store.filters import EVERYBODY, LeadFilter
from dialerd.store.moves import Move, Moved
from dialerd.store.steps import Steps
from dialerd.store.versions import Buckets, VersionRecord

_LOOK = 1000

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class MoveWish:
    """Which leads of list `source` go to list `target`: those that fit, in the order of the list's rows, at most `limit`.
    `update`: where the target has the number already, its lead gets the fields and the moved one is withdrawn; without it
    such a lead stays where it is. Who was closed by hand in the one list, or has a `protected` disposition there, is so
    in the other too.
    """

    source: str
    target: str
    which: LeadFilter = EVERYBODY
    limit: int | None = None
    update: bool = False
    protected: frozenset[str] = SYSTEM.protected


@dataclass(frozen=True, slots=True)
class MoveReport:
    """What was moved, or would be. Leads in a call, and those that would update one that is, stay where they are and are
    counted in `in_call`. The versions are
    those that say so in each list, None for a dry run.
    """

    source: str
    target: str
    source_version: int | None
    target_version: int | None
    moved: int
    updated: int
    duplicate: int
    in_call: int


def plan(database: Database, wish: MoveWish) -> MoveReport:
    """What `move` would do now; changes nothing. Raises what `move` raises."""
    with database.read() as conn:
        source, target = _lists(conn, wish)
    done = Moved()
    after = 0
    while (page := _page(database, wish, source, after, done, _LOOK)) is not None:
        after = page[-1]
        with database.read() as conn:
            ids = selection.settle(conn, page, _chosen(wish, source))
            done += moves.sort_out(conn, ids, target, update_twins=wish.update).counts
        done += Moved(in_call=len(page) - len(ids))
    return _report(wish, None, done)


def move(
    database: Database, wish: MoveWish, *, actor: str, clock: Clock, progress: Progress | None = None
) -> MoveReport:
    """Moves the leads, a few hundred at a time; at every moment each lead is in exactly one of the lists. When it is
    interrupted, what was moved has moved, and asking again moves the rest. Both lists may be In Use.

    Raises NotFound, BadInput for a limit below 1, Refused for a list onto itself or while an import into one of the two
    runs.
    """
    began = _begin(database, wish, actor, clock)
    steps = Steps(database)
    done = Moved()
    after = 0
    try:
        while (page := _page(database, wish, began.move.source, after, done, steps.room)) is not None:
            total = done
            with steps.write() as conn:
                for rows in steps.portions():
                    some, page = page[:rows], page[rows:]
                    total += _move_some(conn, wish, began.move, some, clock())
                    after = some[-1]
                    if not page:
                        break
                _count(conn, began, total, clock())
            done = total
            if progress is not None:
                progress(done.moved + done.updated, wish.limit or 0)
            steps.rest()
    except BaseException:  # Ctrl-C too: a move never stays half told
        # What was moved is whole: the versions end here. If even this fails, imports.recover ends them later.
        with suppress(DialerdError):
            _finish(database, began, done, clock)
        raise
    _finish(database, began, done, clock)
    return _report(wish, began.move, done)


@dataclass(frozen=True, slots=True)
class _Began:
    """A move on its way, and its versions as they began: of the source and of the target."""

    move: Move
    out: VersionRecord
    into: VersionRecord


def _lists(conn: Connection, wish: MoveWish) -> tuple[int, int]:
    if wish.limit is not None and wish.limit < 1:
        raise BadInput(f"limit {wish.limit}: must be 1 or more")
    source, target = require_list(conn, wish.source), require_list(conn, wish.target)
    if source.list_id == target.list_id:
        raise Refused(f"list {wish.source} is both source and target: leads move between two lists; name another one")
    if source.current_version == 0:
        raise Refused(
            f"list {wish.source} is {source.status.label}: there is nothing to move; import a file into it first"
        )
    return source.list_id, target.list_id


def _begin(database: Database, wish: MoveWish, actor: str, clock: Clock) -> _Began:
    with database.write() as conn:
        source, target = _lists(conn, wish)
        begun: dict[int, VersionRecord] = {}
        # In the order of their ids: two moves in opposite directions must not wait for each other.
        for list_id, what in sorted({source: f"moved to {wish.target}", target: f"moved from {wish.source}"}.items()):
            begun[list_id] = by_hand.open_version(
                conn, list_id, what=what, actor=actor, now=clock(), mode="move", worker=new_worker()
            )
        out, into = begun[source], begun[target]
        detail = {
            "to": wish.target,
            **wish.which.told(),
            "limit": wish.limit,
            "duplicates": "update" if wish.update else "skip",
            "versions": [out.number, into.number],
        }
        subject = f"list {wish.source}"
        audit.add(conn, at=clock(), actor=actor, action="list.move", subject=subject, detail=detail)
    return _Began(Move(source, target, out.number, into.number, wish.protected), out, into)


def _page(database: Database, wish: MoveWish, source: int, after: int, done: Moved, most: int) -> list[int] | None:
    room = most if wish.limit is None else min(most, wish.limit - done.moved - done.updated)
    if room <= 0:
        return None
    with database.read() as conn:
        return selection.page(conn, _chosen(wish, source), after, room) or None


def _move_some(conn: Connection, wish: MoveWish, move: Move, page: list[int], now: datetime) -> Moved:
    ids = selection.settle(conn, page, _chosen(wish, move.source))
    moved = moves.move(conn, move, ids, update_twins=wish.update, now=now)
    return moved + Moved(in_call=len(page) - len(ids))


def _chosen(wish: MoveWish, source: int) -> selection.Chosen:
    return selection.live(source, wish.which)


def _count(conn: Connection, began: _Began, done: Moved, now: datetime) -> None:
    """Both versions say what was moved so far. Raises Refused when they were ended meanwhile, since this process was
    taken for dead; then the step must be rolled back.
    """
    into, out = _buckets(done)
    try:
        versions.note_step(conn, began.into, now, buckets=into)
        versions.note_step(conn, began.out, now, buckets=out)
    except Refused as error:
        raise Refused(
            f"the move was ended by another process, because this one was silent too long; {done.moved:,} leads have "
            "moved, ask again for the rest"
        ) from error


def _finish(database: Database, began: _Began, done: Moved, clock: Clock) -> None:
    into, out = _buckets(done)
    with database.write() as conn:
        by_hand.close_version(conn, began.into, into, clock())
        by_hand.close_version(conn, began.out, out, clock())


def _buckets(done: Moved) -> tuple[Buckets, Buckets]:
    """How the version of the target and that of the source account for it."""
    rows = done.moved + done.updated + done.duplicate
    into = Buckets(rows=rows, imported=done.moved, updated=done.updated, duplicate=done.duplicate)
    return into, Buckets(withdrawn=done.moved + done.updated)


def _report(wish: MoveWish, began: Move | None, done: Moved) -> MoveReport:
    return MoveReport(
        source=wish.source,
        target=wish.target,
        source_version=began.source_version if began else None,
        target_version=began.target_version if began else None,
        moved=done.moved,
        updated=done.updated,
        duplicate=done.duplicate,
        in_call=done.in_call,
    )
