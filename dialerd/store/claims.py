"""Claiming leads, giving them back, and the point of no return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Row, and_, bindparam, case, delete, exists, func, or_, select, update

from dialerd.domain import funnel
from dialerd.domain.dnc import LONGEST, ON_DNC, Kind
from dialerd.domain.eligibility import NUMBER_BUSY_WAIT, Never, NoUntil, Verdict
from dialerd.domain.facts import AttemptState, ClaimedLead
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import buckets
from dialerd.store.claim_rows import CallerIds, insert
from dialerd.store.database import Connection
from dialerd.store.freezes import is_frozen
from dialerd.store.heads import Candidate, with_past
from dialerd.store.order import next_leads
from dialerd.store.past import NO_LOOK_BACK, LookBack
from dialerd.store.room import ClaimRequest, Room, room_for
from dialerd.store.tables import attempts, campaigns, dnc_entries, leads
from dialerd.store.types import UtcDateTime
from dialerd.store.verdicts import move, moved_by, put_off

WITHDRAWN = funnel.WITHDRAWN
"""leads.closed of a lead that the current version of its list does not have."""

_ROUNDS = 8


def claim(
    conn: Connection,
    request: ClaimRequest,
    judge: Callable[[Candidate], Verdict],
    now: datetime,
    room: Room | None = None,
    caller_ids: CallerIds | None = None,
    *,
    open_among: Callable[[Sequence[str]], list[str]] | None = None,
    back: LookBack = NO_LOOK_BACK,
) -> list[ClaimedLead]:
    """Takes up to `limit` due leads of an active campaign in its order (store.order). Each gets an attempt in
    state `claimed`. Nothing when the campaign is not active or a cap is reached.

    `room` is what `room_for` said in this transaction, when it was asked: with as many claimed as it said, it is the
    caps that let no more be claimed; with fewer, the list. `caller_ids` chooses what each called party sees; None: the
    trunk's own number.

    `open_among` says which of the campaign's zone keys are open: leads with others are passed over. `back` is how far back
    the attempts on a number matter to `judge`, which is asked once for each lead at the head. A lead it puts off or
    refuses leaves the head: its due time moves, or it is closed with the reason; so it costs no later claim anything. Give the connection of a write transaction;
    claims of all engines on PostgreSQL are one after another, so that the caps hold over all of them.
    """
    room = room_for(conn, request) if room is None else room
    zones = open_among(buckets.keys(conn, request.campaign)) if open_among is not None and room.leads > 0 else None
    claimed: list[ClaimedLead] = []
    for _ in range(_ROUNDS):
        wanted = room.leads - len(claimed)
        if wanted <= 0:
            break
        heads = with_past(conn, next_leads(conn, request.campaign, request.order, wanted, now, zones=zones), back, now)
        chosen, moved = _sort_out(heads, judge, now)
        won = insert(conn, request, chosen, caller_ids, now)
        if won:
            conn.execute(_TAKE, {"lead_ids": [lead.lead_id for lead in won]})
        claimed += won
        lost = {lead.lead_id for lead in chosen} - {lead.lead_id for lead in won}
        moved += [put_off(lead_id, now + NUMBER_BUSY_WAIT) for lead_id in lost]
        move(conn, moved)
        if len(heads) < wanted:
            break
    return claimed


def give_back(conn: Connection, attempt_ids: Sequence[str], now: datetime) -> list[str]:
    """Undoes claims of which nothing was sent: the attempt is deleted, the lead is due as it was. Only attempts in state
    `claimed` are touched. Returns those that were given back.
    """
    if not attempt_ids:
        return []
    return restore(conn, conn.execute(_GIVE_BACK, {"ids": list(attempt_ids)}).all(), now)


def restore(conn: Connection, deleted: Sequence[Row[str, int, datetime]], now: datetime) -> list[str]:
    """The leads of claims that were deleted (id, lead id, due time of each) are due as they were. Returns the ids."""
    if deleted:
        conn.execute(_RESTORE, [{"b_lead_id": lead_id, "b_due": min(due, now)} for _, lead_id, due in deleted])
    return [attempt_id for attempt_id, _, _ in deleted]


def mark_sending(
    conn: Connection, attempt_ids: Sequence[str], owner: str, now: datetime, asterisk: str = "", rules: str = ""
) -> frozenset[str]:
    """The compare-and-set alone: moves claims of `owner` to `sending`, where their campaign is still active and their lead
    was not closed or withdrawn, and its number not put on do-not-call meanwhile, and returns the ids that moved. Only those
    may be sent, once this transaction is committed, and never twice. `asterisk` is the one they will be sent to, `rules` the
    versions of the rule files that let them; both are kept, and the zone keys that were judged. The engine goes through
    sending.commit, which asks the gates first.
    """
    if not attempt_ids:
        return frozenset()
    values = {"ids": list(attempt_ids), "b_owner": owner, "now": now, "asterisk": asterisk, "rules": rules}
    return frozenset(conn.execute(_MARK_SENDING, values).scalars())


def _sort_out(
    heads: Sequence[Candidate], judge: Callable[[Candidate], Verdict], now: datetime
) -> tuple[list[Candidate], list[dict[str, object]]]:
    """The candidates to dial, and what the leads of the others are changed to."""
    chosen: list[Candidate] = []
    moved: list[dict[str, object]] = []
    numbers: set[str] = set()
    for lead in heads:
        verdict = judge(lead) if lead.live else Never(WITHDRAWN)
        if isinstance(verdict, Never | NoUntil):
            moved.append(moved_by(lead.lead_id, verdict, now))
        elif lead.busy or lead.phone in numbers:
            moved.append(put_off(lead.lead_id, now + NUMBER_BUSY_WAIT))
        else:
            numbers.add(lead.phone)
            chosen.append(lead)
    return chosen, moved


_is_open = attempts.c.ended_at.is_(None)
_TAKE = (
    update(leads)
    .where(leads.c.id.in_(bindparam("lead_ids", expanding=True)))
    .values(due_at=None, waits_for=None, dials=leads.c.dials + 1)
)

_claimed = attempts.c.state == AttemptState.CLAIMED.value
_GIVE_BACK = (
    delete(attempts)
    .where(attempts.c.id.in_(bindparam("ids", expanding=True)), _claimed)
    .returning(attempts.c.id, attempts.c.lead_id, attempts.c.due_at)
)
_RESTORE = (
    update(leads)
    .where(leads.c.id == bindparam("b_lead_id"))
    .values(
        due_at=case((leads.c.closed.is_(None), bindparam("b_due", type_=UtcDateTime))),
        resume_at=case((leads.c.closed == ON_DNC, bindparam("b_due", type_=UtcDateTime)), else_=leads.c.resume_at),
        dials=leads.c.dials - 1,
    )
)
# A number and all its prefixes by the index: an entry that is longer than the number equals none of them.
_beginnings = [func.substr(attempts.c.phone, 1, length) for length in range(2, LONGEST + 1)]
_on_dnc = exists().where(
    dnc_entries.c.number.in_(_beginnings),
    or_(dnc_entries.c.kind == Kind.PREFIX.value, dnc_entries.c.number == attempts.c.phone),
    or_(dnc_entries.c.campaign == "", dnc_entries.c.campaign == attempts.c.campaign),
    or_(dnc_entries.c.expires_at.is_(None), dnc_entries.c.expires_at > bindparam("now", type_=UtcDateTime)),
)
_MARK_SENDING = (
    update(attempts)
    .where(
        attempts.c.id.in_(bindparam("ids", expanding=True)),
        _claimed,
        attempts.c.owner == bindparam("b_owner"),
        exists().where(and_(campaigns.c.name == attempts.c.campaign, campaigns.c.state == CampaignState.ACTIVE.value)),
        ~exists().where(and_(leads.c.id == attempts.c.lead_id, leads.c.closed.is_not(None))),
        ~_on_dnc,
        ~is_frozen(attempts.c.campaign),
    )
    .values(
        state=AttemptState.SENDING.value,
        sending_at=bindparam("now", type_=UtcDateTime),
        asterisk=bindparam("asterisk"),
        place=select(leads.c.zone).where(leads.c.id == attempts.c.lead_id).scalar_subquery(),
        rules=bindparam("rules"),
    )
    .returning(attempts.c.id)
)
