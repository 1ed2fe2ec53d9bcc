"""`dialerd agi`: settings and database, and what serves with them: this process, or several of which it is the parent."""

from __future__ import annotations

import signal
from pathlib import Path

from dialerd.fastagi.server import FastAgi
from dialerd.fastagi.serving import SIGNALS, serve
from dialerd.fastagi.workers import Workers
from dialerd.ops import logs
from dialerd.ops.clock import SystemClock
from dialerd.ops.metrics import Metrics
from dialerd.ops.nameplate import Nameplate
from dialerd.ops.sdnotify import Notifier
from dialerd.service.schema import prepare
from dialerd.settings import Settings, load
from dialerd.store.database import Database


def run(config_path: Path | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Main thread only.

    Raises ConfigError for a configuration or script that is wrong, Unavailable for a database or port that cannot be
    used; nothing was served then.
    """
    # Blocked before any thread starts, so that every thread inherits it and only sigtimedwait takes them.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*SIGNALS, signal.SIGCHLD))
    try:
        settings = load(config_path)
        logs.setup(settings.log, "agi")
        database = Database(settings.database.url)
        try:
            prepare(database)
            if settings.agi.processes > 1:
                # No connection of the parent's goes to its children: libraries and files share no locks over a fork.
                database.close()
                return Workers(config_path, settings, database.safe_url, Notifier()).run()
            return _alone(config_path, settings, database)
        finally:
            database.close()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _alone(config_path: Path | None, settings: Settings, database: Database) -> int:
    process = FastAgi(config_path, settings, database, Metrics(), SystemClock.from_environment())
    with Nameplate(settings.paths.state_dir) as plate:
        plate.show(process.where, [plate.this_process(1)])
        return serve(process, Notifier(), metrics_port=settings.agi.metrics_port, event="serving")
