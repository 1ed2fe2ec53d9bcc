"""What systemd wants to know of a `Type=notify` service, by its datagram protocol (sd_notify(3)); else does nothing."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Speaks to the socket NOTIFY_SOCKET names; without one every method does nothing. No method raises for a lost
    socket: a service goes on when systemd cannot be told.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watched = environment.get("WATCHDOG_PID") in (None, str(os.getpid()))
        usec = environment.get("WATCHDOG_USEC", "")
        self.watchdog_interval = int(usec) / 2e6 if self._address and watched and usec.isdecimal() else None
        """Seconds between calls of `watchdog`, half of what systemd allows; None when nobody watches."""

    def ready(self, status: str) -> None:
        """Started, or reloaded."""
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def status(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_one_line(status)}")

    def watchdog(self) -> None:
        """Still alive: to be called by the loop that does the work, not by a thread beside it."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Reading the configuration again; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """Draining: no new work is taken."""
        self._send("STOPPING=1", f"STATUS={_one_line(status)}")

    def _send(self, *assignments: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                notify.setblocking(False)
                notify.sendto("\n".join(assignments).encode(), self._address)
        except OSError:
            pass


def _one_line(text: str) -> str:
    return " ".join(text.split())
