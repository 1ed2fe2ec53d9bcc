"""Trials: a campaign's way from the answer on, tried with a telephone of one's own. No lead, no cap and no figure knows of
them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dialerd.domain.errors import Refused
from dialerd.domain.facts import EndFacts
from dialerd.domain.outcome import classify
from dialerd.service.names import require_campaign
from dialerd.settings import Campaign, Settings
from dialerd.store import audit, freezes, trials
from dialerd.store.database import Connection, Database
from dialerd.store.ids import new_attempt_id
from dialerd.store.trials import TrialRecord


def begin(database: Database, name: str, endpoint: str, *, settings: Settings, actor: str, now: datetime) -> str:
    """Writes down a trial of the campaign with a call to this PJSIP endpoint; its id is that of the call to be made.

    Raises NotFound, or Refused: the campaign has no file, is frozen, or the endpoint is a trunk.
    """
    trunk = next((key for key, trunk in settings.trunks.items() if trunk.endpoint == endpoint), None)
    if trunk is not None:
        raise Refused(f"PJSIP/{endpoint} is trunk {trunk}, and a trial calls a telephone of one's own; name that one")
    trial_id = new_attempt_id(now)
    with database.write() as conn:
        require_campaign(conn, name, settings.campaigns)
        if name not in settings.campaigns:
            raise Refused(f"campaign {name} has no configuration file any more; put it back first")
        freeze = freezes.of(freezes.all(conn), name)
        if freeze is not None:
            raise Refused(f"campaign {name} is frozen by {freeze.actor}: nobody is called; dialerd campaign unfreeze")
        trials.begin(conn, trial_id, campaign=name, endpoint=endpoint, actor=actor, now=now)
        detail = {"endpoint": endpoint}
        audit.add(conn, at=now, actor=actor, action="campaign.try", subject=f"campaign {name}", detail=detail)
    return trial_id


def end(conn: Connection, trial: TrialRecord, facts: EndFacts, now: datetime) -> str:
    """Ends the trial with what this says of its call, unless it has ended; the disposition that stands."""
    if trial.disposition is not None:
        return trial.disposition
    connected = facts.connected if facts.connected is not None else trial.destination is not None
    answered = facts.answered or (trial.answered_at is not None) or facts.answered
    outcome = classify(replace(facts, connected=connected, answered=answered))
    trials.end(conn, trial.trial_id, str(outcome.disposition), outcome.detail, now)
    return str(outcome.disposition)


def caller_id(campaign: Campaign) -> str:
    """What the telephone shows: the first of the campaign's numbers."""
    return campaign.caller_id.numbers[0]


def read(database: Database, trial_id: str) -> TrialRecord:
    """The trial as it is now."""
    with database.read() as conn:
        return trials.load_many(conn, [trial_id])[trial_id]
