"""`dialerd web`: the server put together, and its signals."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn

from dialerd.domain.errors import Unavailable
from dialerd.ops import logs
from dialerd.ops.memory import settle
from dialerd.ops.sdnotify import Notifier
from dialerd.service.schema import prepare
from dialerd.settings import Settings, load
from dialerd.store.database import Database
from dialerd.web.app import create_app
from dialerd.web.site import Site

DRAIN_SECONDS = 5
BEAT_SECONDS = 5.0
BACKLOG = 2048

log = structlog.get_logger("dialerd.web")


class Server(uvicorn.Server):
    """The server of uvicorn; its signals are ours, and it says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Would end the process by the signal that it was told to stop with."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the application and listens."""
        await super().startup(sockets)
        self.listening.set()


def run(config_path: Path | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. SIGHUP reads the configuration again.

    Raises ConfigError for a wrong configuration, Unavailable for a database or a port that cannot be used.
    """
    settings = load(config_path)
    logs.setup(settings.log, "web")
    database = Database(settings.database.url)
    try:
        prepare(database)
        return asyncio.run(_serve(config_path, settings, database))
    finally:
        database.close()


async def _serve(config_path: Path | None, settings: Settings, database: Database) -> int:
    web = settings.web
    listening_on = _listen(web.listen, web.port)
    site = Site(settings, database, config_path=config_path)
    server = Server(
        uvicorn.Config(
            create_app(site),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(web.trusted_proxies),
            forwarded_allow_ips=[str(network) for network in web.trusted_proxies],
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    notifier = Notifier()
    _follow_signals(server, site, notifier)
    serving = asyncio.create_task(server.serve([listening_on]))
    listening = asyncio.create_task(server.listening.wait())
    await asyncio.wait([serving, listening], return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    if server.started:
        log.info("serving", listen=f"{web.listen}:{web.port}", database=database.safe_url)
        settle()
        notifier.ready(_status(site))
        while not serving.done():
            notifier.watchdog()
            await asyncio.wait([serving], timeout=min(notifier.watchdog_interval or BEAT_SECONDS, BEAT_SECONDS))
        log.info("stopped")
    await serving
    return 0 if server.started else Unavailable.exit_code


def _follow_signals(server: Server, site: Site, notifier: Notifier) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        notifier.stopping("finishing requests")
        server.force_exit = server.should_exit
        server.should_exit = True
        site.stopping.set()

    def reload() -> None:
        notifier.reloading()
        site.reload()
        logs.setup(site.settings.log, "web")
        notifier.ready(_status(site))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"{address}:{port} cannot be listened on: {error.strerror}; see listen and port under [web]"
        ) from error


def _status(site: Site) -> str:
    return f"HTTP on {site.settings.web.listen}:{site.settings.web.port}"
