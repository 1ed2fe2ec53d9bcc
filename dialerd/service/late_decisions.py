"""Decisions that could not be made when a call ended, because whoever wrote its end down lacked the campaign's file."""

from __future__ import annotations

from datetime import datetime

from dialerd.domain import recycle
from dialerd.domain.dispositions import Disposition
from dialerd.domain.eligibility import Never, NoUntil, Verdict, Wait, Yes
from dialerd.settings import Campaign
from dialerd.store import attempts
from dialerd.store.database import Connection
from dialerd.store.heads import Candidate


def decide_late(conn: Connection, lead: Candidate, campaign: Campaign, now: datetime) -> Verdict:
    """Whether and when the lead is tried again, by the rules that would have decided at the end of its last call; yes for
    a lead that waits for no decision.
    """
    if lead.waits_for != Wait.DECISION:
        return Yes()
    last = next(iter(attempts.page(conn, lead_id=lead.lead_id, limit=1)), None)
    if last is None or last.ended_at is None or lead.disposition == Disposition.NEW:
        return Yes()
    past = attempts.history(conn, lead.lead_id)
    history = recycle.History(
        lead.attempts,
        same=past.ended.get(lead.disposition, 0),
        uncounted=past.uncounted,
        asked=last.callback_at if lead.disposition == Disposition.CALLBACK else None,
        began=last.sending_at,
    )
    decision = recycle.decide(campaign.plan, lead.disposition, history, last.ended_at, lead.zone)
    if isinstance(decision, recycle.Again):
        return NoUntil(decision.at, "waits for its next try") if decision.at > now else Yes()
    return Never(decision.reason)
