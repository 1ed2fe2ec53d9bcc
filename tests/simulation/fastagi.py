"""The FastAGI process: what the dialplan asks and reports goes through the product's own scripts to the database, or to
the journal while that is away.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

from dialerd.domain.errors import DialerdError
from dialerd.domain.facts import Witness
from dialerd.service.attempts import Ending, EndRequest
from dialerd.service.reported_ends import end_reported
from dialerd.service.routing import RouteOrder, RouteRequest, route_each
from dialerd.telephony.agi_scripts import REPORT_SECONDS, load_scripts
from simulation.database import Writes
from simulation.loop import Process

# What the script itself uses, as the server loads it.
ENDED = SimpleNamespace(**load_scripts(Path(__file__).resolve().parents[2] / "agi")["ended"].__globals__)
REPLAY_SECONDS = 0.5


class FastAgi:
    """One process at a time; while there is none, the dialplan goes on without an answer. `journal` is on its disk."""

    def __init__(self, world):
        self._world = world
        self.journal = []
        self.start()

    def start(self):
        self.process = Process(self._world.time, "fastagi", self._world.fail, self._died)
        self._writes = Writes(self._world, self.process)
        if self.journal:
            self.process.create_task(self._replay())

    def written(self, requests):
        """These reports are in the database."""
        self.journal = [request for request in self.journal if request not in requests]

    def route(self, channel):
        """The call was answered."""
        self._session(self._route(channel))

    def ended(self, channel, cause, tech):
        """The hangup handler of the channel."""
        values = (channel.attempt_id, str(cause), channel.state, channel.connected, channel.connected and "40", tech)
        self._session(self._ended("|".join(values)))

    def _died(self):
        self._world.say("fastagi: dead")
        self._writes.orphan()

    def _session(self, work):
        if self.process.dead or self._world.loses_a_report():
            self._world.say("fastagi: does not hear of it")
            work.close()
        else:
            self.process.create_task(work)

    async def _route(self, channel):
        request = RouteRequest(channel.attempt_id, self._world.settings.campaigns, self._world.instant())
        channel.connected = "0"
        await asyncio.sleep(self._world.wire_seconds())
        try:
            (answer,) = await self._writes(lambda conn: route_each(conn, [request]))
        except DialerdError:
            return
        if isinstance(answer, RouteOrder):
            channel.connected = "1"

    async def _ended(self, answer):
        report = ENDED.read(answer)
        ending = Ending(report.attempt, report.facts, Witness.AGI)
        request = EndRequest(ending, self._world.settings.campaigns, self._world.instant())
        await asyncio.sleep(self._world.wire_seconds())
        if self.journal or not await self._write(request):
            self._world.say(f"fastagi: {self._world.short(report.attempt)} goes into the journal")
            self.journal.append(request)
            if len(self.journal) == 1:
                self.process.create_task(self._replay())
        # Here the dialplan sees DIALERD_OK.
        self._world.judge.acknowledged(report.attempt)

    async def _write(self, request):
        try:
            async with asyncio.timeout(REPORT_SECONDS):
                await self._writes(lambda conn: end_reported(conn, [request]))
        except (DialerdError, TimeoutError):
            return False
        return True

    async def _replay(self):
        while self.journal:
            await asyncio.sleep(REPLAY_SECONDS)
            waiting = list(self.journal)
            try:
                await self._writes(lambda conn: end_reported(conn, waiting))  # noqa: B023 - awaited at once
            except DialerdError:
                continue
            self.written(waiting)
