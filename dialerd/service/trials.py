"""Trials: a campaign's way from the answer on, tried with a telephone of one's own. No lead, no cap and no figure knows of
them. Who has a connection to Asterisk makes the call and calls `begin`; others `ask`, and a running engine makes it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput, NotFound, Refused, Unavailable
from dialerd.domain.facts import EndFacts
from dialerd.domain.outcome import classify
from dialerd.service.names import require_campaign
from dialerd.settings import Settings
from dialerd.store import audit, freezes, nodes, trials
from dialerd.store.database import Connection, Database
from dialerd.store.ids import new_attempt_id
from dialerd.store.leases import SILENCE
from dialerd.store.trials import TrialRecord

TAKE_WITHIN = timedelta(seconds=10)
"""A trial that no engine has taken by then is not made any more: nobody waits beside that telephone."""
TELEPHONE = r"^PJSIP/([A-Za-z0-9_.-]{1,80})$"
"""How a telephone of one's own is written, a regular expression: PJSIP/ and its endpoint."""
_FROZEN = " is frozen by "
_NOT_MADE = (Disposition.CANCELLED, Disposition.FAILED)


def endpoint_of(telephone: str) -> str:
    """The endpoint of a telephone as people write it, such as PJSIP/101. Raises BadInput."""
    wanted = re.fullmatch(TELEPHONE, telephone)
    if wanted is None:
        raise BadInput(f"{telephone[:100]!r}: is no PJSIP endpoint; one such as PJSIP/101")
    return wanted[1]


def begin(
    database: Database, name: str, endpoint: str, *, settings: Settings, actor: str, now: datetime, taken: bool = True
) -> str:
    """Writes down a trial of the campaign with a call to this PJSIP endpoint; its id is that of the call to be made. The
    caller makes it, unless it is not `taken`.

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
        frozen = _frozen(conn, name)
        if frozen is not None:
            raise Refused(frozen)
        trials.begin(conn, trial_id, campaign=name, endpoint=endpoint, actor=actor, now=now, taken=taken)
        detail = {"endpoint": endpoint}
        audit.add(conn, at=now, actor=actor, action="campaign.try", subject=f"campaign {name}", detail=detail)
    return trial_id


def ask(database: Database, name: str, endpoint: str, *, settings: Settings, actor: str, now: datetime) -> str:
    """As `begin`, for a call that a running engine makes. Raises Unavailable too: none runs."""
    with database.read() as conn:
        runs = any(node.silent_for <= SILENCE for node in nodes.all(conn))
    if not runs:
        raise Unavailable("no engine runs, and an engine makes this call: start one, dialerd run")
    return begin(database, name, endpoint, settings=settings, actor=actor, now=now, taken=False)


def take(conn: Connection, trial: TrialRecord, now: datetime) -> bool:
    """Makes a trial that somebody asked for the caller's, who calls once. False when it is not to be made: another engine
    has it, it is frozen, or has waited too long.
    """
    why = _frozen(conn, trial.campaign)
    if why is None and now - trial.begun_at > TAKE_WITHIN:
        why = f"no engine was there within {TAKE_WITHIN.seconds} s"
    if why is not None:
        trials.end(conn, trial.trial_id, Disposition.CANCELLED, why, now, untaken=True)
        return False
    return trials.take(conn, trial.trial_id, now)


def withdraw(database: Database, trial_id: str, now: datetime) -> None:
    """Nobody waits for the trial any more: unless an engine has taken it, none makes it."""
    with database.write() as conn:
        why = "no engine took it in time; dialerd status says what they do"
        trials.end(conn, trial_id, Disposition.CANCELLED, why, now, untaken=True)


def require_made(trial: TrialRecord) -> TrialRecord:
    """The trial, unless it is certain that nobody was called; then raises Refused, when it is frozen by now, or Unavailable."""
    if trial.placed_at is None and trial.disposition in _NOT_MADE:
        kind = Refused if _FROZEN in trial.detail else Unavailable
        raise kind(f"PJSIP/{trial.endpoint} is not called: {trial.detail}")
    return trial


def end(conn: Connection, trial: TrialRecord, facts: EndFacts, now: datetime) -> str:
    """Ends the trial with what this says of its call, unless it has ended; the disposition that stands."""
    if trial.disposition is not None:
        return trial.disposition
    connected = facts.connected if facts.connected is not None else trial.destination is not None
    answered = facts.answered or (trial.answered_at is not None) or facts.answered
    outcome = classify(replace(facts, connected=connected, answered=answered))
    trials.end(conn, trial.trial_id, str(outcome.disposition), outcome.detail, now)
    return str(outcome.disposition)


def read(database: Database, trial_id: str) -> TrialRecord:
    """The trial as it is now. Raises NotFound."""
    with database.read() as conn:
        found = trials.load_many(conn, [trial_id]).get(trial_id)
    if found is None:
        raise NotFound(f"trial {trial_id} does not exist")
    return found


def in_words(trial: TrialRecord) -> str:
    """What became of it, in a line."""
    if trial.disposition is None:
        return "answered, and is up" if trial.answered_at is not None else "is being called"
    ended = f"{trial.disposition.replace('_', ' ')} {trial.detail}".rstrip()
    if trial.answered_at is None or trial.destination is None:
        return f"the call ended: {ended}"
    seconds = (trial.ended_at - trial.answered_at).total_seconds() if trial.ended_at else 0.0
    return f"answered, went to {trial.destination} and ended after {seconds:.0f} s: {ended}"


def _frozen(conn: Connection, name: str) -> str | None:
    freeze = freezes.of(freezes.all(conn), name)
    if freeze is None:
        return None
    return f"campaign {name}{_FROZEN}{freeze.actor}: nobody is called; dialerd campaign unfreeze"
