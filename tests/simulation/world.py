"""One world: engines, FastAGI and people on one database, with one Asterisk, and what goes wrong by its seed's plan."""

from __future__ import annotations

import random
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType

from dialerd.domain.eligibility import NUMBER_BUSY_WAIT
from dialerd.domain.errors import Unavailable
from dialerd.settings import Campaign, Settings
from dialerd.settings.model import Engine, Trunk
from simulation.asterisk import Asterisk
from simulation.database import Commit, Model
from simulation.fastagi import FastAgi
from simulation.judge import Judge
from simulation.life import Life
from simulation.loop import Time
from simulation.people import People
from simulation.plan import FAULTS_END, Death, draw
from simulation.tables import LEAD, BrokenRule, Tables

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LONGEST_HOLD = timedelta(seconds=8)
"""No lead waits longer for its next try, by whatever clock, unless its number was in a call."""
FAULTS_TOLD = FAULTS_END + 3.0
"""By then whatever the faults did has shown: no call is on its way to the carrier for longer."""
LAST_SECOND = 200.0
"""By then every world must be quiet: the longest hold and the longest call, several times over."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}")
BROKEN_COMMITS = {"commit_failed": Commit.FAILED, "commit_lost": Commit.LOST, "commit_kept": Commit.KEPT}
CAMPAIGN = {
    "name": "sim",
    "trunks": ["carrier"],
    "caller_id": "+12025550123",
    "max_calls": 4,
    "ring_timeout": "2s",
    "max_talk_time": "2s",
    "uncounted_wait": "1s",
    "unknown_hold": "6s",
    "recycle": {
        "no_answer": {"attempts": 2, "wait": "1s"},
        "busy": {"attempts": 3, "wait": "1s"},
        "abandoned": {"attempts": 2, "wait": "1s"},
    },
    "destination": {"type": "extension", "context": "c", "exten": "e"},
    "schedule": {"timezone": "UTC", "hours": ["daily 00:00-24:00"]},
    "compliance": {"profile": ["none"]},
}


@cache
def settings_of(pace, trunk_pace, max_attempts):
    """Read once: settings are frozen."""
    file = {**CAMPAIGN, "calls_per_second": pace, "max_attempts": max_attempts}
    campaign = Campaign.model_validate(file)
    trunk = Trunk(endpoint="carrier", calls_per_second=trunk_pace, max_calls=3)
    return Settings(
        engine=Engine(hopper_seconds=1.5, max_send_delay=1.0, recovery_grace=1.5),
        trunks=MappingProxyType({"carrier": trunk}),
        campaigns=MappingProxyType({campaign.name: campaign}),
    )


class World:
    """Run it once. `trace`: what happened, if somebody wants to know."""

    def __init__(self, seed, *, stress=(), trace=False):
        self.random = random.Random(seed)
        self.plan = draw(self.random, stress)
        self.nodes = self.plan.nodes
        self.settings = settings_of(self.plan.calls_per_second, self.plan.trunk_pace, self.plan.max_attempts)
        (self.campaign,) = self.settings.campaigns.values()
        self.pace = min(self.plan.calls_per_second, self.plan.trunk_pace)
        self.trace = [] if trace else None
        self.fault = None
        self.time = Time()
        self.healthy = False
        self.apart = {node: self.random.uniform(-1.0, 1.0) for node in self.nodes}
        self._short = {}
        self._away_until = 0.0
        self.judge = Judge(self)
        self.tables = Tables(self.judge.committed)
        self.tables.now = self.instant
        self._fill()
        self.database = Model(self.tables)
        self.asterisk = Asterisk(self)
        self.agi = FastAgi(self)
        self.people = People(self)
        self._lives = {}
        self._numbers = dict.fromkeys(self.nodes, 0)

    def run(self):
        """Raises what the judge or the product raised."""
        for node in self.nodes:
            self.time.after(self.random.uniform(0.0, 0.5), self._start_engine, node)
        for at, kind, seconds in self.plan.moments:
            self.time.after(at, self._happen, kind, seconds)
        self.time.after(FAULTS_END, self._heal)
        try:
            self.time.run(self._over, LAST_SECOND)
            if self.fault is not None:
                raise self.fault
            if not self._quiet():
                raise BrokenRule(f"not quiet after {LAST_SECOND:g} s: {self._what_is_left()}")
            self.judge.final(list(self.tables.attempts.values()), list(self.tables.leads.values()))
        finally:
            self.time.close()

    # What the parts of the world ask.

    def instant(self):
        """The true time, which is the database's."""
        return BEGIN + timedelta(seconds=self.time.now)

    def attempt(self, attempt_id):
        return self.tables.attempts.get(attempt_id)

    def say(self, text):
        if self.trace is not None:
            self.trace.append(f"{self.time.now:9.4f}  {self.shortened(text)}")

    def short(self, attempt_id):
        return self._short.setdefault(attempt_id, f"A{len(self._short) + 1}")

    def shortened(self, text):
        return ID.sub(lambda found: self.short(found[0]), text)

    def fail(self, error):
        """A fault of the product, or a broken rule: the world is over."""
        self.fault = self.fault or error

    def chance(self, probability):
        return self.random.random() < probability

    def goes_wrong(self, kind):
        rate = self.plan.rates.get(kind, 0.0)
        return rate > 0.0 and not self.healthy and self.random.random() < rate

    def database_seconds(self):
        return self.random.uniform(0.3, 1.5) if self.goes_wrong("slow_database") else self.random.uniform(0.0005, 0.004)

    def wire_seconds(self):
        return self.random.uniform(0.2, 1.5) if self.goes_wrong("slow_wire") else self.random.uniform(0.0002, 0.002)

    def lateness(self):
        return self.random.uniform(0.3, 2.0)

    def fate_of_commit(self, who):
        if self._away_until > self.time.now:
            return Commit.FAILED
        for kind, fate in BROKEN_COMMITS.items():
            if self.goes_wrong(kind):
                self.say(f"database: a commit of {who} is {fate}")
                return fate
        return Commit.DONE

    def fate_of_originate(self):
        kinds = ("refused", "no_channel", "unanswered", "late")
        return next((kind.replace("_", " ") for kind in kinds if self.goes_wrong(kind)), "accepted")

    def loses_an_event(self):
        return self.goes_wrong("event_lost")

    def fate_of_event(self, channel):
        """How many copies, and how late each is."""
        if channel is not None and channel.lossy and self.chance(0.4):
            channel.lossy = False
            return 0, (0.0, 0.0)
        late = self.random.uniform(0.01, 1.2) if self.goes_wrong("event_delayed") else 0.0
        if self.goes_wrong("event_twice"):
            return 2, (late, self.random.uniform(0.01, 1.2))
        return 1, (late, 0.0)

    def loses_a_report(self):
        return self.goes_wrong("report_lost")

    @contextmanager
    def read(self):
        """For the engine's looks, which write nothing."""
        if self._away_until > self.time.now:
            raise Unavailable("the database is away")
        with self.database.write() as conn:
            yield conn

    def engine_died(self, life):
        """Whoever watches it starts it again, after a second at the least."""
        wait = 1.1 if self.healthy else self.random.uniform(1.1, 4.0)
        self.time.after(wait, self._start_engine, life.node)

    def point_of_no_return(self):
        """An attempt has become `sending`; the worst moment for anything to happen."""
        while self.plan.strikes and not self.healthy and self.chance(0.5):
            kind, seconds = self.plan.strikes.pop()
            self.time.after(self.random.uniform(0.0, 0.03), self._happen, kind, seconds)

    # What happens by itself.

    def _fill(self):
        self.tables.campaigns["sim"] = {
            "name": "sim", "state": "active", "state_since": BEGIN, "started_at": BEGIN, "stop_reason": None,
        }  # fmt: skip
        for number in range(1, self.plan.leads + 1):
            # The last two leads may have one number, in two lists.
            digits = number - 1 if number == self.plan.leads and self.chance(0.3) else number
            self.tables.leads[number] = {
                **LEAD, "id": number, "list_id": number, "phone": f"+1202555{digits:04d}", "due_at": BEGIN,
            }  # fmt: skip

    def _start_engine(self, node):
        self._numbers[node] += 1
        number = self._numbers[node]
        deaths = self.plan.deaths[node]
        death = deaths[number - 1] if number <= len(deaths) and not self.healthy else Death()
        self.say(f"{node}.{number}: starts; {death}")
        self._lives[node] = Life(self, node, number, death)

    def _happen(self, kind, seconds):
        self.say(f"world: {kind}, {seconds:.2f} s")
        if kind in ("kill engine", "freeze engine", "leave"):
            life = self._lives.get(self.random.choice(self.nodes))
            if life is not None and not life.process.dead:
                self._happen_to(life, kind, seconds)
            return
        match kind:
            case "cut link":
                self.asterisk.cut("connection reset")
            case "freeze asterisk":
                self.asterisk.freeze(seconds)
            case "restart asterisk":
                self.asterisk.restart(seconds)
                self.judge.dropped()
            case "database away":
                self._away_until = self.time.now + seconds
            case "kill fastagi":
                self.agi.process.die()
                self.time.after(seconds, self._start_agi)
            case "pause":
                self.people.pause(seconds)
            case "do not call":
                # As likely as not somebody who is about to be called.
                about = self.tables.open if self.tables.open and self.chance(0.5) else self.tables.leads
                self.people.put_on_dnc(self.random.choice([row["phone"] for row in about.values()]))

    def _happen_to(self, life, kind, seconds):
        match kind:
            case "kill engine":
                life.process.die()
            case "freeze engine":
                life.process.frozen_until = self.time.now + seconds
            case "leave":
                life.process.call_soon(life.leave)

    def _start_agi(self):
        if self.agi.process.dead:
            self.agi.start()

    def _heal(self):
        self.say("world: nothing goes wrong any more")
        self.healthy = True

    def _over(self):
        return self.fault is not None or (self.healthy and self._quiet())

    def _quiet(self):
        """No call is left, and no lead from whose calls more could be learned."""
        if self.tables.open:
            return False
        told = self.time.now >= FAULTS_TOLD and not self.agi.journal
        dials_again = told and self.judge.last_send > FAULTS_END
        return all(self._is_done_with(lead, dials_again) for lead in self.tables.leads.values())

    def _is_done_with(self, lead, dials_again):
        """When engines have dialed since the faults, one more retry of a lead goes as those before it."""
        if lead["closed"] is not None:
            return True
        comes_back = lead["due_at"] is not None and lead["dials"] > 0
        return self._waits_for_its_number(lead) or (dials_again and comes_back)

    def _waits_for_its_number(self, lead):
        soon = self.instant() + LONGEST_HOLD
        return lead["due_at"] is not None and soon < lead["due_at"] <= soon + NUMBER_BUSY_WAIT

    def _what_is_left(self):
        rows = [f"{self.short(key)} {row['state']} of {row['owner']}" for key, row in self.tables.open.items()]
        due = [f"lead {lead['id']} due {lead['due_at']}" for lead in self.tables.leads.values() if not lead["closed"]]
        return "; ".join(rows + due)
