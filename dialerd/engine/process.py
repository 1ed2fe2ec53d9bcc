"""`dialerd run`: puts the engine together, follows signals, drains, and reports the reason it stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import structlog

from dialerd import __version__
from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.engine.engine import Engine
from dialerd.engine.single import only_engine
from dialerd.ops.logs import setup as setup_logs
from dialerd.ops.memory import settle
from dialerd.ops.sdnotify import Notifier
from dialerd.service.schema import prepare
from dialerd.settings import Settings, load
from dialerd.store.database import Database

# Several Python threads share one lock; the writer must not hold it for long when a call's instant has come.
SWITCH_SECONDS = 0.0005
STATUS_SECONDS = 5.0

log = structlog.get_logger("dialerd.engine")


def run(config_path: Path | None) -> int:
    """Run the engine until it is told to stop; the exit code.

    Raises ConfigError for a wrong configuration and Unavailable when the database cannot be used, the metrics port
    is taken, or another engine runs on this database file or under this node name.
    """
    settings = load(config_path)
    for server in settings.servers.values():
        server.require_secret()
    setup_logs(settings.log, "run")
    sys.setswitchinterval(SWITCH_SECONDS)
    database = Database(settings.database.url)
    try:
        with only_engine(settings.database.url, settings.paths.state_dir, settings.node.name):
            prepare(database)
            return asyncio.run(_main(config_path, settings, database))
    finally:
        database.close()


async def _main(config_path: Path | None, settings: Settings, database: Database) -> int:
    owner = uuid.uuid4().hex
    notifier = Notifier()
    engine = Engine(settings, database, owner)
    stopping, at_once = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            log.warning("leaving_at_once", calls_up=len(engine.tracker))
            engine.leave()
            at_once.set()
        stopping.set()

    def reload() -> None:
        notifier.reloading()
        try:
            changed = load(config_path)
            engine.reload(changed)
            setup_logs(changed.log, "run")
        except DialerdError as error:
            log.error("reload_refused", problems=str(error).splitlines(), kept="the settings from before")
        notifier.ready(engine.status_line())

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)

    log.info("starting", version=__version__, node=settings.node.name, database=database.safe_url)
    settle()
    async with engine:
        notifier.ready(engine.status_line())
        keep_alive = loop.create_task(_keep_alive(notifier, engine))
        await _first(stopping.wait(), engine.failed())
        keep_alive.cancel()
        notifier.stopping("draining")
        await _first(engine.drain(), at_once.wait())
    if engine.fault is not None:
        log.error("stopped", error=str(engine.fault))
        if not engine.stuck:
            raise engine.fault
    else:
        log.info("stopped")
    # Who is told to leave at once has not been asked for more.
    done = engine.fault is None and (engine.whole or at_once.is_set())
    code = 0 if done else Unavailable.exit_code
    if engine.stuck:
        _leave(code)
    return code


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when the first of them does; raise what it raised."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


def _leave(code: int) -> NoReturn:
    """End here: Python itself would wait for the thread that waits for a database that does not answer."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _keep_alive(notifier: Notifier, engine: Engine) -> None:
    while True:
        notifier.status(engine.status_line())
        notifier.watchdog()
        await asyncio.sleep(min(notifier.watchdog_interval or STATUS_SECONDS, STATUS_SECONDS))
