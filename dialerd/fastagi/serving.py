"""A process that serves, from its start to its end: whom it tells how it goes, and its signals.

SIGTERM and SIGINT drain: no new session, those that run are finished; a second one leaves at once. SIGHUP reads the
settings and the scripts again and takes both or neither.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import Protocol

import structlog

from dialerd.fastagi.server import FastAgi
from dialerd.ops.memory import settle

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
IDLE_SECONDS = 60.0

log = structlog.get_logger("dialerd.agi")


class Overseer(Protocol):
    """Who started the process and wants to know how it goes: systemd, or the parent of several."""

    @property
    def watchdog_interval(self) -> float | None:
        """Seconds between calls of `watchdog`; None when nobody waits for them."""

    def ready(self, status: str) -> None:
        """Serving, or reloaded."""

    def watchdog(self) -> None:
        """Still alive."""

    def reloading(self) -> None:
        """Reading the configuration again."""

    def stopping(self, status: str) -> None:
        """Draining."""


def serve(process: FastAgi, overseer: Overseer, *, metrics_port: int, event: str) -> int:
    """Serve until told to stop; the exit code. Main thread only, with SIGNALS blocked. `event` is what the log says once it
    serves. Raises Unavailable when the port of the metrics is taken.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(process.close)
        page = process.metrics.serve(process.settings.agi.metrics_listen, metrics_port)
        if page is not None:
            stack.enter_context(page)
        settle()
        process.start()
        say_serving(process, event)
        overseer.ready(f"FastAGI on {process.where}")
        _until_told_to_stop(process, overseer)
        overseer.stopping("finishing sessions")
        log.info("stopping", sessions=process.server.busy)
        return _drain(process, stack)


def say_serving(process: FastAgi, event: str) -> None:
    """Where it listens, what for, and what it writes to."""
    scripts = ", ".join(sorted(process.scripts))
    log.info(event, listen=process.where, scripts=scripts, database=process.database.safe_url, pid=os.getpid())


def _until_told_to_stop(process: FastAgi, overseer: Overseer) -> None:
    interval = overseer.watchdog_interval or IDLE_SECONDS
    while True:
        told = signal.sigtimedwait(SIGNALS, interval)
        if told is not None and told.si_signo == signal.SIGHUP:
            overseer.reloading()
            process.reload()
            overseer.ready(f"FastAGI on {process.where}")
        elif told is not None:
            return
        if process.server.alive:
            overseer.watchdog()


def _drain(process: FastAgi, stack: contextlib.ExitStack) -> int:
    closing = threading.Thread(target=process.close, name="dialerd-drain", daemon=True)
    closing.start()
    while closing.is_alive():
        told = signal.sigtimedwait(SIGNALS, 0.05)
        if told is not None and told.si_signo != signal.SIGHUP:
            log.warning("stopped_at_once", sessions=process.server.busy)
            stack.pop_all()
            return 1
    return 0
