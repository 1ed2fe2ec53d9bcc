"""Trials that people ask for in the console or by the API: a running engine makes their calls, which needs no other process
to know the manager's secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.domain.facts import AttemptState, EndFacts
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.service import trials as service
from dialerd.settings import Settings
from dialerd.store import freezes, trials
from dialerd.store.database import Connection, Database
from dialerd.store.freezes import Freeze
from dialerd.store.trials import TrialRecord
from dialerd.telephony.ami_session import MaybeSent
from dialerd.telephony.trial_call import call_telephone

LOOK_SECONDS = 0.5
MOST_AT_ONCE = 4
"""Each has a connection of its own to Asterisk."""
REPORT_SECONDS = 5.0
"""FastAGI, which knows more of the call, writes its end first when it does so within this time."""
HUNG_UP_SECONDS = 1.0

log = structlog.get_logger("dialerd.engine")


class Trials:
    """A part of the engine: takes trials that nobody has taken, each once, and makes and follows their calls."""

    def __init__(self, settings: Callable[[], Settings], database: Database, writes: Writes, clock: Clock) -> None:
        """`settings` are asked each time."""
        self._settings = settings
        self._database = database
        self._writes = writes
        self._clock = clock
        self._calls: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._takes = True

    def stop(self) -> None:
        """Take no more; calls that are up go on."""
        self._takes = False

    async def run(self) -> None:
        """Look for ever. A database that fails is asked again. Cancelled, it hangs up."""
        try:
            while True:
                try:
                    await self._look()
                except DialerdError as error:
                    log.warning("trials_not_read", error=str(error), retry_seconds=LOOK_SECONDS)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            tasks = [task for _, task in self._calls.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        wanted, frozen = await asyncio.to_thread(self._read)
        for campaign, task in self._calls.values():
            # Once: a second time would interrupt the hanging up.
            if freezes.of(frozen, campaign) is not None and not task.cancelling():
                task.cancel()
        for trial in wanted:
            # By the files as they are here: another engine may have newer ones already.
            if not self._takes or len(self._calls) >= MOST_AT_ONCE or trial.campaign not in self._settings().campaigns:
                continue
            if await self._writes(partial(self._take, trial)):
                task = asyncio.create_task(self._make(trial))
                self._calls[trial.trial_id] = (trial.campaign, task)
                task.add_done_callback(partial(self._over, trial.trial_id))

    def _take(self, trial: TrialRecord, conn: Connection) -> bool:
        return service.take(conn, trial, self._clock.now())

    def _over(self, trial_id: str, _task: asyncio.Task[None]) -> None:
        self._calls.pop(trial_id, None)

    def _read(self) -> tuple[list[TrialRecord], list[Freeze]]:
        with self._database.read() as conn:
            return trials.wanted(conn), freezes.all(conn)

    async def _make(self, trial: TrialRecord) -> None:
        log.info("trial_begun", trial=trial.trial_id, campaign=trial.campaign, endpoint=trial.endpoint)
        placed: list[asyncio.Task[None]] = []

        def told(state: AttemptState) -> None:
            if state is AttemptState.SENDING:
                placed.append(asyncio.create_task(self._placed(trial.trial_id)))

        try:
            facts = await call_telephone(
                self._settings(), trial.campaign, trial.trial_id, trial.endpoint, now=self._clock.now, told=told
            )
            await self._ended(trial, facts)
        except DialerdError as error:
            # Whoever asks again is called again: only what is certain may be said to have failed.
            unclear = isinstance(error, MaybeSent) or (placed and isinstance(error, Unavailable))
            log.warning("trial_failed", trial=trial.trial_id, error=str(error), certain=not unclear)
            await self._end(trial.trial_id, Disposition.UNKNOWN if unclear else Disposition.FAILED, str(error))
        except asyncio.CancelledError:
            # Hung up. FastAGI says how it ended, unless it was never answered, or is away.
            await self._reported(trial, HUNG_UP_SECONDS)
            await self._end(trial.trial_id, Disposition.UNKNOWN, "hung up by a freeze, or with the engine")
            raise
        finally:
            await asyncio.gather(*placed, return_exceptions=True)

    async def _placed(self, trial_id: str) -> None:
        await self._writes(lambda conn: trials.mark_placed(conn, trial_id, self._clock.now()))

    async def _ended(self, trial: TrialRecord, facts: EndFacts) -> None:
        found = await self._reported(trial, REPORT_SECONDS)
        if found.disposition is None:
            await self._writes(lambda conn: service.end(conn, found, facts, self._clock.now()))

    async def _end(self, trial_id: str, disposition: Disposition, detail: str) -> None:
        """Unless its end is written down already, as FastAGI does when it sees one."""
        now = self._clock.now()
        await self._writes(lambda conn: trials.end(conn, trial_id, disposition, detail, now))

    async def _reported(self, trial: TrialRecord, seconds: float) -> TrialRecord:
        """The trial once FastAGI has written its end, or as it is when that takes too long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            found = await asyncio.to_thread(service.read, self._database, trial.trial_id)
            if found.disposition is not None or loop.time() >= until:
                return found
            await asyncio.sleep(LOOK_SECONDS / 2)
