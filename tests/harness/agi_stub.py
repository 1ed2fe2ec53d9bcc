"""A FastAGI server that does as a test says: nothing of ours, so that the dialplan is tried alone."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from typing import Self

DEADLINE = 10.0


class Talk:
    """One script run by Asterisk: `env` is what it introduced itself with."""

    def __init__(self, stream) -> None:
        self._stream = stream
        self.env: dict[str, str] = {}
        for line in iter(stream.readline, b"\n"):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            self.env[name] = value

    def ask(self, command: str) -> str:
        self._stream.write(command.encode() + b"\n")
        self._stream.flush()
        return self._stream.readline().decode().rstrip("\n")

    def get(self, expression: str) -> str:
        return self.ask(f'GET FULL VARIABLE "{expression}"').partition("(")[2].removesuffix(")")

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            assert self.ask(f'SET VARIABLE {name} "{value}"') == "200 result=1"


Script = Callable[[Talk], None]


class AgiStub:
    """Serves on a lab's AGI port. A script is called by the name in agi://host:port/NAME; without one nothing is said."""

    def __init__(self, port: int, **scripts: Script) -> None:
        class Handler(socketserver.StreamRequestHandler):
            timeout = DEADLINE

            def handle(self) -> None:
                stream = self.request.makefile("rwb")
                talk = Talk(stream)
                scripts.get(talk.env["agi_network_script"], lambda _: None)(talk)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 100

            def handle_error(self, request, client_address) -> None:
                """A caller that hangs up in mid-script is what some tests are about."""

        self._server = Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
