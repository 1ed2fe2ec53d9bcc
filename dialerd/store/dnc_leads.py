"""What do-not-call makes of leads: closed or put off while an entry covers their number, and as before when none does.

Which leads that are follows from the entries alone, so everything here may be done again, in any order, by anybody. What
is too much for one transaction is written down as a sweep, and goes on wherever it was left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, or_, select, update

from dialerd.domain.dnc import ON_DNC, stopping
from dialerd.domain.eligibility import Wait
from dialerd.domain.lifecycle import VersionState
from dialerd.store import dnc, kept_out, numbers, selection
from dialerd.store.claims import WITHDRAWN
from dialerd.store.database import Connection
from dialerd.store.tables import attempts, dnc_sweeps, lead_rows, leads, list_versions, lists
from dialerd.store.types import UtcDateTime

_DIGITS = "9" * 16


@dataclass(frozen=True, slots=True)
class Effect:
    """How many leads were closed, put off, or made due again, and how many were let in or kept out since their list takes
    other numbers; `skipped` are numbers whose leads somebody else was changing.
    """

    closed: int = 0
    waiting: int = 0
    released: int = 0
    let_in: int = 0
    kept_out: int = 0
    skipped: frozenset[str] = frozenset()

    def __add__(self, other: Effect) -> Effect:
        return Effect(
            self.closed + other.closed,
            self.waiting + other.waiting,
            self.released + other.released,
            self.let_in + other.let_in,
            self.kept_out + other.kept_out,
            self.skipped | other.skipped,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sweep. `stuck`: nobody could go on, since somebody else was changing its only lead."""

    effect: Effect
    looked_at: int
    over: bool
    stuck: bool = False


def align(conn: Connection, phones: Collection[str], now: datetime) -> Effect:
    """Brings the leads with these numbers, in all lists, in line with do-not-call. Leads that are closed for another
    reason stay so; those of a version that is not published yet are looked at when it is. Numbers whose leads another
    transaction holds are skipped; each of them becomes a sweep of its own.
    """
    if not phones:
        return Effect()
    found = conn.execute(_LEADS, {"phones": list(phones)}).all()
    covering = dnc.covering(conn, {lead.phone for lead in found})
    closing: list[int] = []
    releasing: list[int] = []
    waiting: list[dict[str, object]] = []
    for lead in found:
        entry = stopping(covering.get(lead.phone, ()), lead.phone, lead.campaign, now)
        put_off = lead.waits_for == Wait.DO_NOT_CALL
        if entry is None:
            releasing += [lead.id] if lead.closed is not None or put_off else []
        elif entry.expires_at is None:
            closing += [lead.id] if lead.closed is None else []
        elif lead.closed is not None or put_off or (lead.due_at is not None and lead.due_at < entry.expires_at):
            waiting.append({"b_id": lead.id, "until": entry.expires_at})
    effect = Effect(_close(conn, closing), _put_off(conn, waiting), _release(conn, releasing, now))
    skipped = _skipped(conn, phones, {lead.id for lead in found})
    for phone in sorted(skipped):
        sweep_numbers(conn, phone)
    return replace(effect, skipped=skipped)


def align_leads(conn: Connection, ids: Collection[int], now: datetime) -> Effect:
    """`align` for the numbers of these leads, as when they came into another list."""
    if not ids or not dnc.has_any(conn):
        return Effect()
    return align(conn, set(conn.scalars(select(leads.c.phone).where(leads.c.id.in_(ids)))), now)


def sweep_numbers(conn: Connection, beginning: str, heartbeat_at: datetime | None = None) -> int:
    """Notes that all leads whose number begins so are still to be aligned; returns the id of the sweep. With
    `heartbeat_at` whoever began it is at it.
    """
    return _begin(conn, beginning=beginning, heartbeat_at=heartbeat_at)


def sweep_list(conn: Connection, list_id: int) -> int:
    """Notes that all leads of the list are still to be aligned, as when it changed its campaign, and that those
    whose numbers it does not take are to be kept out, and those to be let in again that it does.
    """
    return _begin(conn, list_id=list_id)


def pending(conn: Connection, silent_since: datetime) -> list[int]:
    """Sweeps that nobody has been at since then, oldest first."""
    heard = dnc_sweeps.c.heartbeat_at
    fits = or_(heard.is_(None), heard < silent_since)
    return list(conn.scalars(select(dnc_sweeps.c.id).where(fits).order_by(dnc_sweeps.c.id)))


def step(conn: Connection, sweep_id: int, size: int, now: datetime) -> Step | None:
    """Takes the sweep further by up to `size` numbers or leads; None when it is over or another process is at it."""
    sweep = conn.execute(_TAKE, {"id": sweep_id}).one_or_none()
    if sweep is None:
        return None
    if sweep.list_id is None:
        after: Any = sweep.after_number
        phones = _numbers_after(conn, sweep.beginning, after, size)
        last: Any = phones[-1] if phones else after
        effect = Effect()
    else:
        numbers.hold_rules(conn, sweep.list_id)
        page = _list_after(conn, sweep.list_id, sweep.after_lead, size)
        ids = [lead_id for lead_id, _ in page]
        effect = Effect(let_in=kept_out.let_in(conn, ids, now), kept_out=kept_out.keep_out(conn, ids, now))
        phones, last = [phone for _, phone in page], page[-1][0] if page else 0
    effect += align(conn, phones, now)
    if sweep.beginning in effect.skipped:
        # It would be its own successor; as it is, it is tried again.
        conn.execute(_DROP_LATER, {"beginning": sweep.beginning, "id": sweep_id})
        return Step(effect, len(phones), over=False, stuck=True)
    over = len(phones) < size
    if over:
        conn.execute(_DROP, {"b_id": sweep_id})
    else:
        place = {"after_number": last} if sweep.list_id is None else {"after_lead": last}
        conn.execute(update(dnc_sweeps).where(dnc_sweeps.c.id == sweep_id).values(heartbeat_at=now, **place))
    return Step(effect, len(phones), over=over)


def _begin(conn: Connection, **values: object) -> int:
    made: int = conn.execute(insert(dnc_sweeps).values(**values).returning(dnc_sweeps.c.id)).scalar_one()
    return made


def _numbers_after(conn: Connection, beginning: str, after: str, size: int) -> list[str]:
    # Digits follow digits in every collation; so many nines are behind every number.
    fits = and_(leads.c.phone >= beginning, leads.c.phone <= beginning + _DIGITS, leads.c.phone > after)
    return list(conn.scalars(select(leads.c.phone).where(fits).distinct().order_by(leads.c.phone).limit(size)))


def _list_after(conn: Connection, list_id: int, after: int, size: int) -> Sequence[Any]:
    mine = and_(leads.c.list_id == list_id, leads.c.id > after)
    return conn.execute(select(leads.c.id, leads.c.phone).where(mine).order_by(leads.c.id).limit(size)).all()


def _close(conn: Connection, ids: list[int]) -> int:
    return conn.execute(_CLOSE, {"ids": ids}).rowcount if ids else 0


def _put_off(conn: Connection, waiting: list[dict[str, object]]) -> int:
    if waiting:
        conn.execute(_PUT_OFF, waiting)
    return len(waiting)


def _release(conn: Connection, ids: list[int], now: datetime) -> int:
    if not ids:
        return 0
    conn.execute(_WITHDRAW, {"ids": ids})
    return conn.execute(_RELEASE, {"ids": ids, "now": now}).rowcount


def _skipped(conn: Connection, phones: Collection[str], held: set[int]) -> frozenset[str]:
    if conn.dialect.name == "sqlite":
        return frozenset()
    every = conn.execute(_LEADS_UNLOCKED, {"phones": list(phones)})
    return frozenset(lead.phone for lead in every if lead.id not in held)


_ids: Any = bindparam("ids", expanding=True)
_in_call = select(attempts.c.id).where(attempts.c.lead_id == leads.c.id, attempts.c.ended_at.is_(None)).exists()
_unpublished = (
    select(list_versions.c.number)
    .where(
        list_versions.c.list_id == leads.c.list_id,
        list_versions.c.state == VersionState.STAGING.value,
        leads.c.id > list_versions.c.highest_before,
    )
    .exists()
)
# What is neither due nor in a call waits to be armed, and is looked at then.
_stands = or_(leads.c.closed == ON_DNC, and_(leads.c.closed.is_(None), or_(leads.c.due_at.is_not(None), _in_call)))
_LEADS_UNLOCKED = (
    select(leads.c.id, leads.c.phone, lists.c.campaign, leads.c.due_at, leads.c.closed, leads.c.waits_for)
    # "+ 0": from the numbers to their lists, never the other way round.
    .join(lists, lists.c.id == leads.c.list_id + 0)
    .where(leads.c.phone.in_(bindparam("phones", expanding=True)), _stands, ~_unpublished)
    .order_by(leads.c.id)
)
# Skipped, not waited for: two transactions that hold several leads must not wait for each other.
_LEADS = _LEADS_UNLOCKED.with_for_update(of=leads, skip_locked=True)

# What do-not-call has put off already was due before that.
_was_due = case((leads.c.waits_for == Wait.DO_NOT_CALL.value, leads.c.resume_at), else_=leads.c.due_at)
_CLOSE = (
    update(leads).where(leads.c.id.in_(_ids)).values(closed=ON_DNC, resume_at=_was_due, due_at=None, waits_for=None)
)
_until: Any = bindparam("until", type_=UtcDateTime)
_resumes = case((leads.c.closed == ON_DNC, leads.c.resume_at), else_=_was_due)
_later = or_(_resumes.is_(None), _resumes < _until)
_PUT_OFF = (
    update(leads)
    .where(leads.c.id == bindparam("b_id"))
    .values(
        closed=None,
        due_at=case((_in_call, None), (_later, _until), else_=_resumes),
        waits_for=case((and_(_later, ~_in_call), Wait.DO_NOT_CALL.value)),
        resume_at=_resumes,
    )
)
_live = select(lead_rows.c.lead_id).where(selection.LIVE_ROW, lists.c.id == leads.c.list_id).correlate(leads).exists()
_WITHDRAW = update(leads).where(leads.c.id.in_(_ids), leads.c.closed == ON_DNC, ~_live).values(closed=WITHDRAWN)
_RELEASE = (
    update(leads)
    .where(leads.c.id.in_(_ids), or_(leads.c.closed == ON_DNC, leads.c.waits_for == Wait.DO_NOT_CALL.value))
    .values(
        closed=None,
        due_at=case((_in_call, None), else_=func.coalesce(leads.c.resume_at, bindparam("now", type_=UtcDateTime))),
        waits_for=None,
        resume_at=None,
    )
)
_TAKE = select(dnc_sweeps).where(dnc_sweeps.c.id == bindparam("id")).with_for_update(skip_locked=True)
_DROP = delete(dnc_sweeps).where(dnc_sweeps.c.id == bindparam("b_id"))
_DROP_LATER = delete(dnc_sweeps).where(
    dnc_sweeps.c.beginning == bindparam("beginning"), dnc_sweeps.c.id > bindparam("id"), dnc_sweeps.c.list_id.is_(None)
)
