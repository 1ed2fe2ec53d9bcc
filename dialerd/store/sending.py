"""The point of no return: the gates are asked once more, at the last moment before an attempt may be sent.

Between the claim and this moment a campaign may be paused, a list archived or unassigned, a lead withdrawn or closed by
hand, hours may end, a day may be over. Whatever must hold when a call leaves is judged here, by the same judge and on
the same Candidate as the claim's; what the judge needs to know is added to heads.SEEN, for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, bindparam, text

from dialerd.domain.eligibility import YES, Never, NoUntil, Verdict, Yes
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import claims, verdicts
from dialerd.store.database import Connection
from dialerd.store.heads import SEEN, SEEN_TYPES, Candidate, with_past, with_rules
from dialerd.store.past import NO_LOOK_BACK, LookBack

LOST = "somebody else has given it back"
CHANGED = "the campaign or the lead changed at that moment"


@dataclass(frozen=True, slots=True)
class Commitment:
    """`won`: the attempts that may be sent, once, when the transaction is on disk. `refused`: those that may not, each with
    its reason; their claims are given back, and their leads put off or closed as the gates said.
    """

    won: frozenset[str]
    refused: Mapping[str, str]


def _anywhere(_key: str) -> Verdict:
    return YES


@dataclass(frozen=True, slots=True)
class Basis:
    """What the gates go by beside the lead: the verdict on a zone key, and the rule files with their dates, which are kept
    with every attempt that was sent.
    """

    place: Callable[[str], Verdict] = _anywhere
    rules: str = ""


def commit(
    conn: Connection,
    campaign: str,
    attempt_ids: Sequence[str],
    owner: str,
    judge: Callable[[Candidate], Verdict],
    now: datetime,
    *,
    by: Basis = Basis(),
    asterisk: str = "",
    back: LookBack = NO_LOOK_BACK,
) -> Commitment:
    """Moves claims of `owner` for the campaign to `sending` where every gate still says yes, and gives the others back.

    A "no until" puts the lead off, a "never" closes it, so that it is not claimed again a second later. `asterisk` as in
    claims.mark_sending, `back` as in claims.claim. A place that `by` says no to puts no lead off and closes none: its
    bucket is passed over until the place opens, with the due times as they are. Nor is a lead closed here whose list does
    not take its number: the next claim does that, which holds the rules meanwhile (numbers.refused_for_good). Give the connection of a write
    transaction.
    """
    refused: dict[str, str] = dict.fromkeys(attempt_ids, LOST)
    moved: list[dict[str, object]] = []
    passed: list[str] = []
    rows = _look(conn, campaign, attempt_ids, owner)
    seen = with_rules(conn, campaign, [Candidate(*row[_CAMPAIGN_COLUMNS:]) for row in rows], now)
    # Its own attempt is no past call to the number.
    candidates = with_past(conn, seen, back, now, but_not=attempt_ids)
    for row, candidate in zip(rows, candidates, strict=True):
        obstacle = _obstacle(row) or _not_there(candidate, by)
        verdict = None if obstacle else judge(candidate) if candidate.live else Never(claims.WITHDRAWN)
        if isinstance(verdict, Never | NoUntil):
            if candidate.refused is None:
                moved.append(verdicts.moved_by(candidate.lead_id, verdict, now))
            obstacle = verdict.reason
        if obstacle is None:
            passed.append(row.attempt_id)
        refused[row.attempt_id] = obstacle or CHANGED
    won = claims.mark_sending(conn, passed, owner, now, asterisk, by.rules)
    refused = {attempt_id: reason for attempt_id, reason in refused.items() if attempt_id not in won}
    claims.give_back(conn, [attempt_id for attempt_id, reason in refused.items() if reason != LOST], now)
    verdicts.move(conn, moved)
    return Commitment(won, refused)


def _look(conn: Connection, campaign: str, attempt_ids: Sequence[str], owner: str) -> Sequence[Any]:
    values = {"ids": list(attempt_ids), "owner": owner, "campaign": campaign}
    return conn.execute(_LOOK, values).all() if attempt_ids else ()


def _obstacle(row: Any) -> str | None:
    """What stands in the way of the attempt and says nothing about its lead, which is due as it was."""
    if row.campaign_state != CampaignState.ACTIVE:
        return f"the campaign is {row.campaign_state}"
    if not row.assigned:
        return "its list is archived or no longer the campaign's"
    return f"the lead is closed: {row.closed}" if row.closed is not None else None


def _not_there(candidate: Candidate, by: Basis) -> str | None:
    verdict = by.place(candidate.zone) if candidate.live else YES
    return None if isinstance(verdict, Yes) else verdict.reason


_CAMPAIGN_COLUMNS = 4
# The lead's own open attempt is this one, and there is no other: an index forbids it.
_SEEN = SEEN.format(dials="l.dials - 1 AS dials", due_at="a.due_at", busy="false")
_LOOK = (
    text(f"""
SELECT a.id AS attempt_id, c.state AS campaign_state,
       lists.archived_at IS NULL AND lists.campaign = a.campaign AS assigned, l.closed AS closed, {_SEEN}
  FROM attempts a JOIN leads l ON l.id = a.lead_id JOIN lists ON lists.id = l.list_id
  JOIN campaigns c ON c.name = a.campaign
 WHERE a.id IN :ids AND a.campaign = :campaign AND a.owner = :owner AND a.state = :claimed ORDER BY a.id""")  # noqa: S608 - parts of our own
    .bindparams(bindparam("ids", expanding=True), claimed=AttemptState.CLAIMED.value)
    .columns(assigned=Boolean(), **SEEN_TYPES)
)
