"""One connection to Asterisk's manager: actions out, replies and events in, each exactly once."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from dialerd.domain.callstate import CallEvent
from dialerd.domain.errors import BadInput, Unavailable
from dialerd.telephony.ami_protocol import AmiProtocol
from dialerd.telephony.messages import AsteriskStopping, translate

MAX_LINE_BYTES = 1024  # Asterisk's limit for one header
MAX_HEADERS = 128

log = structlog.get_logger("dialerd.ami")


class NotSent(Unavailable):
    """The action's last byte certainly never left this process: Asterisk has not acted on it and never will."""


class MaybeSent(Unavailable):
    """The action was written and no reply came: Asterisk may have acted on it, or may do so later."""


@dataclass(frozen=True, slots=True)
class AmiReply:
    """Asterisk's answer to an action. `ok` is `Response: Success`; `message` is its text, `headers` all of it."""

    ok: bool
    message: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class AmiStats:
    """What was counted since the start, over all connections."""

    connects: int = 0
    drops: int = 0
    events: int = 0
    unreadable: int = 0  # messages with a header missing or wrong
    late_replies: int = 0  # replies nobody waited for any more
    overflows: int = 0
    ping_seconds: float = 0.0  # the last answer to a ping took so long


@dataclass(slots=True, eq=False)
class _Pending:
    action_id: str
    data: bytes
    future: asyncio.Future[Any]
    stale_at: float  # loop time after which it is not written any more
    items: list[Any] | None = None  # a list, when the action asks for one
    written: bool = False


class AmiSession:
    """A logged-in connection. `lost` resolves with the reason when it is gone; a session is never used again then.

    Actions may be sent while others wait for their reply; they are written in the order of the calls, in the call
    itself, so nothing delays a send. While Asterisk does not read, further actions wait in this process, where they
    are still certainly not sent; one that has waited longer than `write_within` seconds never is.

    `asterisk` says which Asterisk it is, the same for every engine that drives that one and after each of its restarts.
    """

    def __init__(
        self, deliver: Callable[[CallEvent | AsteriskStopping], bool], stats: AmiStats, write_within: float = 2.0
    ) -> None:
        """`deliver` takes each typed event, must not raise, and returns False when it has no room left."""
        self._deliver = deliver
        self._stats = stats
        self._write_within = write_within
        self._protocol: AmiProtocol | None = None
        self._ids = itertools.count(1)
        self._pending: dict[str, _Pending] = {}
        self._outbox: deque[_Pending] = deque()
        self._writable = True
        self._reason: str | None = None
        self.asterisk = ""
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.booted: asyncio.Future[None] = loop.create_future()

    def attach(self, protocol: AmiProtocol) -> None:
        """The connection to write to."""
        self._protocol = protocol
        if self._reason is not None:
            protocol.abort()

    async def send(self, fields: Sequence[tuple[str, str]], *, timeout: float) -> AmiReply:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        """Send one action and wait for its response, at most `timeout` seconds.

        The bytes are written before the first suspension: concurrent callers do not wait for one another. An
        Originate's reply also goes to `on_event`, as its later OriginateResponse does, also after a timeout.
        Raises NotSent or MaybeSent when there is no reply, BadInput for a value that may not go into a header.
        """
        return await self._ask(self._start(fields, listing=False), timeout)  # type: ignore[no-any-return]

    async def channels(self, timeout: float) -> frozenset[str]:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        """The unique ids of all channels Asterisk has now. Raises NotSent, MaybeSent, Unavailable."""
        pending = self._start([("Action", "CoreShowChannels")], listing=True)
        items = await self._ask(pending, timeout)
        return frozenset(item["Uniqueid"] for item in items)

    async def core_status(self, timeout: float) -> str:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        """When Asterisk started, in its own words: another text than before means it was restarted."""
        reply = await self.send([("Action", "CoreStatus")], timeout=timeout)
        if not reply.ok:
            raise Unavailable(
                f"Asterisk refuses CoreStatus ({reply.message}); the manager user needs write = reporting"
            )
        return f"{reply.headers.get('CoreStartupDate', '')} {reply.headers.get('CoreStartupTime', '')}".strip()

    async def entity_id(self, timeout: float) -> str:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        """What Asterisk calls itself among others (`entityid` of its asterisk.conf, by default a hardware address of its
        machine); '' when it does not say or has none. Raises NotSent, MaybeSent.
        """
        reply = await self.send([("Action", "Getvar"), ("Variable", "ENTITYID")], timeout=timeout)
        value = reply.headers.get("Value", "") if reply.ok else ""
        return value if value.strip("0:") else ""

    async def hangup(self, uniqueid: str, *, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        """End the channel with this id. False when Asterisk has no such channel. Raises NotSent, MaybeSent."""
        reply = await self.send([("Action", "Hangup"), ("Channel", uniqueid), ("Cause", "16")], timeout=timeout)
        return reply.ok

    async def ping(self, timeout: float) -> float:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        """Seconds until Asterisk answered. Raises NotSent, MaybeSent."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        await self.send([("Action", "Ping")], timeout=timeout)
        self._stats.ping_seconds = loop.time() - before
        return self._stats.ping_seconds

    def drop(self, reason: str) -> None:
        """Give the connection up. All who wait fail at once; bytes still on this machine are thrown away."""
        if self._reason is not None:
            return
        self._reason = reason
        if self._protocol is not None:
            self._protocol.abort()
        for pending in list(self._pending.values()):
            if not pending.future.done():
                pending.future.set_exception(self._failure(pending, reason))
        self._pending.clear()
        self._outbox.clear()
        self.lost.set_result(reason)

    def received(self, message: Any) -> None:
        """One message from Asterisk. Never raises. What comes after a drop, with a hole before it, is not heard."""
        if self._reason is not None:
            return
        try:
            self._sort(message)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one message must not end the connection
            self._stats.unreadable += 1
            log.warning("ami_message_unreadable", event_name=str(message.get("Event", "")), error=repr(error))

    def writable(self, *, now: bool) -> None:
        """Asterisk reads (True) or does not (False). Never raises."""
        self._writable = now
        while self._writable and self._outbox:
            self._write(self._outbox.popleft())

    def disconnected(self, reason: str) -> None:
        """The connection ended."""
        self.drop(reason)

    def _start(self, fields: Sequence[tuple[str, str]], *, listing: bool) -> _Pending:
        if self._reason is not None or self._protocol is None:
            raise NotSent(f"not connected to Asterisk: {self._reason or 'no connection yet'}")
        action_id = next((value for name, value in fields if name == "ActionID"), "")
        if not action_id:
            action_id = f"dialerd-{next(self._ids)}"
            fields = [*fields, ("ActionID", action_id)]
        if action_id in self._pending:
            raise BadInput(f"action {action_id}: is being sent already")
        loop = asyncio.get_running_loop()
        stale_at = loop.time() + self._write_within
        pending = _Pending(action_id, render(fields), loop.create_future(), stale_at, [] if listing else None)
        self._pending[action_id] = pending
        if self._writable:
            self._write(pending)
        else:
            self._outbox.append(pending)
        return pending

    def _write(self, pending: _Pending) -> None:
        # Whoever gave up in the meantime was told NotSent, so it must stay so.
        if self._protocol is None or pending.future.done():
            return
        if asyncio.get_running_loop().time() > pending.stale_at:
            pending.future.set_exception(self._failure(pending, f"Asterisk did not read for {self._write_within:g} s"))
            return
        pending.written = True
        self._protocol.transport.write(pending.data)

    async def _ask(self, pending: _Pending, timeout: float) -> Any:  # noqa: ASYNC109 - a deadline of the action, not of the caller
        try:
            async with asyncio.timeout(timeout):
                return await pending.future
        except TimeoutError:
            raise self._failure(pending, f"no answer within {timeout:g} s") from None
        finally:
            pending.future.cancel()
            self._pending.pop(pending.action_id, None)

    def _failure(self, pending: _Pending, reason: str) -> Unavailable:
        if pending.written:
            return MaybeSent(f"sent to Asterisk, and no reply came: {reason}")
        return NotSent(f"not sent to Asterisk: {reason}")

    def _sort(self, message: Any) -> None:
        pending = self._pending.get(message.get("ActionID", ""))
        if "Event" in message:
            self._stats.events += 1
            if pending is not None and pending.items is not None:
                self._collect(pending, message)
            elif message["Event"] == "FullyBooted" and not self.booted.done():
                self.booted.set_result(None)
        elif pending is None:
            self._stats.late_replies += 1
        else:
            self._answer(pending, message)
        event = translate(message)
        if event is not None and not self._deliver(event):
            self._stats.overflows += 1
            self.drop("the queue of events is full: dropped to read the state anew")

    def _answer(self, pending: _Pending, message: Any) -> None:
        reply = AmiReply(message["Response"] == "Success", message.get("Message", ""), message)
        if pending.future.done() or (pending.items is not None and reply.ok):
            return
        if pending.items is not None:
            pending.future.set_exception(Unavailable(f"Asterisk refuses the list: {reply.message}"))
        else:
            pending.future.set_result(reply)

    def _collect(self, pending: _Pending, message: Any) -> None:
        if pending.items is None or pending.future.done():
            return
        if message.get("EventList", "") != "Complete":
            pending.items.append(message)
        elif int(message["ListItems"]) == len(pending.items):
            pending.future.set_result(pending.items)
        else:
            listed, came = message["ListItems"], len(pending.items)
            pending.future.set_exception(Unavailable(f"Asterisk listed {listed} channels, {came} arrived"))


def render(fields: Sequence[tuple[str, str]]) -> bytes:
    """The action as bytes. Raises BadInput for anything outside printable ASCII, a line or a message too long.

    panoramisk escapes nothing, and Asterisk takes a bare LF for the end of a header: the check stands here, last.
    """
    if len(fields) > MAX_HEADERS:
        raise BadInput(f"manager action: {len(fields)} headers, Asterisk takes {MAX_HEADERS}")
    lines = [f"{name}: {value}" for name, value in fields]
    for line, (name, _) in zip(lines, fields, strict=True):
        if not line.isascii() or not line.isprintable():
            raise BadInput(f"manager header {name!a}: a character outside printable ASCII; nothing was sent")
        if len(line) > MAX_LINE_BYTES - 2:
            raise BadInput(f"manager header {name!a}: longer than {MAX_LINE_BYTES} bytes; nothing was sent")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


__all__ = ["AmiReply", "AmiSession", "AmiStats", "MaybeSent", "NotSent", "render"]
