"""A TCP connection that can be made bad: messages cut, split, slowed, reordered, doubled or lost on their way."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto

RESET = struct.pack("ii", 1, 0)
AMI_END = b"\r\n\r\n"
AGI_END = b"\n"
# The one thing in AMI that is no message.
BANNER = b"Asterisk Call Manager"


class Way(Enum):
    """Where a message goes: to the server that listens, or back to who connected."""

    TO_SERVER = auto()
    TO_CLIENT = auto()


class Cut(Exception):
    """Raised by a rule for what goes to the server: here the connection ends, by a reset for who connected."""


Rule = Callable[[Way, bytes], Iterable[bytes | float]]
"""What becomes of a message: pieces to pass on, and between them seconds to wait. May raise Cut."""


def as_it_came(_way: Way, message: bytes) -> Iterator[bytes]:
    """The rule of a good wire."""
    yield message


class Wire:
    """Passes connections to 127.0.0.1:`port` on to 127.0.0.1:`target`. Messages end with `end`.

    `rule` holds for every message from the moment it is set, also on connections that are open. While `refuses`, what
    connects is reset at once.
    """

    def __init__(self, target: int, end: bytes, port: int = 0) -> None:
        self.rule: Rule = as_it_came
        self.refuses = False
        self._target = target
        self._end = end
        self._open: set[socket.socket] = set()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(1024)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @contextlib.contextmanager
    def ruled_by(self, rule: Rule) -> Iterator[None]:
        """Bad in this way for the block, on all connections."""
        self.rule = rule
        try:
            yield
        finally:
            self.rule = as_it_came

    def cut(self) -> None:
        """Resets every connection."""
        for sock in list(self._open):
            _reset(sock)

    def close(self) -> None:
        """Ends every connection and listens no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            if self.refuses:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            _reset(client)
            return
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open |= {client, server}
        left = list(Way)
        for way, source, sink in ((Way.TO_SERVER, client, server), (Way.TO_CLIENT, server, client)):
            threading.Thread(target=self._pump, args=(way, source, sink, left), daemon=True).start()

    def _pump(self, way: Way, source: socket.socket, sink: socket.socket, left: list[Way]) -> None:
        try:
            self._carry(way, source, sink)
            # Who listens has ended: nobody answers any more. Who connected may still wait for an answer.
            sink.shutdown(socket.SHUT_WR if way is Way.TO_SERVER else socket.SHUT_RDWR)
        except Cut:
            # The server still gets what was passed on to it.
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
            _reset(source)
        except OSError:
            _reset(sink)
            _reset(source)
        finally:
            left.remove(way)
            if not left:
                for sock in (source, sink):
                    self._open.discard(sock)
                    sock.close()

    def _carry(self, way: Way, source: socket.socket, sink: socket.socket) -> None:
        rest = b""
        while data := source.recv(65536):
            *whole, rest = (rest + data).split(self._end)
            messages = [message + self._end for message in whole]
            if rest.startswith(BANNER):
                messages, rest = [*messages, rest], b""
            for message in messages:
                self._pass_on(way, message, sink)

    def _pass_on(self, way: Way, message: bytes, sink: socket.socket) -> None:
        for piece in self.rule(way, message):
            if isinstance(piece, bytes):
                sink.sendall(piece)
            else:
                time.sleep(piece)


def _reset(sock: socket.socket) -> None:
    """Closes it so that the other end sees a reset; who reads from it meanwhile wakes up."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.shutdown(socket.SHUT_RD)
    sock.close()
