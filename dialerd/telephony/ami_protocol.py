"""The connection itself: panoramisk's Manager and AMIProtocol, made to serve one connection and never send twice.

panoramisk opens no socket here, logs in, splits and parses messages. Everything it would do on its own account later
is taken away: no reconnect, no re-sending, no pings that nobody checks, no callbacks of its own. Our actions bypass
its table of responses, because that table swallows the OriginateResponse that carries a pending ActionID and keeps
what it forgot; `AmiSession` matches ActionIDs itself.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
import socket
import struct
from typing import Any, Protocol

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

# Asterisk's longest message is some KB; a peer that never ends one is no Asterisk.
MAX_UNFINISHED_CHARACTERS = 1 << 20

# panoramisk logs whole actions when a write fails, and the login holds the secret.
_SILENT = logging.Logger("panoramisk", level=logging.CRITICAL + 1)  # noqa: LOG001 - outside the tree no setting opens it


class Receiver(Protocol):
    """Who hears of what happens on the connection. None of it may raise."""

    def received(self, message: Any) -> None:
        """One whole message that is not the answer to the login."""

    def writable(self, *, now: bool) -> None:
        """False: bytes wait in our buffer because Asterisk does not read; True: they have left."""

    def disconnected(self, reason: str) -> None:
        """The connection is gone."""


class OneConnection(Manager):  # type: ignore[misc] # panoramisk has no types
    """A Manager for exactly one connection: nothing survives it."""

    pinger: asyncio.TimerHandle | None

    def __init__(self, receiver: Receiver, **config: Any) -> None:
        """`config` as panoramisk takes it, with username and secret."""
        super().__init__(log=_SILENT, forgetable_actions=("login",), **config)
        self._receiver = receiver

    def ping(self) -> None:
        """Nothing: `AmiLink` pings with a deadline."""

    def connection_lost(self, exc: object) -> None:
        """Empty what would be sent again, stop the timer, tell the session. Never reconnects."""
        self.awaiting_actions.clear()
        if self.pinger is not None:
            self.pinger.cancel()
            self.pinger = None
        self._receiver.disconnected(str(exc) if exc else "Asterisk closed the connection")


class AmiProtocol(AMIProtocol):  # type: ignore[misc] # panoramisk has no types
    """Bytes to messages. Logs in as soon as the socket is open; `login` resolves with Asterisk's answer."""

    login: asyncio.Future[Any]

    def __init__(self, receiver: Receiver, **config: Any) -> None:
        """`config` is the Manager's."""
        super().__init__()
        self._receiver = receiver
        self._config = config
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Hand the open socket to a fresh Manager, which sends the login."""
        super().connection_made(transport)
        # With no room in the buffer, pause_writing tells at once that Asterisk does not read.
        transport.set_write_buffer_limits(high=0)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[Any] = loop.create_future()
        opened.set_result((transport, self))
        manager = OneConnection(self._receiver, loop=loop, **self._config)
        manager.connection_made(opened)
        self.login = manager.authenticated_future

    def data_received(self, data: bytes) -> None:
        """Decode over chunk borders, so that no split character is lost."""
        super().data_received(self._decoder.decode(data).encode())
        if self.queue and len(self.queue[0]) > MAX_UNFINISHED_CHARACTERS:
            self._receiver.disconnected("the peer sends no manager protocol")

    def handle_message(self, message: Any) -> None:
        """The answer to the login goes to panoramisk, all else to the session."""
        if message.action_id in self.responses:
            super().handle_message(message)
        else:
            self._receiver.received(message)

    def pause_writing(self) -> None:
        """Asterisk does not read."""
        self._receiver.writable(now=False)

    def resume_writing(self) -> None:
        """Asterisk reads again."""
        self._receiver.writable(now=True)

    def abort(self) -> None:
        """Close at once and throw away what has not left this machine, so that no order arrives late."""
        self.responses.clear()
        self.closed = True
        self.factory.close()
        sock = self.transport.get_extra_info("socket")
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
