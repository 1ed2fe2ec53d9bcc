"""What the dialplan says about a call that is up: the disposition it ends with, a wish to be called again, facts.

All of it is on disk before the dialplan goes on. The end of the call keeps the disposition (service.attempts): whoever
talked to the person knows better than the SIP message that the call was cleared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from dialerd.domain.callback import When, instant_of, zone_of
from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, DialerdError, NotFound, Refused
from dialerd.domain.facts import AttemptState
from dialerd.domain.recycle import Again, History, decide
from dialerd.service.said_no import in_call, put_on_dnc
from dialerd.settings import Settings
from dialerd.store import attempts, leads, trials, words
from dialerd.store.attempts import AttemptRecord, EvidenceRow
from dialerd.store.database import Connection

DIALPLAN = "dialplan"
"""The source of this evidence, and the actor of what follows from it."""

MOST_ATTRIBUTES = 32
"""So many facts go with one call."""


@dataclass(frozen=True, slots=True)
class Word:
    """The disposition that the call of the attempt is to end with; for a callback, when it is asked for. `facts` are kept
    as evidence beside it.
    """

    attempt_id: str
    disposition: str
    settings: Settings
    now: datetime
    when: When | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Said:
    """What was taken down. `again_at` is when the lead will be due, for a callback."""

    attempt_id: str
    campaign: str
    phone: str
    disposition: str
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the dialplan wants to be kept with the attempt and its lead: names in small letters, and texts."""

    attempt_id: str
    values: Mapping[str, str]
    now: datetime


def say_each(conn: Connection, said: Sequence[Word]) -> list[Said | DialerdError]:
    """Takes each word down, in the place of what was said before about the same call.

    NotFound for an attempt nobody made; Refused for one that is not up and answered, for a disposition that no answered
    call ends with or that nobody defined, for a callback that cannot be, and when the called party said no before.

    Of a trial that is up every word is taken, and nothing comes of it: it has no lead, and its telephone is one's own.
    """
    records = attempts.load_many(conn, [word.attempt_id for word in said], lock=True)
    tried = trials.load_many(conn, [word.attempt_id for word in said if word.attempt_id not in records])
    up = {trial_id: trial for trial_id, trial in tried.items() if trial.ended_at is None}
    return [
        Said(word.attempt_id, up[word.attempt_id].campaign, "", word.disposition)
        if word.attempt_id in up
        else _one(conn, word, records.get(word.attempt_id))
        for word in said
    ]


def attach_each(conn: Connection, wanted: Sequence[Facts]) -> list[AttemptRecord | DialerdError]:
    """Keeps the facts of each. NotFound for an attempt nobody made, Refused for one that is not up and answered or that
    has MOST_ATTRIBUTES already.
    """
    records = attempts.load_many(conn, [facts.attempt_id for facts in wanted], lock=True)
    return [_attach(conn, facts, records.get(facts.attempt_id)) for facts in wanted]


def _one(conn: Connection, word: Word, record: AttemptRecord | None) -> Said | DialerdError:
    try:
        found = require_answered(word.attempt_id, record)
        dispositions = word.settings.dispositions
        if word.disposition not in dispositions.of_answered_calls:
            allowed = ", ".join(dispositions.of_answered_calls)
            raise Refused(f"disposition {word.disposition[:40]!a}: no answered call ends so; one of {allowed}")
        before = found.said
        if before is not None and dispositions[before].do_not_call and not dispositions[word.disposition].do_not_call:
            raise Refused(f"attempt {found.attempt_id}: the called party said {before}, and that stays")
        asked, again_at = _callback(conn, word, found)
    except DialerdError as error:
        return error
    # One after the other: two words on one call stand in the order in which they came.
    words.say(conn, [(found.attempt_id, word.disposition, asked)])
    facts = {"disposition": str(word.disposition), **word.facts}
    if asked is not None:
        facts["callback_at"] = asked.isoformat()
    attempts.add_evidence(conn, [EvidenceRow(found.attempt_id, DIALPLAN, word.now, facts)])
    if dispositions[word.disposition].do_not_call:
        no = in_call(found, word.disposition, word.settings.campaigns)
        put_on_dnc(conn, [no], actor=DIALPLAN, now=word.now)
    return Said(found.attempt_id, found.campaign, found.phone, word.disposition, again_at)


def _callback(conn: Connection, word: Word, record: AttemptRecord) -> tuple[datetime | None, datetime | None]:
    """When a callback is asked for, and when it will be due."""
    if word.when is None:
        return None, None
    campaign = word.settings.campaigns.get(record.campaign)
    lead = leads.load(conn, record.lead_id)
    if campaign is None:
        raise Refused(f"campaign {record.campaign}: has no configuration file; put it back and reload")
    if lead is None:
        raise Refused(f"attempt {record.attempt_id}: its lead was deleted, so nobody can be called again")
    try:
        asked = instant_of(word.when, zone_of(lead.zone, campaign.schedule.timezone), word.now)
    except ValueError as error:
        raise BadInput(f"callback: {error}") from None
    history = History(lead.attempts + 1, 1, asked=asked)
    verdict = decide(campaign.plan, Disposition.CALLBACK, history, word.now, lead.zone)
    if isinstance(verdict, Again):
        return asked, verdict.at
    raise Refused(
        f"attempt {record.attempt_id}: no callback, since the lead will not be called again: {verdict.reason}"
    )


def _attach(conn: Connection, facts: Facts, record: AttemptRecord | None) -> AttemptRecord | DialerdError:
    try:
        found = require_answered(facts.attempt_id, record)
        names = words.names_of(conn, found.attempt_id) | set(facts.values)
        if len(names) > MOST_ATTRIBUTES:
            raise Refused(f"attempt {found.attempt_id}: at most {MOST_ATTRIBUTES} attributes go with a call")
    except DialerdError as error:
        return error
    words.attach(conn, found.attempt_id, found.lead_id, facts.values, facts.now)
    return found


def require_answered(attempt_id: str, record: AttemptRecord | None) -> AttemptRecord:
    """The attempt. Raises NotFound when nobody made it, Refused when its call is not up and answered."""
    if record is None:
        raise NotFound(f"attempt {attempt_id}: not in the database; nothing is written about it")
    if record.state is not AttemptState.ANSWERED:
        raise Refused(
            f"attempt {attempt_id}: is {record.state}, and only a call that is up and answered can be spoken for"
        )
    return record
