"""Those who stop calls: a campaign is paused, a number is put on do-not-call, and then they wait for the answer."""

from __future__ import annotations

import asyncio

from sqlalchemy import bindparam, update

from dialerd.domain.dnc import Entry, Kind, stopping
from dialerd.domain.errors import DialerdError
from dialerd.service import calling_off
from dialerd.store import dnc, dnc_leads, tables
from simulation import database, keeping
from simulation.database import Writes
from simulation.loop import Process

SET_STATE = update(tables.campaigns).where(tables.campaigns.c.name == bindparam("b_name")).values(
    state=bindparam("b_state")
)  # fmt: skip
database.STATEMENTS[id(SET_STATE)] = keeping.set_state
PATIENCE = 0.3


class People:
    """A command line that is tried again when the database fails."""

    def __init__(self, world):
        self._world = world
        self._process = Process(world.time, "people", world.fail, lambda: None)
        self._writes = Writes(world, self._process)
        self._pausing = False

    def pause(self, seconds):
        """No call of the campaign leaves from the answer on, until it is resumed. One pause at a time: who resumes ends all."""
        if not self._pausing:
            self._pausing = True
            self._begin(self._pause(seconds))

    def put_on_dnc(self, phone):
        """No call to the number leaves from the answer on."""
        self._begin(self._put_on_dnc(phone))

    def _begin(self, work):
        self._process.create_task(work)

    async def _pause(self, seconds):
        campaign = self._world.campaign.name
        self._world.say("people: pause")
        await self._until_written(lambda conn: self._set_state(conn, "paused"))
        await self._call_off(lambda conn, planned: [one.attempt_id for one in planned if one.campaign == campaign])
        self._world.judge.stopped(lambda _phone: True, "pause")
        await self._wait(seconds)
        self._world.judge.resumed("pause")
        await self._until_written(lambda conn: self._set_state(conn, "active"))
        self._pausing = False
        self._world.say("people: resumed")

    async def _put_on_dnc(self, phone):
        self._world.say(f"people: {phone} on do-not-call")

        def work(conn):
            now = self._world.instant()
            dnc.add(conn, [Entry(phone, Kind.EXACT, None, None, "", "", now, "people")])
            dnc_leads.align(conn, {phone}, now)

        def stopped(conn, planned):
            now, entries = self._world.instant(), dnc.covering(conn, {one.phone for one in planned})
            return [
                one.attempt_id
                for one in planned
                if stopping(entries.get(one.phone, ()), one.phone, one.campaign, now) is not None
            ]

        await self._until_written(work)
        await self._call_off(stopped)
        self._world.judge.stopped(lambda called: called == phone, f"do-not-call of {phone}")

    async def _call_off(self, stopped):
        """As service.calling_off, with its decisions and without its thread."""
        ids = await self._until_written(lambda conn: stopped(conn, calling_off.unsent_calls(conn)))
        delay, left = self._world.settings.engine.max_send_delay, frozenset()
        if ids:
            now = self._world.instant()
            _, left = await self._until_written(lambda conn: calling_off.take_back(conn, ids, now, delay))
        deadline = self._world.time.now + delay + calling_off.TRAVEL_SECONDS
        while left and self._world.time.now < deadline:
            await self._wait(calling_off.LOOK_SECONDS)
            planned = {one.attempt_id for one in await self._until_written(calling_off.unsent_calls)}
            left &= planned

    async def _until_written(self, work):
        while True:
            try:
                return await self._writes(work)
            except DialerdError:
                await self._wait(PATIENCE)

    async def _wait(self, seconds):
        await asyncio.sleep(seconds)

    def _set_state(self, conn, state):
        conn.execute(SET_STATE, {"b_name": self._world.campaign.name, "b_state": state})
