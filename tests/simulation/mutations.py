"""Deliberate faults, by name: with any of them in the product, or in what the tables forbid, a world must go wrong."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from dialerd.domain.errors import DialerdError
from dialerd.domain.facts import OriginateFault
from dialerd.domain.outcome import Outcome, classify
from dialerd.domain.pacing import Gcra
from dialerd.engine import claimer, crew, dialer, recovery, sender, succession, tracker
from dialerd.engine.line import Ready
from dialerd.service import attempts as endings
from dialerd.service import calling_off
from dialerd.store import attempts, claims, leases
from dialerd.telephony.ami import AmiSession, MaybeSent
from simulation import claiming, database, keeping
from simulation.tables import Tables

real_commit = claimer.Claimer.commit
real_send = AmiSession.send
real_case = endings._Case.__init__


async def _ready_before(self, line, batch, asterisk):
    """The commit is begun, and nobody waits for it."""
    ready = [Ready(lead, self._clock.monotonic()) for lead in batch]
    self._writes._process.create_task(real_commit(self, line, batch, asterisk))
    return ready


async def _ready_anyway(self, line, batch, asterisk):
    """A commit that failed is taken for one that did not."""
    ids = [lead.attempt_id for lead in batch]
    judged_at = self._clock.monotonic()
    try:
        _, made = await self._writes(lambda conn: self._judge_and_mark(conn, line, ids, asterisk))
    except DialerdError:
        return [Ready(lead, judged_at) for lead in batch]
    return [Ready(lead, judged_at) for lead in batch if lead.attempt_id in made.won]


async def _send_again(self, fields, *, timeout):  # noqa: ASYNC109 - as the product
    try:
        return await real_send(self, fields, timeout=timeout)
    except MaybeSent:
        if fields[0] == ("Action", "Originate") and not self.lost.done():
            return await real_send(self, fields, timeout=timeout)
        raise


def _not_dialed(facts):
    if facts.fault is OriginateFault.LOST:
        return Outcome("cancelled", counts=False, detail="")
    return classify(facts)


def _always_applies(self, *words):
    real_case(self, *words)
    self.applies = True


def _end_again(tables, rows):
    for row in rows:
        said = {name: row[name] for name in ("disposition", "counts", "sip_code", "cause", "ended_by", "detail")}
        tables.change(tables.attempts, row["b_id"], state="ended", ended_at=row["ended_at"], **said)


async def _inherit_unseen(self, session):
    """They are ours, and nobody follows them."""
    await self._succession.take_over(session.asterisk)
    return frozenset()


def _give_back_sent(tables, values):
    return claiming.delete(tables, [row["id"] for row in keeping.abandoned_rows(tables, values)])


def _busy_or_not(heads, judge, now):
    return list(heads), []


async def _give_back_nothing_tried(self, attempt_ids, why):
    if why != "the commit of its claim failed":
        await real_give_back(self, attempt_ids, why)


real_give_back = claimer.Claimer.give_back


def _forget_tried(self, name, value):
    object.__setattr__(self, name, {} if name == "_tried" else value)


def _take_back_and_answer(conn, ids, now, max_send_delay):
    return real_take_back(conn, ids, now, max_send_delay)[0], frozenset()


real_take_back = calling_off.take_back


def _statement(statement, answer):
    return patch.dict(database.STATEMENTS, {id(statement): answer})


MUTATIONS = {
    "a call is sent before its commit is on disk": [patch.object(claimer.Claimer, "commit", _ready_before)],
    "a call is sent although its commit failed": [patch.object(claimer.Claimer, "commit", _ready_anyway)],
    "a call that nobody answered for is sent again": [
        patch.object(AmiSession, "send", _send_again),
        patch.object(sender, "RESPONSE_SECONDS", 1.0),
    ],
    "what is not known is taken for not dialed": [patch.object(endings, "classify", _not_dialed)],
    "an end is written over another": [
        patch.object(endings._Case, "__init__", _always_applies),
        _statement(attempts._END, _end_again),
    ],
    "nobody adopts the calls of an engine that stopped": [patch.object(recovery.Recovery, "_inherit", _inherit_unseen)],
    "what an engine had sent is given back with its claims": [_statement(leases._GIVE_BACK_ABANDONED, _give_back_sent)],
    "a number may have two calls at once": [
        patch.object(Tables, "clashes", lambda self, row: False),
        patch.object(claims, "_sort_out", _busy_or_not),
    ],
    "a committed call may leave however late": [
        patch.object(
            dialer.Dialer, "_max_send_delay", property(lambda self: 1e9, lambda self, value: None), create=True
        )
    ],
    "who stops calls does not wait for those on their way": [
        patch.object(calling_off, "take_back", _take_back_and_answer)
    ],
    "a claim whose commit failed is forgotten": [patch.object(claimer.Claimer, "give_back", _give_back_nothing_tried)],
    "a take-over whose commit failed is forgotten": [
        patch.object(succession.Succession, "__setattr__", _forget_tried, create=True)
    ],
    "a campaign that was paused begins its second anew": [
        patch.object(dialer.Roads, "pace_of", lambda self, name: Gcra())
    ],
    "an engine that loses its Asterisk says nothing of its last second": [
        patch.object(crew.Crew, "inherit", lambda self, names, now: None)
    ],
    "what nobody heard is taken for what did not happen": [
        patch.object(tracker.Tracker, "missed", lambda self, asterisk: None)
    ],
    "the pace is nobody's": [patch.object(dialer.Roads, "opens", lambda self, line, trunk: -1e9)],
}


STRESS = {
    "nobody adopts the calls of an engine that stopped": ("kill engine",),
    "a committed call may leave however late": ("freeze engine", "pause", "do not call", "slow_database"),
    "who stops calls does not wait for those on their way": ("pause", "do not call", "slow_database", "freeze engine"),
    "a take-over whose commit failed is forgotten": ("kill engine", "commit_kept"),
    "a campaign that was paused begins its second anew": ("pause",),
    "an engine that loses its Asterisk says nothing of its last second": ("two engines", "cut link", "kill engine"),
    "what nobody heard is taken for what did not happen": ("cut link", "event_lost", "event_delayed", "report_lost"),
}
"""What a fault needs to show soon."""


@contextmanager
def mutated(name):
    """The product with this fault."""
    with ExitStack() as stack:
        for change in MUTATIONS[name]:
            stack.enter_context(change)
        yield
