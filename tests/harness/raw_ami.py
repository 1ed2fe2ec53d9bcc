"""The least of a manager client: a socket, lines out, messages in. Nothing of ours, so that it can judge ours."""

from __future__ import annotations

import socket
from typing import Self

from dialerd.lab.lab import Lab

DEADLINE = 15.0


class RawAmi:
    """Logged in as `dialerd`. `messages` are all read so far, each as its headers (the last one wins)."""

    def __init__(self, lab: Lab) -> None:
        self._socket = socket.create_connection(("127.0.0.1", lab.ports.ami), timeout=DEADLINE)
        self._rest = b""
        self.messages: list[dict[str, str]] = []
        self.send(("Action", "Login"), ("Username", "dialerd"), ("Secret", lab.ami_secret))
        self.wait(Response="Success", Message="Authentication accepted")

    def send(self, *headers: tuple[str, str]) -> None:
        self._socket.sendall("".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n")

    def call(self, attempt: str, number: str, *, ring_ms: int = 5000, variables: tuple[str, ...] = ()) -> None:
        """An Originate as the engine sends it."""
        self.send(
            ("Action", "Originate"),
            ("ActionID", attempt),
            ("Channel", f"PJSIP/{number}@carrier"),
            ("ChannelId", attempt),
            ("Context", "dialerd-answered"),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Timeout", str(ring_ms)),
            ("CallerID", "<+12025550123>"),
            ("Async", "true"),
            ("Variable", f"DIALERD_ATTEMPT={attempt}"),
            ("Variable", 'CHANNEL(hangup_handler_push)="dialerd-ended,s,1"'),
            *(("Variable", variable) for variable in variables),
        )

    def wait(self, **fields: str) -> dict[str, str]:
        """The first message, read before or yet to come, that has these fields."""
        while True:
            for message in self.messages:
                if fields.items() <= message.items():
                    return message
            self._read()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _read(self) -> None:
        got = self._socket.recv(65536)
        assert got, f"Asterisk closed the connection; the last it said: {self.messages[-5:]}"
        *blocks, self._rest = (self._rest + got).split(b"\r\n\r\n")
        for block in blocks:
            lines = [line.partition(": ") for line in block.decode().split("\r\n")]
            self.messages.append({name: value for name, _, value in lines})
