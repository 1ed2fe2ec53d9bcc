"""What answering machine detection found on a call, and what the campaign does with machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import DialerdError, Refused
from dialerd.service.words import DIALPLAN, Word, require_answered, say_each
from dialerd.settings import Amd, Settings
from dialerd.store import attempts, words
from dialerd.store.attempts import AttemptRecord, EvidenceRow
from dialerd.store.database import Connection

MACHINE = "MACHINE"
"""The one answer of AMD that is a machine. NOTSURE, HANGUP and none at all are people."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What Asterisk said of the attempt's call: AMDSTATUS and AMDCAUSE, as they came."""

    attempt_id: str
    status: str
    cause: str
    settings: Settings
    now: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What was taken down, and what to do: `machine` is None for a person."""

    attempt_id: str
    campaign: str
    machine: Amd | None


def hear_each(conn: Connection, found: Sequence[Detected]) -> list[Heard | DialerdError]:
    """Keeps what was found with each attempt; a machine's call is to end as VOICEMAIL, unless the dialplan says
    otherwise later. NotFound and Refused as service.words.say_each.
    """
    records = attempts.load_many(conn, [one.attempt_id for one in found], lock=True)
    return [_one(conn, one, records.get(one.attempt_id)) for one in found]


def _one(conn: Connection, found: Detected, record: AttemptRecord | None) -> Heard | DialerdError:
    try:
        answered = require_answered(found.attempt_id, record)
    except DialerdError as error:
        return error
    campaign = found.settings.campaigns.get(answered.campaign)
    if campaign is None:
        return Refused(f"campaign {answered.campaign}: has no configuration file; put it back and reload")
    facts = {"amd_status": found.status, "amd_cause": found.cause}
    words.note_amd(conn, found.attempt_id, found.status, found.cause)
    if found.status != MACHINE:
        attempts.add_evidence(conn, [EvidenceRow(found.attempt_id, DIALPLAN, found.now, facts)])
        return Heard(found.attempt_id, answered.campaign, None)
    word = Word(found.attempt_id, Disposition.VOICEMAIL, found.settings, found.now, facts=facts)
    (said,) = say_each(conn, [word])
    return said if isinstance(said, DialerdError) else Heard(found.attempt_id, answered.campaign, campaign.amd)
