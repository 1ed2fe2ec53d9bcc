"""One call over a connection of its own, followed to its end: for a trial, while the engine does what it does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dialerd.domain.callstate import Call, CallEvent, Ended, Settling, advance, progress, verdict
from dialerd.domain.errors import Refused, Unavailable
from dialerd.domain.facts import AttemptState, EndFacts
from dialerd.telephony.ami import AmiLink, AmiTarget, LinkDown, LinkEvent, LinkUp
from dialerd.telephony.ami_session import AmiSession
from dialerd.telephony.messages import AsteriskStopping

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 10.0
HANG_UP_SECONDS = 5.0


class SingleCall:
    """The call of one Originate, as its events tell of it."""

    def __init__(self, call_id: str, now: Callable[[], datetime], on_progress: Callable[[AttemptState], None]) -> None:
        """`on_progress` hears when Asterisk takes the call (SENDING), when it rings and when it is answered."""
        self._id = call_id
        self._now = now
        self._on_progress = on_progress
        self._call = Call()
        self._state = AttemptState.SENDING
        self._session: AmiSession | None = None
        self._changed = asyncio.Event()
        self._lost: str | None = None

    async def make(self, target: AmiTarget, fields: Sequence[tuple[str, str]]) -> EndFacts:
        """Connect, originate, and follow the call to its end. Cancelled, it hangs the call up.

        Raises Unavailable when Asterisk cannot be reached, or is lost in mid-call; Refused when it takes no call.
        """
        link = AmiLink(target, self._heard)
        running = asyncio.create_task(link.run())
        try:
            session = await self._connected(running)
            reply = await session.send(fields, timeout=ANSWER_SECONDS)
            if not reply.ok:
                raise Refused(f"Asterisk does not make the call: {reply.message}")
            self._on_progress(AttemptState.SENDING)
            try:
                return await self._end()
            except asyncio.CancelledError:
                await session.hangup(self._id, timeout=HANG_UP_SECONDS)
                raise
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def _connected(self, running: asyncio.Task[None]) -> AmiSession:
        """The session; what the link raises (a refused login) is raised here."""
        waiting = asyncio.create_task(self._wait_for_session())
        await asyncio.wait({waiting, running}, timeout=CONNECT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            waiting.cancel()
            await running
        if not waiting.done():
            waiting.cancel()
            raise Unavailable(f"Asterisk is not reached within {CONNECT_SECONDS:g} s; is its manager interface on?")
        return await waiting

    async def _wait_for_session(self) -> AmiSession:
        while self._session is None:
            await self._changed.wait()
            self._changed.clear()
        return self._session

    async def _end(self) -> EndFacts:
        while True:
            judged = verdict(self._call, self._now())
            if isinstance(judged, Ended):
                return judged.facts
            if self._lost is not None:
                raise Unavailable(f"the connection to Asterisk is lost: {self._lost}; the call may go on")
            wait = judged.until - self._now() if isinstance(judged, Settling) else timedelta(seconds=1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), max(wait.total_seconds(), 0.01))
            self._changed.clear()

    def _heard(self, event: CallEvent | LinkEvent) -> None:
        match event:
            case LinkUp(session=session):
                self._session = session
            case LinkDown(reason=reason):
                self._lost = reason
            case AsteriskStopping():
                pass
            case _ if event.attempt_id == self._id:
                self._call = advance(self._call, event, self._now())
                state = progress(self._call)
                if state is not self._state:
                    self._state = state
                    self._on_progress(state)
        self._changed.set()
