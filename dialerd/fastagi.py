"""The FastAGI process, `dialerd agi`: settings, database, scripts and server put together, and its signals.

SIGTERM and SIGINT drain: no new session, those that run are finished; a second one leaves at once. SIGHUP reads the
settings and the scripts again and takes both or neither.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import structlog
from asterisk.agi import AGIException

from dialerd.domain.errors import ConfigError, DialerdError
from dialerd.ops import logs
from dialerd.ops.clock import Clock, SystemClock
from dialerd.ops.memory import settle
from dialerd.ops.metrics import Metrics
from dialerd.ops.sdnotify import Notifier
from dialerd.resources import share
from dialerd.service.schema import prepare
from dialerd.settings import Campaign, Settings, load
from dialerd.settings.known import KnownCampaigns
from dialerd.store.database import Database
from dialerd.store.writer import GroupWriter
from dialerd.telephony.agi_scripts import AgiContext, Script, load_scripts
from dialerd.telephony.agi_server import AgiLimits, AgiServer
from dialerd.telephony.agi_session import AgiSession, CallerGone
from dialerd.telephony.agi_text import AgiRequest

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
DRAIN_SECONDS = 20.0
IDLE_SECONDS = 60.0
REREAD_SECONDS = 5.0

log = structlog.get_logger("dialerd.agi")


class FastAgi:
    """The parts of the process. `settings` and `scripts` are replaced by a reload, in one step each."""

    def __init__(
        self, config_path: Path | None, settings: Settings, database: Database, metrics: Metrics, clock: Clock
    ) -> None:
        """Loads the scripts and listens. Raises ConfigError for a broken script, Unavailable for a port in use."""
        self._config_path = config_path
        self._metrics = metrics
        self._reloading = threading.Lock()
        self._reread_at = -REREAD_SECONDS
        self.settings = settings
        self.scripts: Mapping[str, Script] = _scripts(settings)
        agi = settings.agi
        self.server = AgiServer(
            agi.listen,
            agi.port,
            peers=agi.peers,
            dispatch=self.dispatch,
            limits=AgiLimits(threads=agi.threads, read_timeout=agi.read_timeout),
            on_failure=lambda kind: metrics.agi_failures.labels(kind).inc(),
        )
        self.writer = GroupWriter(database, on_commit=self._committed)
        self._context = AgiContext(self.writer, self._for_scripts, clock.now, log, metrics)

    def dispatch(self, request: AgiRequest, session: AgiSession) -> None:
        """Run the script that is asked for, and say what became of it. Never sets DIALERD_OK: only scripts do."""
        script = self.scripts.get(request.script)
        if script is None:
            self._failed("unknown_script", request, f"no script {request.script}; there are {', '.join(self.scripts)}")
            return
        started = time.monotonic()
        try:
            script(session, self._context)
        except CallerGone as error:
            self._failed("caller_gone", request, str(error))
        except DialerdError as error:
            self._failed("refused", request, str(error))
        except AGIException as error:
            self._failed("protocol", request, repr(error))
        finally:
            self._metrics.agi_seconds.labels(request.script).observe(time.monotonic() - started)

    def reload(self) -> None:
        """Read settings and scripts again. When either is wrong, both stay as they were and the log says why."""
        with self._reloading:
            self._reload()

    def _reload(self) -> None:
        try:
            settings = load(self._config_path)
            scripts = _scripts(settings)
        except ConfigError as error:
            log.error("reload_refused", problems="; ".join(error.problems))
            return
        if settings.agi != self.settings.agi or settings.database != self.settings.database:
            log.warning(
                "reload_partial", hint="[agi] and [database] are read at the start only: restart to change them"
            )
        logs.setup(settings.log, "agi")
        self.settings, self.scripts = settings, scripts
        log.info("reloaded", campaigns=len(settings.campaigns), scripts=", ".join(sorted(scripts)))

    def _for_scripts(self) -> Settings:
        """The settings as scripts see them: a campaign that was written after the last reload is found all the same."""
        known = KnownCampaigns(self.settings.campaigns, self._reread)
        return self.settings.model_copy(update={"campaigns": known})

    def _reread(self, campaign: str) -> Campaign | None:
        """Reload because this campaign is not known, every few seconds at most. None when it is not there either."""
        with self._reloading:
            if campaign not in self.settings.campaigns and time.monotonic() >= self._reread_at + REREAD_SECONDS:
                self._reread_at = time.monotonic()
                log.warning("campaign_unknown", campaign=campaign, hint="this process was not reloaded; reading again")
                self._reload()
            return self.settings.campaigns.get(campaign)

    def close(self) -> None:
        """Drain: finish the sessions that run, then what they wrote."""
        self.server.close(DRAIN_SECONDS)
        try:
            self.writer.close()
        except DialerdError as error:
            log.error("writes_lost", error=str(error))

    def _failed(self, kind: str, request: AgiRequest, why: str) -> None:
        self._metrics.agi_failures.labels(kind).inc()
        say = log.info if kind == "caller_gone" else log.warning
        say(
            "agi_failed",
            kind=kind,
            script=request.script,
            attempt_id=request.env.get("agi_uniqueid", ""),
            peer=request.peer,
            error=why,
        )

    def _committed(self, works: int, seconds: float) -> None:
        self._metrics.commit_seconds.observe(seconds)
        self._metrics.commit_group_size.observe(works)


def run(config_path: Path | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Main thread only.

    Raises ConfigError for a configuration or script that is wrong, Unavailable for a database or port that cannot be
    used; nothing was served then.
    """
    # Blocked before any thread starts, so that every thread inherits it and only sigtimedwait takes them.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        settings = load(config_path)
        logs.setup(settings.log, "agi")
        database = Database(settings.database.url)
        try:
            return _serve(config_path, settings, database)
        finally:
            database.close()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(config_path: Path | None, settings: Settings, database: Database) -> int:
    prepare(database)
    metrics = Metrics()
    notifier = Notifier()
    with contextlib.ExitStack() as stack:
        process = FastAgi(config_path, settings, database, metrics, SystemClock())
        stack.callback(process.close)
        page = metrics.serve(settings.agi.metrics_listen, settings.agi.metrics_port)
        if page is not None:
            stack.enter_context(page)
        settle()
        process.server.start()
        host, port = process.server.address
        log.info(
            "serving", listen=f"{host}:{port}", scripts=", ".join(sorted(process.scripts)), database=database.safe_url
        )
        notifier.ready(f"FastAGI on {host}:{port}")
        _until_told_to_stop(process, notifier)
        notifier.stopping("finishing sessions")
        log.info("stopping", sessions=process.server.busy)
        return _drain(process, stack)


def _until_told_to_stop(process: FastAgi, notifier: Notifier) -> None:
    interval = notifier.watchdog_interval or IDLE_SECONDS
    while True:
        told = signal.sigtimedwait(SIGNALS, interval)
        if told is not None and told.si_signo == signal.SIGHUP:
            notifier.reloading()
            process.reload()
            host, port = process.server.address
            notifier.ready(f"FastAGI on {host}:{port}")
        elif told is not None:
            return
        if process.server.alive:
            notifier.watchdog()


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


def _scripts(settings: Settings) -> Mapping[str, Script]:
    return load_scripts(share("agi"), settings.paths.agi_scripts)
