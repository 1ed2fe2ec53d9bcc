"""A manager interface that misbehaves on request."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field


class FakePeer(asyncio.Protocol):
    """One accepted connection: splits what comes into actions and lets the server answer them."""

    def __init__(self, server: FakeAmi) -> None:
        self.server = server
        self.data = b""
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.server.peers.append(self)
        if self.server.greets:
            self.say("Asterisk Call Manager/9.0.0\r\n")

    def data_received(self, data: bytes) -> None:
        self.server.raw += data
        self.data += data
        while b"\r\n\r\n" in self.data:
            text, self.data = self.data.split(b"\r\n\r\n", 1)
            action: dict[str, str] = {}
            for line in text.decode().split("\r\n"):
                name, value = line.split(": ", 1)
                action[name] = f"{action[name]}\n{value}" if name in action else value
            self.server.actions.append(action)
            self.server.answer(self, action)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(exc)

    def say(self, *messages: str | bytes) -> None:
        for message in messages:
            self.transport.write(message if isinstance(message, bytes) else message.encode())

    def reset(self) -> None:
        """End the connection as a crash would: RST, nothing flushed."""
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


@dataclass
class FakeAmi:
    """What Asterisk would do; each attribute can be set to misbehave."""

    greets: bool = True
    login: str = "Response: Success\r\nMessage: Authentication accepted\r\n"
    booted: bool = True
    startup: str = "10:00:00"
    channels: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    originate: str = "Response: Success\r\nMessage: Originate successfully queued\r\n"
    after: Callable[[FakePeer, dict[str, str]], None] | None = None
    actions: list[dict[str, str]] = field(default_factory=list)
    peers: list[FakePeer] = field(default_factory=list)
    raw: bytes = b""
    port: int = 0

    @property
    def peer(self) -> FakePeer:
        return self.peers[-1]

    def sent(self, name: str) -> list[dict[str, str]]:
        return [action for action in self.actions if action["Action"] == name]

    def answer(self, peer: FakePeer, action: dict[str, str]) -> None:
        name = action["Action"]
        tag = f"ActionID: {action['ActionID']}\r\n"
        if name not in self.silent:
            for text in self._replies(name):
                peer.say(text + tag + "\r\n")
            if name == "Login" and self.booted and "Success" in self.login:
                peer.say("Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
        if self.after is not None:
            self.after(peer, action)

    def _replies(self, name: str) -> list[str]:
        ok = "Response: Success\r\n"
        match name:
            case "Login":
                return [self.login]
            case "Originate":
                return [self.originate]
            case "CoreStatus":
                return [f"{ok}CoreStartupDate: 2026-01-02\r\nCoreStartupTime: {self.startup}\r\n"]
            case "CoreShowChannels":
                events = [f"Event: CoreShowChannel\r\nUniqueid: {uid}\r\n" for uid in self.channels]
                end = f"Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: {len(self.channels)}\r\n"
                return [f"{ok}EventList: start\r\nMessage: Channels will follow\r\n", *events, end]
            case _:
                return [ok]
