"""What a person changes about a call that has ended: what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.callback import When, instant_of, zone_of
from dialerd.domain.dispositions import Disposition, was_picked_up
from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.domain.recycle import Again, Exhausted, History, Never, decide
from dialerd.service.said_no import in_call, put_on_dnc
from dialerd.settings import Campaign, Settings
from dialerd.store import attempts, audit, dispositions, leads
from dialerd.store.attempts import AttemptRecord, EvidenceRow
from dialerd.store.database import Connection, Database
from dialerd.store.leads import AfterAttempt

PERSON = "person"
"""The source of this evidence."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the call became, and what that makes of its lead: due at `again_at`, or `closed` for that reason; neither when
    a later call, or nothing at all, decides about it.
    """

    attempt_id: str
    campaign: str
    phone: str
    before: str
    disposition: str
    again_at: datetime | None
    closed: str | None


@dataclass(frozen=True, slots=True)
class NewWord:
    """What the call of the attempt was, as a person has it; for a callback, when it is wanted."""

    attempt_id: str
    disposition: str
    when: When | None = None


def set_disposition(database: Database, word: NewWord, *, settings: Settings, actor: str, now: datetime) -> Recalled:
    """Gives a call that was answered, or of which nobody knows, another disposition, and decides anew about its lead
    unless it was called since. What was there before stays as evidence.

    Raises NotFound for an attempt nobody made; BadInput for a time that cannot be; Refused for one that has not ended, for
    one that nobody answered, and for a disposition that it has already or that no answered call has.
    """
    with database.write() as conn:
        record = attempts.load(conn, word.attempt_id, lock=True)
        if record is None:
            raise NotFound(f"attempt {word.attempt_id}: not in the database; dialerd call list shows them")
        return recall(conn, record, word, settings, actor=actor, now=now)


def recall(
    conn: Connection,
    record: AttemptRecord,
    word: NewWord,
    settings: Settings,
    *,
    actor: str,
    now: datetime,
    source: str = PERSON,
) -> Recalled:
    """As set_disposition, of this attempt, which is locked; raises what that raises but NotFound. `source` is that of the
    evidence.
    """
    before = _changeable(record, word, settings)
    change = _Change(conn, record, word, settings, now)
    attempts.amend(conn, [(record.attempt_id, word.disposition, change.counts, record.detail)])
    verdict = change.decide()
    facts = {"disposition": str(word.disposition), "before": str(before), "by": actor}
    attempts.add_evidence(conn, [EvidenceRow(record.attempt_id, source, now, facts)])
    subject = f"lead {record.lead_id}"
    detail = {"attempt": record.attempt_id, "disposition": str(word.disposition), "before": str(before)}
    audit.add(conn, at=now, actor=actor, action="call.disposition", subject=subject, detail=detail)
    if settings.dispositions[word.disposition].do_not_call:
        put_on_dnc(conn, [in_call(record, word.disposition, settings.campaigns)], actor=actor, now=now)
    return Recalled(
        record.attempt_id,
        record.campaign,
        record.phone,
        before,
        word.disposition,
        again_at=verdict.at if isinstance(verdict, Again) else None,
        closed=verdict.reason if isinstance(verdict, Exhausted | Never) else None,
    )


class _Change:
    """One call becomes another, and what its lead is to be."""

    def __init__(
        self, conn: Connection, record: AttemptRecord, word: NewWord, settings: Settings, now: datetime
    ) -> None:
        self._conn = conn
        self._record = record
        self._word = word
        self._settings = settings
        self._now = now
        self._flags = settings.dispositions[word.disposition]
        self.counts = self._flags.counts
        self._asked = self._instant()

    def decide(self) -> Again | Exhausted | Never | None:
        """Writes what becomes of the lead; None when this call does not decide about it (any more)."""
        record = self._record
        nobody = [name for name, flags in self._settings.dispositions.flags.items() if not flags.contacted]
        dispositions.recount_contacted(self._conn, [record.lead_id], nobody)
        if record.lead_attempts is None or record.number <= (record.lead_fresh_after or 0):
            return None
        used = max(0, record.lead_attempts + self.counts - record.counts)
        if record.number != record.lead_dials:
            leads.set_attempts(self._conn, record.lead_id, used)
            return None
        verdict = self._verdict(used, self._settings.campaigns.get(record.campaign))
        after = AfterAttempt(
            record.lead_id,
            disposition=self._word.disposition,
            attempts=used,
            due_at=verdict.at if isinstance(verdict, Again) else None,
            closed=None if isinstance(verdict, Again) else verdict.reason,
            last_attempt_at=record.sending_at or record.claimed_at,
            contacted=self._flags.contacted,
        )
        leads.set_after_attempts(self._conn, [after])
        return verdict

    def _verdict(self, used: int, campaign: Campaign | None) -> Again | Exhausted | Never:
        if campaign is None:
            return Never(f"campaign {self._record.campaign} has no configuration file")
        past = attempts.history(self._conn, self._record.lead_id)
        same = past.ended.get(self._word.disposition, 0)
        history = History(used, same, past.uncounted, self._asked, self._record.sending_at)
        ended = self._record.ended_at or self._now
        verdict = decide(campaign.plan, self._word.disposition, history, ended, self._record.lead_zone)
        # The wait counts from the end of the call; what would have been due since is due now.
        return Again(max(verdict.at, self._now)) if isinstance(verdict, Again) else verdict

    def _instant(self) -> datetime | None:
        """When a callback is wanted."""
        if self._word.when is None:
            return None
        campaign = self._settings.campaigns.get(self._record.campaign)
        lead = leads.load(self._conn, self._record.lead_id)
        if campaign is None or lead is None:
            raise Refused(f"attempt {self._record.attempt_id}: its lead or its campaign's file is gone: no callback")
        try:
            return instant_of(self._word.when, zone_of(lead.zone, campaign.schedule.timezone), self._now)
        except ValueError as error:
            raise BadInput(f"callback: {error}") from None


def _changeable(record: AttemptRecord, word: NewWord, settings: Settings) -> str:
    """The disposition it has. Raises Refused when that cannot become the wanted one."""
    name = f"attempt {record.attempt_id}"
    if record.disposition is None:
        raise Refused(f"{name}: is {record.state}, and a call is given another disposition when it has ended")
    if record.disposition != Disposition.UNKNOWN and not was_picked_up(record.disposition):
        raise Refused(f"{name}: ended as {record.disposition}: nobody answered, and that is not for people to change")
    allowed = settings.dispositions.of_answered_calls
    if word.disposition not in allowed:
        raise Refused(f"{name}: no answered call ends as {word.disposition}; one of {', '.join(allowed)}")
    if word.disposition == record.disposition and word.when is None:
        raise Refused(f"{name}: is {record.disposition} already: nothing would change")
    if word.when is not None and word.disposition != Disposition.CALLBACK:
        raise Refused(f"{name}: a time belongs to callback, not to {word.disposition}")
    return record.disposition
