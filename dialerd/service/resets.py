"""Another pass over leads: making them fresh again by disposition, at once or so many an hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.dispositions import Catalogue, Disposition
from dialerd.domain.errors import BadInput, Refused
from dialerd.ingest.load import whole_minute
from dialerd.service.names import require_list
from dialerd.store import audit, resets, selection
from dialerd.store.database import Connection, Database
from dialerd.store.resets import ResetRecord
from dialerd.store.steps import Steps

MINIMUM_GAP = timedelta(hours=4)
"""How long a lead rests at least after its last call before a reset makes it dialable, unless told otherwise."""

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ResetWish:
    """Which leads of which list: those with one of `dispositions`. `drip`: how many become due in an hour, None for all
    at once. `gap`: refused while one of them was called less than this ago, unless `force`.
    """

    name: str
    dispositions: frozenset[str]
    drip: float | None = None
    gap: timedelta = MINIMUM_GAP
    force: bool = False


@dataclass(frozen=True, slots=True)
class ResetPlan:
    """What a reset would touch. `in_call` of the leads are in a call and left alone; `recent` were called less than the
    minimum gap ago, `last_hour` and `last_day` within that; `last_call` is the latest of all. `lasts` is how long the
    drip takes.
    """

    name: str
    dispositions: tuple[str, ...]
    leads: int
    in_call: int
    recent: int
    last_hour: int
    last_day: int
    last_call: datetime | None
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class ResetReport:
    """What was reset: so many leads are as new, the last of them due at `last_due`; `in_call` were left alone."""

    name: str
    reset_id: int
    leads: int
    in_call: int
    first_due: datetime | None
    last_due: datetime | None


def every(dispositions: Catalogue) -> frozenset[str]:
    """What a reset of everything means: never who said no or has no such number."""
    return frozenset(dispositions.names) - {Disposition.NEW} - dispositions.protected


def plan(database: Database, wish: ResetWish, *, now: datetime) -> ResetPlan:
    """What the reset would do now; changes nothing. Raises NotFound, BadInput for dispositions or a pace that cannot be."""
    _check(wish)
    with database.read() as conn:
        return _plan(conn, wish, _chosen(conn, wish), now)


def reset(
    database: Database, wish: ResetWish, *, actor: str, clock: Clock, progress: Progress | None = None
) -> ResetReport:
    """Makes the leads fresh: disposition new, attempts counted from 0, due now or one after the other. What was dialed
    stays in the ledger. Leads that are in a call, withdrawn, closed by hand or on do-not-call are left alone.

    It goes in small steps; when it is interrupted, asking for the same again goes on. Raises NotFound, BadInput as
    `plan`, Refused when a lead was called less than the minimum gap ago, when there is nothing to reset, or when another
    reset of the list was interrupted.
    """
    _check(wish)
    with database.read() as conn:
        found = _plan(conn, wish, _chosen(conn, wish), clock())
        unfinished = _unfinished(conn, wish)
    if unfinished is None:
        _check_gap(wish, found)
    record = _begin(database, wish, found, actor, clock())
    done, in_call = _freshen(database, wish, record, progress, found.leads)
    with database.write() as conn:
        resets.set_state(conn, record.reset_id, "done")
    steps = Steps(database)
    left = 1
    while left:
        with steps.write() as conn:
            for rows in steps.portions():
                left = resets.forget_earlier(conn, record, rows)
                if not left:
                    break
        steps.rest()
    first, last = (_due(record, 0), _due(record, done - 1)) if done else (None, None)
    return ResetReport(wish.name, record.reset_id, done, in_call, first, last)


def _freshen(
    database: Database, wish: ResetWish, record: ResetRecord, progress: Progress | None, total: int
) -> tuple[int, int]:
    chosen = selection.at_liberty(record.list_id, wish.dispositions)
    steps = Steps(database)
    done = record.leads
    in_call = after = 0
    while True:
        with database.read() as conn:
            page = selection.page(conn, chosen, after, steps.room)
        if not page:
            return done, in_call
        with steps.write() as conn:
            for rows in steps.portions():
                some, page = page[:rows], page[rows:]
                ids = selection.settle(conn, some, chosen)
                before = resets.remember(conn, record.reset_id, ids)
                resets.freshen(conn, [(lead_id, _due(record, before + place)) for place, lead_id in enumerate(ids)])
                done = before + len(ids)
                in_call += len(some) - len(ids)
                after = some[-1]
                if not page:
                    break
        if progress is not None:
            progress(done, total)
        steps.rest()


def _begin(database: Database, wish: ResetWish, found: ResetPlan, actor: str, now: datetime) -> ResetRecord:
    with database.write() as conn:
        unfinished = _unfinished(conn, wish)
        if unfinished is not None:
            return unfinished
        record = resets.begin(
            conn,
            require_list(conn, wish.name).list_id,
            dispositions=_text(wish),
            drip=wish.drip,
            created_by=actor,
            now=now,
        )
        detail = {**facts(record), "leads": found.leads, "called_recently": found.recent, "forced": wish.force}
        audit.add(conn, at=now, actor=actor, action="list.reset", subject=f"list {wish.name}", detail=detail)
        return record


def _unfinished(conn: Connection, wish: ResetWish) -> ResetRecord | None:
    """The list's reset that was interrupted, if this is the same one. Raises Refused when it is another one."""
    record = resets.last(conn, require_list(conn, wish.name).list_id)
    if record is None or record.state == "done":
        return None
    if record.state == "running" and (record.dispositions, record.drip) == (_text(wish), wish.drip):
        return record
    way_out = (
        f"end the undo first: dialerd list reset --undo {wish.name}"
        if record.state == "undoing"
        else f"go on with it by the same options ({record.dispositions}), or take it back with --undo"
    )
    raise Refused(f"list {wish.name}: another reset was interrupted, and one comes after the other; {way_out}")


def _plan(conn: Connection, wish: ResetWish, chosen: selection.Chosen, now: datetime) -> ResetPlan:
    leads = selection.count(conn, chosen)
    instants = (now - wish.gap, now - timedelta(hours=1), now - timedelta(days=1))
    last_call, (recent, last_hour, last_day) = selection.latest_attempts(conn, chosen, *instants)
    lasts = timedelta(hours=max(leads - 1, 0) / wish.drip) if wish.drip else timedelta()
    return ResetPlan(
        name=wish.name,
        dispositions=tuple(sorted(wish.dispositions)),
        leads=leads,
        in_call=selection.in_call(conn, chosen),
        recent=recent,
        last_hour=last_hour,
        last_day=last_day,
        last_call=last_call,
        lasts=lasts,
    )


def _chosen(conn: Connection, wish: ResetWish) -> selection.Chosen:
    return selection.at_liberty(require_list(conn, wish.name).list_id, wish.dispositions)


def _check(wish: ResetWish) -> None:
    if not wish.dispositions:
        raise BadInput("a reset needs to know which leads: name one disposition or more")
    if Disposition.NEW in wish.dispositions:
        raise BadInput("disposition new: such leads are fresh already; name what became of their calls")
    if wish.drip is not None and not 0 < wish.drip <= 1_000_000:
        raise BadInput(f"drip {wish.drip:g}/h: must be above 0 and at most 1,000,000 leads an hour")
    if wish.gap < timedelta():
        raise BadInput("the minimum gap must not be below zero")


def _check_gap(wish: ResetWish, found: ResetPlan) -> None:
    if found.leads == 0:
        wanted = ", ".join(found.dispositions)
        raise Refused(f"list {wish.name} has no lead with disposition {wanted} to reset; dialerd list show {wish.name}")
    if found.recent and found.last_call is not None and not wish.force:
        until = (found.last_call + wish.gap).strftime("%Y-%m-%d %H:%M UTC")
        raise Refused(
            f"list {wish.name}: {found.recent:,} of {found.leads:,} leads were called within the minimum gap of "
            f"{_hours(wish.gap)}, and a reset would have them called again; wait until {until}, "
            "set a shorter --minimum-gap, or --force"
        )


def _due(record: ResetRecord, place: int) -> datetime:
    # All at once: at a whole minute, which statistics count without looking at the leads.
    return record.created_at + timedelta(hours=place / record.drip) if record.drip else whole_minute(record.created_at)


def _text(wish: ResetWish) -> str:
    return ",".join(sorted(wish.dispositions))


def facts(record: ResetRecord) -> dict[str, object]:
    """The reset, as the audit names it."""
    return {"reset": record.reset_id, "dispositions": record.dispositions, "drip": record.drip, "leads": record.leads}


def _hours(gap: timedelta) -> str:
    return f"{gap.total_seconds() / 3600:g} h"
