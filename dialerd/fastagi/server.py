"""One FastAGI server: settings, database writer, scripts and threads put together."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import structlog
from asterisk.agi import AGIException

from dialerd.domain.errors import ConfigError, DialerdError
from dialerd.fastagi.replaying import Replaying
from dialerd.ops import logs
from dialerd.ops.clock import Clock
from dialerd.ops.journal import Journal
from dialerd.ops.metrics import Metrics
from dialerd.resources import share
from dialerd.settings import Campaign, Settings, load
from dialerd.settings.known import KnownCampaigns
from dialerd.store.database import Database
from dialerd.store.writer import GroupWriter
from dialerd.telephony.agi_scripts import AgiContext, Script, load_scripts
from dialerd.telephony.agi_server import SESSION_SECONDS, AgiLimits, AgiServer
from dialerd.telephony.agi_session import AgiSession, CallerGone
from dialerd.telephony.agi_text import AgiRequest

DRAIN_SECONDS = 20.0
REREAD_SECONDS = 5.0

log = structlog.get_logger("dialerd.agi")


class FastAgi:
    """The parts of the process. `settings` and `scripts` are replaced by a reload, in one step each."""

    def __init__(
        self,
        config_path: Path | None,
        settings: Settings,
        database: Database,
        metrics: Metrics,
        clock: Clock,
        *,
        name: str = "agi",
        scripts: Mapping[str, Script] | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        """Loads the scripts and listens, unless they are given. `name` is what the log calls this process. Raises ConfigError
        for a broken script, Unavailable for a port in use.
        """
        self._config_path = config_path
        self._name = name
        self.metrics = metrics
        self._reloading = threading.Lock()
        self._reread_at = -REREAD_SECONDS
        self.settings = settings
        self.scripts = read_scripts(settings) if scripts is None else scripts
        agi = settings.agi
        self.server = AgiServer(
            agi.listen,
            agi.port,
            peers=agi.peers,
            dispatch=self.dispatch,
            limits=AgiLimits(
                threads=agi.threads,
                read_timeout=agi.read_timeout,
                # Who freezes by telephone waits for the calls that are leaving.
                session_timeout=SESSION_SECONDS + settings.engine.max_send_delay,
            ),
            on_failure=lambda kind: metrics.agi_failures.labels(kind).inc(),
            listener=listener,
        )
        self.writer = GroupWriter(database, on_commit=metrics.committed)
        self.database = database
        self.journal = Journal(settings.paths.journal)
        self._replaying = Replaying(self.journal, self.writer, self._for_scripts, metrics)
        self._context = AgiContext(self.writer, self._for_scripts, clock.now, log, metrics, self.journal, database)

    @property
    def where(self) -> str:
        """The address it listens on, and the port."""
        host, port = self.server.address
        return f"{host}:{port}"

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
            self.metrics.agi_seconds.labels(request.script).observe(time.monotonic() - started)

    def reload(self) -> None:
        """Read settings and scripts again. When either is wrong, both stay as they were and the log says why."""
        with self._reloading:
            self._reload()

    def _reload(self) -> None:
        try:
            settings = load(self._config_path)
            scripts = read_scripts(settings)
        except ConfigError as error:
            log.error("reload_refused", problems="; ".join(error.problems))
            return
        if settings.agi != self.settings.agi or settings.database != self.settings.database:
            log.warning(
                "reload_partial", hint="[agi] and [database] are read at the start only: restart to change them"
            )
        logs.setup(settings.log, self._name)
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

    def start(self) -> None:
        """Begin to serve, and to write down what waits in journals."""
        self._replaying.start()
        self.server.start()

    def close(self) -> None:
        """Drain: finish the sessions that run, then what they wrote. What waits in the journal stays there."""
        self.server.close(DRAIN_SECONDS)
        self._replaying.stop()
        try:
            self.writer.close()
        except DialerdError as error:
            log.error("writes_lost", error=str(error))
        self.journal.close()

    def _failed(self, kind: str, request: AgiRequest, why: str) -> None:
        self.metrics.agi_failures.labels(kind).inc()
        say = log.info if kind == "caller_gone" else log.warning
        say(
            "agi_failed",
            kind=kind,
            script=request.script,
            attempt_id=request.env.get("agi_uniqueid", ""),
            peer=request.peer,
            error=why,
        )


def read_scripts(settings: Settings) -> Mapping[str, Script]:
    """The shipped scripts and the admin's own. Raises ConfigError."""
    return load_scripts(share("agi"), settings.paths.agi_scripts)
