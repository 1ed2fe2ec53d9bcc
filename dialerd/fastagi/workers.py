"""Several FastAGI processes on one port: a parent that listens, forks them, and forks again what dies.

All take calls from the one listening socket they inherit, so a call that waits to be taken is lost with none of them, and
the one that is idle takes it first. The parent has one thread and no connection, so that it may fork at any time; it
speaks to systemd for all, passes signals on, and kills a process that says nothing any more.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from dialerd.domain.errors import ConfigError, DialerdError, Unavailable
from dialerd.fastagi.board import BEAT_SECONDS, Board, Seat
from dialerd.fastagi.server import DRAIN_SECONDS, FastAgi, read_scripts
from dialerd.fastagi.serving import SIGNALS, serve
from dialerd.ops import logs
from dialerd.ops.clock import SystemClock
from dialerd.ops.memory import settle
from dialerd.ops.metrics import Metrics
from dialerd.ops.nameplate import Nameplate, Serving
from dialerd.ops.sdnotify import Notifier
from dialerd.settings import Settings, load
from dialerd.store.database import Database
from dialerd.telephony.agi_server import open_listener

# A process that says nothing for so long is stuck; systemd allows a service as much.
STUCK_SECONDS = 30.0
# Who dies sooner than this after its start waits for the rest of it, so that a fault at every start costs no processor.
SHORT_LIFE_SECONDS = 1.0
# Scripts in progress, then what they wrote.
KILL_SECONDS = DRAIN_SECONDS + 12.0

log = structlog.get_logger("dialerd.agi")


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process in its place; `began` is monotonic. `pid` is 0 from its death to its next start."""

    pid: int
    began: float
    shown: Serving


class Workers:
    """The parent. `run` is its whole life."""

    def __init__(
        self,
        config_path: Path | None,
        settings: Settings,
        database: str,
        notifier: Notifier,
        stuck_seconds: float = STUCK_SECONDS,
    ) -> None:
        """`database` is what the log calls it. Loads the scripts and listens. Raises ConfigError for a broken script,
        Unavailable for a port in use.
        """
        self._stuck_seconds = stuck_seconds
        self._config_path = config_path
        self._settings = settings
        self._database = database
        self._notifier = notifier
        self._scripts = read_scripts(settings)
        self._listener = open_listener(settings.agi.listen, settings.agi.port)
        host, port = self._listener.getsockname()[:2]
        self._where = f"{host}:{port}"
        self._board = Board(settings.agi.processes)
        self._workers: list[_Worker] = []
        self._plate = Nameplate(settings.paths.state_dir)
        # Its other end is the parent's alone: when the parent dies, however it does, every child reads the end of it.
        self._lifeline, self._life = os.pipe()

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code. Raises Unavailable when a process dies before all have begun."""
        settle()
        with self._plate:
            try:
                self._workers = [self._begin(place) for place in range(self._settings.agi.processes)]
                return self._supervise() if self._all_serve() else 0
            finally:
                self._end_all()

    def _all_serve(self) -> bool:
        """Waits until they do; False when told to stop before. Raises Unavailable when one ends instead."""
        while not all(self._board.read(place) for place in range(len(self._workers))):
            told = signal.sigtimedwait((*SIGNALS, signal.SIGCHLD), 0.05)
            ended = self._ended()
            if ended:
                code = next(iter(ended.values()))
                raise Unavailable(f"FastAGI on {self._where}: a process ended with {code} at its start; see the log")
            if told is not None and told.si_signo in (signal.SIGTERM, signal.SIGINT):
                return False
        log.info(
            "serving",
            listen=self._where,
            scripts=", ".join(sorted(self._scripts)),
            database=self._database,
            processes=len(self._workers),
        )
        self._tell()
        self._notifier.ready(self._line)
        return True

    def _supervise(self) -> int:
        while True:
            told = signal.sigtimedwait((*SIGNALS, signal.SIGCHLD), BEAT_SECONDS)
            if told is not None and told.si_signo == signal.SIGHUP:
                self._reload()
            elif told is not None and told.si_signo in (signal.SIGTERM, signal.SIGINT):
                return self._stop()
            self._replace_the_dead()
            self._kill_the_stuck()
            self._notifier.watchdog()

    def _reload(self) -> None:
        """What every process reads for itself is tried here first: they take it over, or nobody does."""
        self._notifier.reloading()
        try:
            settings = load(self._config_path)
            self._scripts = read_scripts(settings)
        except ConfigError as error:
            log.error("reload_refused", problems="; ".join(error.problems))
        else:
            # What is read at the start only stays for those that are started again, as it does for the others.
            kept = {"agi": self._settings.agi, "database": self._settings.database, "paths": self._settings.paths}
            self._settings = settings.model_copy(update=kept)
            logs.setup(settings.log, "agi")
            self._signal_all(signal.SIGHUP)
        self._notifier.ready(self._line)

    def _replace_the_dead(self) -> None:
        for place, code in self._ended().items():
            log.error("worker_ended", worker=place + 1, code=code, lost="the sessions it was in; it is started again")
        now = time.monotonic()
        for place, worker in enumerate(self._workers):
            if not worker.pid and now >= worker.began + SHORT_LIFE_SECONDS:
                self._workers[place] = self._begin(place, worker.shown.restarts + 1)
                self._tell()

    def _kill_the_stuck(self) -> None:
        now = time.monotonic()
        for place, worker in enumerate(self._workers):
            silent = now - max(self._board.read(place), worker.began)
            if worker.pid and silent > self._stuck_seconds:
                log.error("worker_stuck", worker=place + 1, silent_seconds=round(silent))
                os.kill(worker.pid, signal.SIGKILL)

    def _stop(self) -> int:
        """Drain them all; the exit code is the worst of theirs. A second signal has them leave at once."""
        self._notifier.stopping("finishing sessions")
        log.info("stopping")
        # While anybody listens calls come in, and nobody would take them.
        self._listener.close()
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + KILL_SECONDS
        worst = 0
        while any(worker.pid for worker in self._workers):
            told = signal.sigtimedwait((*SIGNALS, signal.SIGCHLD), 0.05)
            if told is not None and told.si_signo in (signal.SIGTERM, signal.SIGINT):
                self._signal_all(signal.SIGTERM)
            if time.monotonic() > deadline:
                self._signal_all(signal.SIGKILL)
            worst = max([worst, *map(abs, self._ended().values())])
        return min(worst, 1)

    def _end_all(self) -> None:
        self._signal_all(signal.SIGKILL)
        for worker in self._workers:
            if worker.pid:
                os.waitpid(worker.pid, 0)
        self._listener.close()
        os.close(self._lifeline)
        os.close(self._life)

    def _ended(self) -> dict[int, int]:
        """The exit codes of those that have ended since the last look, by their places."""
        found: dict[int, int] = {}
        for place, worker in enumerate(self._workers):
            if worker.pid:
                pid, status = os.waitpid(worker.pid, os.WNOHANG)
                if pid:
                    self._workers[place] = replace(worker, pid=0)
                    found[place] = os.waitstatus_to_exitcode(status)
        return found

    def _signal_all(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid:
                os.kill(worker.pid, number)

    def _tell(self) -> None:
        self._plate.show(self._where, [worker.shown for worker in self._workers])

    @property
    def _line(self) -> str:
        return f"FastAGI on {self._where}, {len(self._workers)} processes"

    def _begin(self, place: int, restarts: int = 0) -> _Worker:
        self._board.clear(place)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._live(place)
        return _Worker(pid, time.monotonic(), Serving(place + 1, pid, datetime.now(UTC), restarts))

    def _live(self, place: int) -> None:
        """The child's whole life; it never returns."""
        code = 1
        try:
            code = self._work(place)
        except DialerdError as error:
            code = error.exit_code
            log.error("worker_failed", worker=place + 1, error=str(error))
        except BaseException:  # nothing may come back into this copy of the parent
            log.exception("worker_failed", worker=place + 1)
        finally:
            # Not by way of the parent's own end, of which this is a copy.
            os._exit(code)

    def _work(self, place: int) -> int:
        # Ctrl-C on a terminal is for the parent alone, who passes it on.
        os.setpgid(0, 0)
        os.close(self._life)
        self._plate.drop()
        threading.Thread(target=_leave_with_the_parent, args=(self._lifeline,), daemon=True).start()
        name = f"agi.{place + 1}"
        logs.setup(self._settings.log, name)
        agi = self._settings.agi
        process = FastAgi(
            self._config_path,
            self._settings,
            Database(self._settings.database.url),
            Metrics(),
            SystemClock.from_environment(),
            name=name,
            scripts=self._scripts,
            listener=self._listener,
        )
        port = agi.metrics_port and agi.metrics_port + place
        return serve(process, Seat(self._board, place), metrics_port=port, event="worker_serving")


def _leave_with_the_parent(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
