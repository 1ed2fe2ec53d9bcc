"""Two trivial FastAGI scripts: pyst2's AGI, a pool of threads that each accept for themselves, nothing else.

`route` sets a destination and `ended` reads the hangup cause, each with as many AGI commands as the real one.
Run with a port; it serves on 127.0.0.1 until it is killed.
"""

from __future__ import annotations

import socket
import sys
import threading

from asterisk.agi import AGI, AGIError

THREADS = 64


class Nowhere:
    """Where pyst2 may write its trace."""

    def write(self, text):
        pass


class Session(AGI):
    """pyst2's AGI on a socket; its own constructor wants the main thread's signal handler."""

    def __init__(self, stream):
        self.stdin = self.stdout = stream
        self.stderr = Nowhere()
        self._got_sighup = False
        self.env = {}
        self._get_agi_env()


def route(session):
    """Where the call goes."""
    session.appexec("MSet", "DIALERD_DEST_TYPE=hangup,DIALERD_OK=1")


def ended(session):
    """What became of it."""
    session.get_full_variable("${HANGUPCAUSE}")


def serve(listener):
    """Take one connection after the other."""
    scripts = {"route": route, "ended": ended}
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rw", newline="\n") as stream:
            try:
                session = Session(stream)
                scripts[session.env["agi_network_script"]](session)
            except (OSError, ValueError, AGIError):
                continue


def main():
    """Serve for ever."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
    for _ in range(THREADS - 1):
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    serve(listener)


if __name__ == "__main__":
    main()
