"""One life of an engine: the product's own parts, put together as engine.engine does, on a process of the world."""

from __future__ import annotations

from datetime import timedelta

from dialerd.domain.errors import DialerdError
from dialerd.domain.lifecycle import CampaignState
from dialerd.engine.claimer import Claimer
from dialerd.engine.crew import Crew
from dialerd.engine.dialer import Dialer
from dialerd.engine.drain import Drain
from dialerd.engine.errands import Errands
from dialerd.engine.presence import Presence
from dialerd.engine.readiness import Readiness
from dialerd.engine.recovery import Recovery
from dialerd.engine.sender import Sender
from dialerd.engine.senders import Senders
from dialerd.engine.server import Server
from dialerd.engine.succession import Succession
from dialerd.engine.tracker import Tracker
from dialerd.engine.trunks import Trunks
from dialerd.ops.metrics import Metrics
from dialerd.service.reported_ends import end_reported
from dialerd.settings.model import ONE
from dialerd.store import campaigns
from dialerd.store.leases import SILENCE
from dialerd.telephony.ami import AmiTarget, LinkDown, LinkUp
from simulation.database import Writes
from simulation.loop import Killed, Process
from simulation.wire import Link

LOOK_SECONDS = 0.5
SUCCEED_SECONDS = 5.0
AUDIT_SECONDS = 3.0
TARGET = AmiTarget("here", 5038, "dialerd", "", ping_interval=3.0, ping_timeout=2.0)
METRICS = Metrics()


class Armed:
    """ops.crash.Crash of a process of the world: it dies at the point, once that was passed so often."""

    def __init__(self, process, point, passes):
        self._process, self._point, self._left = process, point, passes

    def at(self, point):
        if point == self._point and not self._process.dead:
            self._left -= 1
            if self._left == 0:
                raise Killed(self._process)


class MachineClock:
    """The clocks of one machine, `apart` seconds from the true time."""

    def __init__(self, world, apart):
        self._world, self._apart = world, timedelta(seconds=apart)

    def now(self):
        return self._world.instant() + self._apart

    def monotonic(self):
        return 1000.0 + self._world.time.now


class Life:
    """It dials from `begin` on until it dies; the world starts the next one."""

    def __init__(self, world, node, number, death):
        self.world, self.node, self.owner = world, node, f"{node}.{number}"
        self.process = Process(world.time, self.owner, world.fail, self._died, death.step)
        self.clock = MachineClock(world, world.apart[node])
        self.settings = world.settings
        self.writes = Writes(world, self.process)
        self._errands = Errands(world.fail)
        self._crash = Armed(self.process, death.point, death.passes)
        self.process.call_soon(self._put_together)

    def _put_together(self):
        world, single = self.world, len(self.world.nodes) == 1
        here = (self.writes, self.clock)
        self.trunks = Trunks(lambda: self.settings, *here, METRICS, self.node)
        self.tracker = Tracker(
            self.writes,
            lambda: self.settings.campaigns,
            self.clock,
            self._crash,
            on_rang=self.trunks.rang,
            on_ended=self._ended,
            on_stray=self._stray,
            hear=self._hear,
        )
        self.link = Link(world, world.asterisk, self.process, TARGET, self._heard)
        sender = Sender(self.link, self.tracker, self._crash, self.clock, METRICS)
        claimer = Claimer(
            lambda: self.settings,
            *here,
            self._crash,
            METRICS,
            self.trunks,
            node=self.node,
            owner=self.owner,
            on_ended=self._ended,
        )
        crew = Crew(self.node, single=single)
        self.dialer = Dialer(claimer, Senders({ONE: sender}), self.tracker, self.trunks, crew, self.clock)
        self.succession = Succession(
            *here,
            lambda: self.settings.campaigns,
            node=self.node,
            owner=self.owner,
            silence=timedelta() if single else SILENCE,
            on_ended=self._ended,
            hear=self._hear,
        )
        recovery = Recovery(self.writes, self.tracker, self.succession, self.owner, ONE, self._hear)
        grace = timedelta(seconds=self.settings.engine.recovery_grace)
        readiness = Readiness(
            self.link,
            sender,
            self.dialer,
            self.tracker,
            self.trunks,
            recovery,
            self._errands,
            lambda: grace,
            ONE,
        )
        self.server = Server(ONE, self.link, sender, recovery, readiness, self.tracker, self.dialer, METRICS)
        self.presence = Presence(*here, crew, self.dialer, dict, node=self.node, owner=self.owner)
        self.process.create_task(self._watched(self._begin(), part=False))

    async def _begin(self):
        await self.presence.enter(())
        await self.succession.give_back()
        await self.trunks.restore()
        every = self._every
        every(LOOK_SECONDS, lambda: self._errands.run(self._look()))
        every(SUCCEED_SECONDS, lambda: (self._errands.run(self.succession.sweep()), self.server.readiness.look()))
        every(AUDIT_SECONDS, self.server.readiness.audit)
        for part in (self.tracker, self.trunks, self.dialer, self.presence):
            self._task(part.run())
        self._task(self.server.run(alone=True))

    def leave(self):
        """SIGTERM."""
        self.world.say(f"{self.owner}: leaves in good order")
        self._errands.run(self._leave())

    async def _leave(self):
        await Drain(self.dialer, self.tracker, [self.link]).run(3.0, give_back=True)
        await self.presence.leave(1.0)
        self.process.die()

    async def _look(self):
        """As engine.watch, for one campaign that is always open."""
        with self.world.read() as conn:
            (record,) = campaigns.all(conn)
        if record.state is CampaignState.ACTIVE:
            self.dialer.open_line(self.settings.campaigns[record.name], self.settings, None)
        else:
            await self.dialer.close_line(record.name)
        await self.dialer.empty_gated()
        self.presence.beat_now()

    def _heard(self, event):
        self.server.heard(event)
        if isinstance(event, LinkUp | LinkDown):
            self.world.say(f"{self.owner}: {type(event).__name__}")
            self.presence.beat_now()

    def _stray(self, attempt_id, _server):
        self._errands.run(self.server.stray(attempt_id))

    async def _hear(self):
        """As engine.hearing: what waits in the journal is written down."""
        waiting = list(self.world.agi.journal)
        if waiting:
            for result in await self.writes(lambda conn: end_reported(conn, waiting)):
                self._ended(result)
            self.world.agi.written(waiting)

    def _ended(self, result):
        self.trunks.ended(result)
        if result.applied:
            self.world.say(f"{self.owner}: {self.world.short(result.attempt_id)} ended {result.disposition}")

    def _task(self, work):
        self.process.create_task(self._watched(work, part=True))

    def _every(self, seconds, work):
        def turn():
            work()
            self.process.call_later(seconds, turn)

        self.process.call_soon(turn)

    async def _watched(self, work, *, part):
        """A part that ends, ends the engine, and whoever watches it starts it again."""
        try:
            await work
            if not part:
                return
        except DialerdError as error:
            self.world.say(f"{self.owner}: stops: {error}")
        except Exception as error:  # noqa: BLE001 - a fault of the product: the world is over
            self.world.fail(error)
        self.process.die()

    def _died(self):
        self.world.say(f"{self.owner}: dead after {self.process.steps} steps")
        for wire in [wire for wire in self.world.asterisk.wires if not wire.open]:
            wire.abort()
        self.writes.orphan()
        self.world.engine_died(self)
