"""Attempts of which nothing was sent: undone, or ended as cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialerd.domain.facts import EndFacts, OriginateFault, Witness
from dialerd.service.attempts import Ending, EndResult, end_many
from dialerd.settings import Campaign
from dialerd.store import attempts, claims
from dialerd.store.database import Connection


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of attempts that were not sent: `given_back` are gone as if never claimed, `cancelled` have ended so."""

    given_back: Sequence[str]
    cancelled: Sequence[EndResult]


def cancel_unsent(
    conn: Connection, attempt_ids: Sequence[str], campaigns: Mapping[str, Campaign], now: datetime
) -> Undone:
    """These attempts certainly never left: the claimed are given back as if never claimed, the committed end cancelled."""
    given_back = claims.give_back(conn, attempt_ids, now)
    facts = EndFacts(fault=OriginateFault.NOT_SENT, detail="not sent: the campaign or the database stopped it")
    records = [record for key in attempt_ids if (record := attempts.load(conn, key)) is not None]
    live = [record.attempt_id for record in records if record.disposition is None]
    cancelled = end_many(conn, [Ending(key, facts, Witness.ENGINE) for key in live], campaigns, now)
    return Undone(given_back, cancelled)
