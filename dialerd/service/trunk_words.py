"""What endings say about the trunk that carried the call, and which of them are the trunk's fault and not the number's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import EndFacts, OriginateFault, Witness
from dialerd.domain.outcome import classify
from dialerd.domain.recycle import Again, History, decide
from dialerd.domain.signs import Sign, Told, blamed, sign_of
from dialerd.settings import Campaign
from dialerd.store import attempts, leads
from dialerd.store.attempts import AttemptRecord, LeadHistory
from dialerd.store.database import Connection
from dialerd.store.leads import AfterAttempt

_NO_CHANNEL = (OriginateFault.NO_CHANNEL, OriginateFault.REFUSED)
_HELD_AGAINST = {Sign.INVALID: Disposition.INVALID_NUMBER, Sign.SILENT: Disposition.NO_ANSWER}


def sign_in(record: AttemptRecord, facts: EndFacts, witness: Witness) -> Sign | None:
    """What this ending of the attempt says of its trunk, together with what was written down before, if it had ended;
    None when it says nothing.
    """
    by_channel = witness is Witness.AGI
    if record.disposition is not None:
        if record.disposition in (Disposition.CANCELLED, Disposition.DO_NOT_CALL):
            return None
        by_channel = by_channel or record.ended_by == Witness.AGI
        facts = replace(
            facts,
            sip_code=facts.sip_code if record.sip_code is None else record.sip_code,
            cause=facts.cause if record.cause is None else record.cause,
        )
    if record.answered_at is not None:
        facts = replace(facts, answered=True)
    disposition = classify(facts).disposition
    return sign_of(Told(disposition, facts.sip_code, channel=facts.fault not in _NO_CHANNEL, silence=by_channel))


def put_right(
    conn: Connection, attempt_ids: Sequence[str], blame: Sign, campaigns: Mapping[str, Campaign], now: datetime
) -> int:
    """Takes back what these ended attempts were held against their numbers for, now that the trunk is blamed: they
    become congestion, use up no attempt, and a lead whose last attempt this was is due again. Returns how many changed.
    """
    held = _HELD_AGAINST.get(blame)
    records = attempts.load_many(conn, attempt_ids, lock=True).values()
    wrong = [record for record in records if record.disposition == held]
    attempts.amend(
        conn,
        [(record.attempt_id, Disposition.CONGESTION, False, blamed(record.detail, blame)) for record in wrong],
    )
    mine = [record for record in wrong if record.lead_attempts is not None and not _is_history(record)]
    pasts = attempts.histories(conn, [record.lead_id for record in mine])
    for record in mine:
        used = max(0, (record.lead_attempts or 0) - record.counts)
        if record.number == record.lead_dials:
            after = _after(record, used, pasts[record.lead_id], campaigns.get(record.campaign), now)
            leads.set_after_attempts(conn, [after])
        else:
            leads.set_attempts(conn, record.lead_id, used)
    return len(wrong)


def _is_history(record: AttemptRecord) -> bool:
    """The lead was made fresh since."""
    return record.number <= (record.lead_fresh_after or 0)


def _after(
    record: AttemptRecord, used: int, past: LeadHistory, campaign: Campaign | None, now: datetime
) -> AfterAttempt:
    congestion = Disposition.CONGESTION
    due: datetime | None = None
    closed: str | None = f"campaign {record.campaign} has no configuration file"
    if campaign is not None:
        history = History(attempts=used, same=past.ended.get(congestion, 0), uncounted=past.uncounted)
        verdict = decide(campaign.plan, congestion, history, now, record.lead_zone)
        due, closed = (verdict.at, None) if isinstance(verdict, Again) else (None, verdict.reason)
    return AfterAttempt(
        record.lead_id,
        disposition=congestion,
        attempts=used,
        due_at=due,
        closed=closed,
        last_attempt_at=record.sending_at or record.claimed_at,
        contacted=False,
    )
