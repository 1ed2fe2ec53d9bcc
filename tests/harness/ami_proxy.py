"""A man in the middle of AMI who breaks the connection at the worst moment."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Mapping
from enum import Enum, auto
from typing import Self

BLANK_LINE = b"\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


class Cut(Enum):
    """Where the connection breaks: Asterisk gets the whole Originate and its answer is lost, or all but its end."""

    AFTER_IT = auto()
    BEFORE_ITS_BLANK_LINE = auto()


class AmiProxy:
    """Passes connections on to `target` on 127.0.0.1. `cuts` says which Originate, counted from 1, is the last of its
    connection; `originates` is how many have been seen. What Asterisk says that begins with `swallowed` is not passed
    on. Not open before `open` was called, nor after `shut`.
    """

    def __init__(self, target: int, cuts: Mapping[int, Cut] | None = None, *, swallowed: bytes = b"") -> None:
        self._target = target
        self._cuts = dict(cuts or {})
        self._swallowed = swallowed
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.originates = 0
        self.connections = 0

    def open(self) -> Self:
        """Begins to listen; until then connections are refused."""
        self._listener.listen()
        self._start(self._accept)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        for thread in self._threads:
            thread.join()

    def shut(self) -> None:
        """Ends every connection, and refuses new ones."""
        self._closed = True
        for sock in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _start(self, work, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(client)
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                _reset(client)
                continue
            self._sockets.append(server)
            deaf = threading.Event()
            self._start(self._to_server, client, server, deaf)
            self._start(self._to_client, client, server, deaf)

    def _to_server(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        data = b""
        with contextlib.suppress(OSError):
            while received := client.recv(65536):
                data += received
                while BLANK_LINE in data:
                    action, _, data = data.partition(BLANK_LINE)
                    if not self._pass_on(action, server, deaf):
                        _reset(client)
                        server.close()
                        return
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, action: bytes, server: socket.socket, deaf: threading.Event) -> bool:
        cut = None
        if b"Action: Originate" in action:
            self.originates += 1
            cut = self._cuts.get(self.originates)
        if cut is not None:
            deaf.set()
        server.sendall(action + (b"\r\n" if cut is Cut.BEFORE_ITS_BLANK_LINE else BLANK_LINE))
        return cut is None

    def _to_client(self, client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
        rest = b""
        with contextlib.suppress(OSError):
            while (data := server.recv(65536)) and not deaf.is_set():
                if self._swallowed:
                    *messages, rest = (rest + data).split(BLANK_LINE)
                    data = b"".join(one + BLANK_LINE for one in messages if not one.startswith(self._swallowed))
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _reset(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()
