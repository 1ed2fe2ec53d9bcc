"""The link to one Asterisk: connects, logs in, watches, connects again; hands out the session that lives now.

panoramisk's Manager and AMIProtocol carry each connection (ami_protocol.py); its reconnecting, re-sending, pinging and
event callbacks are not used, because each of them can call somebody twice or go blind (docs/reliability.md).
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from dialerd.domain.callstate import CallEvent
from dialerd.domain.errors import ConfigError, Unavailable
from dialerd.telephony.ami_protocol import AmiProtocol
from dialerd.telephony.ami_session import AmiReply, AmiSession, AmiStats, MaybeSent, NotSent
from dialerd.telephony.messages import AsteriskStopping

FIRST_RETRY_SECONDS = 0.25
LAST_RETRY_SECONDS = 10.0
STEADY_SECONDS = 5.0  # a connection that lasted this long makes the next retry a first one
EVENTS_AT_ONCE = 200
WAY_OUT = "start Asterisk, or make [asterisk] host and port and manager.conf's enabled, bindaddr, port and permit agree"

log = structlog.get_logger("dialerd.ami")


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Logged in and ready. Events of calls may have come before this one.

    `restarted` is True when Asterisk started anew since the last connection of this link, None on the first.
    The engine reconciles now, and dials only afterwards.
    """

    session: AmiSession
    startup: str
    restarted: bool | None


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The connection is gone. What it delivered was delivered before this; what Asterisk says meanwhile is lost."""

    reason: str


LinkEvent = LinkUp | LinkDown | AsteriskStopping


@dataclass(frozen=True, slots=True)
class AmiTarget:
    """Which Asterisk, as whom, and how patient; all times in seconds.

    While Asterisk does not read, an action waits at most `write_within`, then it is not sent. `boot_timeout` is the wait for FullyBooted, which never comes to a user without `read = system`: then the link
    warns and goes on.
    """

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    connect_timeout: float = 5.0
    boot_timeout: float = 10.0
    ping_interval: float = 10.0
    ping_timeout: float = 5.0
    write_within: float = 2.0

    @property
    def name(self) -> str:
        """The target in messages."""
        return f"{self.host}:{self.port}"

    @property
    def place(self) -> str:
        """Where it is, as far as we know: a loopback address is another machine's on another machine."""
        return f"{self.host} of {socket.gethostname()}"


class AmiLink:
    """Keeps one session up for as long as `run` runs.

    `session` is the live one, or None. `state` is one of "connecting", "connected", "waiting: <why>", "stopped" and
    "refused: <why>", for status displays. `stats` counts.
    """

    def __init__(
        self,
        target: AmiTarget,
        on_event: Callable[[CallEvent | LinkEvent], None],
        *,
        queue_size: int = 20_000,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`on_event` hears every event in the order Asterisk sent it, on the event loop, never inside a read.

        It is to be quick; what it raises is logged and goes no further. When more than `queue_size` events wait for
        it, the connection is dropped, and LinkDown and LinkUp follow. `jitter` gives numbers in [0, 1).
        """
        self._target = target
        self._on_event = on_event
        self._queue: deque[CallEvent | LinkEvent] = deque()
        self._queue_size = queue_size
        self._handing_on = False
        self._jitter = jitter
        self._startup: str | None = None
        self.session: AmiSession | None = None
        self.state = "connecting"
        self.stats = AmiStats()

    async def run(self) -> None:
        """Be connected, until cancelled. Raises ConfigError when Asterisk refuses the login: no retry can cure that."""
        try:
            await self._keep_connected()
        except ConfigError as error:
            self.state = f"refused: {error}"
            raise
        except asyncio.CancelledError:
            self.state = "stopped"
            raise
        finally:
            self._queue.clear()

    def drop(self, reason: str) -> None:
        """Give the present connection up and make a new one."""
        if self.session is not None:
            self.session.drop(reason)

    async def _keep_connected(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            reason = await self._one_connection()
            failures = 0 if loop.time() - began > STEADY_SECONDS else failures + 1
            delay = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(failures, 10)) * (0.5 + self._jitter() / 2)
            self.state = f"waiting: {reason}"
            log.warning(
                "asterisk_not_connected",
                asterisk=self._target.name,
                reason=reason,
                retry_seconds=round(delay, 2),
                hint=f"nothing is dialed; {WAY_OUT}",
            )
            await asyncio.sleep(delay)
            self.state = "connecting"

    async def _one_connection(self) -> str:
        """Connect, serve until the connection is lost, and say why it was."""
        session = AmiSession(self._deliver, self.stats, self._target.write_within)
        try:
            await self._open(session)
            up = await self._ready(session)
        except (OSError, TimeoutError, Unavailable) as error:
            session.drop(str(error))
            return _reason(error, self._target)
        except BaseException:  # a cancellation too: the socket must not stay open
            session.drop("stopped")
            raise
        return await self._serve(up)

    async def _open(self, session: AmiSession) -> None:
        target = self._target
        config = {"username": target.username, "secret": target.secret, "host": target.host, "port": target.port}
        async with asyncio.timeout(target.connect_timeout):
            _, protocol = await asyncio.get_running_loop().create_connection(
                lambda: AmiProtocol(session, **config), target.host, target.port
            )
        session.attach(protocol)
        await _either(protocol.login, session.lost, target.connect_timeout)
        if not protocol.login.done():
            lost = session.lost.result() if session.lost.done() else None
            raise Unavailable(lost or f"no answer to the login within {target.connect_timeout:g} s")
        answer = protocol.login.result()
        if answer["Response"] == "Success":
            return
        message = answer.get("Message", "")
        if "shutting down" in message:
            raise Unavailable(message)
        raise ConfigError(
            [
                (
                    f"asterisk.username: Asterisk at {target.name} refused manager user {target.username!r} ({message});"
                    " check the user's section, secret and permit in its manager.conf"
                )
            ]
        )

    async def _ready(self, session: AmiSession) -> LinkUp:
        target = self._target
        if not session.booted.done() and not session.lost.done():
            await _either(session.booted, session.lost, target.boot_timeout)
        if not session.booted.done() and not session.lost.done():
            log.warning("asterisk_not_booted", asterisk=target.name, hint="does the manager user have read = system?")
        startup = await session.core_status(target.ping_timeout)
        # The port, because several may run on one machine and then have its address for their name.
        entity = await session.entity_id(target.ping_timeout) or target.place
        session.asterisk = f"{entity}/{target.port}"
        restarted = None if self._startup is None else startup != self._startup
        self._startup = startup
        return LinkUp(session, startup, restarted)

    async def _serve(self, up: LinkUp) -> str:
        session = up.session
        self.session = session
        self.state = "connected"
        self.stats.connects += 1
        log.info("asterisk_connected", asterisk=self._target.name, restarted=up.restarted)
        self._put(up)
        try:
            await self._watch(session)
        finally:
            session.drop("stopped")
            self.session = None
            self.stats.drops += 1
            self._put(LinkDown(session.lost.result()))
        return session.lost.result()

    async def _watch(self, session: AmiSession) -> None:
        target = self._target
        while not session.lost.done():
            await asyncio.wait([session.lost], timeout=target.ping_interval)
            if session.lost.done():
                return
            try:
                await session.ping(target.ping_timeout)
            except Unavailable:
                session.drop(f"no answer to a ping within {target.ping_timeout:g} s")

    def _deliver(self, event: CallEvent | AsteriskStopping) -> bool:
        if len(self._queue) >= self._queue_size:
            return False
        self._put(event)
        return True

    def _put(self, event: CallEvent | LinkEvent) -> None:
        self._queue.append(event)
        if not self._handing_on:
            self._handing_on = True
            asyncio.get_running_loop().call_soon(self._hand_on_some)

    def _hand_on_some(self) -> None:
        """Hand events on, a slice at a time, so that a storm of them does not hold up sending."""
        for _ in range(min(EVENTS_AT_ONCE, len(self._queue))):
            self._hand_on(self._queue.popleft())
        self._handing_on = bool(self._queue)
        if self._handing_on:
            asyncio.get_running_loop().call_soon(self._hand_on_some)

    def _hand_on(self, event: CallEvent | LinkEvent) -> None:
        try:
            self._on_event(event)
        except Exception:  # one event that is not understood must not end the connection
            log.exception("event_not_taken", event_type=type(event).__name__)


async def _either(wanted: asyncio.Future[Any], lost: asyncio.Future[str], seconds: float) -> None:
    # Unlike wait_for, this cancels nothing: panoramisk's own callback on the login would fail on a cancelled future.
    await asyncio.wait([wanted, lost], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _reason(error: Exception, target: AmiTarget) -> str:
    if isinstance(error, TimeoutError):
        return f"no connection to {target.name} within {target.connect_timeout:g} s"
    return f"{target.name}: {error}"


__all__ = [
    "AmiLink",
    "AmiReply",
    "AmiSession",
    "AmiStats",
    "AmiTarget",
    "AsteriskStopping",
    "LinkDown",
    "LinkEvent",
    "LinkUp",
    "MaybeSent",
    "NotSent",
]
