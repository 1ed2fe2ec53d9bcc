"""The engine put together: links, dial loop, tracker, recovery, watch, schedule and heartbeat, under one roof."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog

from dialerd.domain.callstate import CallEvent
from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.engine.attempt_log import say_ended
from dialerd.engine.claimer import Claimer
from dialerd.engine.crew import Crew
from dialerd.engine.dialer import Dialer
from dialerd.engine.drain import Drain
from dialerd.engine.errands import Errands
from dialerd.engine.flags import FlagChanges
from dialerd.engine.hearing import Hearing
from dialerd.engine.presence import Presence
from dialerd.engine.readiness import Readiness
from dialerd.engine.recovery import Recovery
from dialerd.engine.reload import Reloads
from dialerd.engine.report import Report
from dialerd.engine.schedule import Schedule
from dialerd.engine.sender import Sender
from dialerd.engine.senders import Senders
from dialerd.engine.server import Server
from dialerd.engine.succession import Succession
from dialerd.engine.tracker import Tracker
from dialerd.engine.trials import Trials
from dialerd.engine.trunks import Trunks
from dialerd.engine.upkeep import Upkeep
from dialerd.engine.watch import Watch
from dialerd.engine.writes import Writes
from dialerd.ops.clock import SystemClock
from dialerd.ops.crash import Crash
from dialerd.ops.metrics import Metrics, MetricsServer
from dialerd.service import imports
from dialerd.service.attempts import EndResult
from dialerd.settings import Settings
from dialerd.store.database import Database
from dialerd.store.leases import SILENCE
from dialerd.store.writer import GroupWriter
from dialerd.telephony.ami import AmiLink, LinkDown, LinkEvent, LinkUp
from dialerd.telephony.targets import target_of

RECOVER_IMPORTS_SECONDS = 60.0
SUCCEED_SECONDS = 5.0
# How long the last writes may take when the engine leaves, in good order or in a hurry.
CLOSE_SECONDS = 10.0
AT_ONCE_SECONDS = 1.0

log = structlog.get_logger("dialerd.engine")


class Engine:
    """An async context: inside it the engine dials. `fault` is why it stopped by itself, if it did. In the end, `whole`:
    everything that is known is written down; `stuck`: a thread still waits for the database.
    """

    def __init__(self, settings: Settings, database: Database, owner: str) -> None:
        """`owner` names this life of the engine among all that ever used the node's name."""
        self.settings = settings
        self.fault: DialerdError | None = None
        self.whole, self.stuck, self._at_once = True, False, False
        self._owner = owner
        self._database = database
        self._clock = SystemClock.from_environment()
        self._crash = Crash.from_environment()
        self._failed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._errands = Errands(self._break)
        self.metrics = Metrics()
        self._metrics_server: MetricsServer | None = None
        self._writer = GroupWriter(database, on_commit=self.metrics.committed)
        self._writes = Writes(self._writer)
        hear = Hearing(settings.paths.journal, self._writer, lambda: self.settings, self.metrics, self._ended)
        self._assemble_calls(hear)
        self._assemble_recovery(hear)
        self._assemble_watch()

    def _assemble_calls(self, hear: Hearing) -> None:
        """What brings a lead to Asterisk and follows its call."""
        node = self.settings.node.name
        self.trunks = Trunks(lambda: self.settings, self._writes, self._clock, self.metrics, node)
        self.tracker = Tracker(
            self._writes,
            lambda: self.settings.campaigns,
            self._clock,
            self._crash,
            on_rang=self.trunks.rang,
            on_ended=self._ended,
            on_stray=self._stray,
            hear=hear,
        )
        servers = self.settings.servers.items()
        self._links = {name: AmiLink(target_of(server), partial(self._heard, name)) for name, server in servers}
        self._senders = {
            name: Sender(link, self.tracker, self._crash, self._clock, self.metrics)
            for name, link in self._links.items()
        }
        claimer = Claimer(
            lambda: self.settings,
            self._writes,
            self._clock,
            self._crash,
            self.metrics,
            self.trunks,
            node=node,
            owner=self._owner,
            on_ended=self._ended,
        )
        self._crew = Crew(node, single=self._database.dialect == "sqlite")
        self.dialer = Dialer(claimer, Senders(self._senders), self.tracker, self.trunks, self._crew, self._clock)

    def _assemble_recovery(self, hear: Hearing) -> None:
        """What accounts for calls that were lost sight of, at each Asterisk."""
        self._succession = Succession(
            self._writes,
            self._clock,
            lambda: self.settings.campaigns,
            node=self.settings.node.name,
            owner=self._owner,
            # On SQLite there is no other engine, whatever their entries say.
            silence=timedelta() if self._database.dialect == "sqlite" else SILENCE,
            on_ended=self._ended,
            hear=hear,
        )
        self._servers = {name: self._server(name, link, hear) for name, link in self._links.items()}

    def _assemble_watch(self) -> None:
        """What keeps an eye on campaigns, settings and the database, and says how it all stands."""
        node = self.settings.node.name
        self._flags = FlagChanges(lambda: self.settings, self._database, self._clock)
        self._upkeep = Upkeep(self._database, self._clock, self.dialer.wake)
        self._trials = Trials(lambda: self.settings, self._database, self._writes, self._clock)
        self._schedule = Schedule(lambda kind: self.metrics.scheduler_events.labels(kind).inc())
        self._watch = Watch(
            lambda: self.settings,
            self._database,
            self._writes,
            self.dialer,
            self.tracker,
            self._schedule,
            self._clock,
            hang_up=self._hang_up,
            on_look=self._lines_set,
        )
        self.reloads = Reloads(self._writes, self._clock, node)
        told = (self._links, self.dialer, self.tracker, self.trunks, self._watch, self.reloads, self.metrics)
        self.report = Report(lambda: self.settings, *told, self._clock)
        self._presence = Presence(
            self._writes, self._clock, self._crew, self.dialer, self.report.status, node=node, owner=self._owner
        )

    async def __aenter__(self) -> Self:
        """Register, give back what stopped engines had claimed, and start everything."""
        engine = self.settings.engine
        self._metrics_server = self.metrics.serve(engine.metrics_listen, engine.metrics_port)
        await self._presence.enter(self.settings.campaigns)
        await self._succession.give_back()
        await self.trunks.restore()
        self._schedule.start()
        self._schedule.every("succession", SUCCEED_SECONDS, self._succeed)
        self._schedule.every("audit", engine.audit_interval, self._audit)
        self._recover_imports()
        self._schedule.every("imports", RECOVER_IMPORTS_SECONDS, self._recover_imports)
        aside = (self._watch, self._presence, self._flags, self._upkeep, self._trials)
        for server in self._servers.values():
            self._tasks.append(asyncio.create_task(self._watched(server.run(alone=len(self._servers) == 1))))
        for part in (self.tracker, self.trunks, self.dialer, *aside):
            self._tasks.append(asyncio.create_task(self._watched(part.run())))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything; what was submitted to the database is finished, if it answers."""
        self._schedule.close()
        self._flags.stop()
        self._upkeep.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._errands.close()
        # A database that has kept the drain waiting until its limit has had its time.
        limit = AT_ONCE_SECONDS if self._at_once or not self.whole else CLOSE_SECONDS
        await self._presence.leave(limit)
        try:
            await asyncio.to_thread(self._writer.close, limit)
        except Unavailable as problem:
            self.stuck = True
            log.error("writes_unfinished", error=str(problem), next="the next start accounts for what was not written")
        if self._metrics_server is not None:
            self._metrics_server.close()

    async def failed(self) -> None:
        """Return when the engine cannot go on; `fault` says why."""
        await self._failed.wait()

    def leave(self) -> None:
        """Wait for nothing any more, neither calls in progress nor a database that does not answer."""
        self._at_once = True

    def reload(self, settings: Settings) -> None:
        """Apply validated settings. What needs a restart (database, node, listeners, Asterisk) is said and kept."""
        before, self.settings = self.settings, settings
        self._errands.run(self.reloads.keep(self.reloads.note(before, settings)))
        self._flags.look()
        self.trunks.retry()
        self._watch.look_now()

    async def drain(self) -> None:
        """Send nothing more, give back what waits, and see calls in progress to their end or to the time limit."""
        self._trials.stop()
        drain = Drain(self.dialer, self.tracker, self._links.values())
        self.whole = await drain.run(self.settings.engine.drain_timeout, give_back=self.fault is None)

    def status_line(self) -> str:
        """One line for systemd."""
        return self.report.line()

    def _server(self, name: str, link: AmiLink, hear: Hearing) -> Server:
        sender = self._senders[name]
        recovery = Recovery(self._writes, self.tracker, self._succession, self._owner, name, hear)
        readiness = Readiness(
            link,
            sender,
            self.dialer,
            self.tracker,
            self.trunks,
            recovery,
            self._errands,
            lambda: timedelta(seconds=self.settings.engine.recovery_grace),
            name,
        )
        return Server(name, link, sender, recovery, readiness, self.tracker, self.dialer, self.metrics)

    def _heard(self, server: str, event: CallEvent | LinkEvent) -> None:
        self.metrics.ami_events.labels(type(event).__name__).inc()
        self._servers[server].heard(event)
        if isinstance(event, LinkUp | LinkDown):
            self._presence.beat_now()

    def _succeed(self) -> None:
        """See to what engines that stopped since the last look have left."""
        self._errands.run(self._succession.sweep())
        for server in self._servers.values():
            server.readiness.look()

    def _audit(self) -> None:
        for server in self._servers.values():
            server.readiness.audit()

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        """A part that ends, ends the engine: half an engine is worse than none."""
        try:
            await work
        except DialerdError as error:
            self.fault = error
        except Exception as error:  # noqa: BLE001 - the last line of defence, it says everything and stops the process
            self._break(error)
        self._failed.set()

    def _break(self, error: Exception) -> None:
        log.error("engine_fault", exc_info=error)
        self.fault = DialerdError(f"engine: {type(error).__name__}: {error}; this is a fault of dialerd, see the log")
        self._failed.set()

    def _ended(self, result: EndResult) -> None:
        self.trunks.ended(result)
        if result.applied:
            say_ended(result)
            self.metrics.calls.labels(result.campaign, str(result.disposition)).inc()

    def _recover_imports(self) -> None:
        """Finish, or give up, imports whose process died: their leads must neither be lost nor hold the campaign open."""
        self._errands.run(asyncio.to_thread(imports.recover, self._database, clock=self._clock.now))

    def _lines_set(self) -> None:
        self._presence.beat_now()

    def _stray(self, attempt_id: str, server: str) -> None:
        self._errands.run(self._servers[server].stray(attempt_id))

    def _hang_up(self, attempt_id: str) -> None:
        server = self._servers.get(self.tracker.where(attempt_id) or "")
        if server is not None:
            self._errands.run(server.hang_up(attempt_id))
