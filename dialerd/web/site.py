"""What a request stands on: the settings, the database and the time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import structlog

from dialerd.domain.errors import ConfigError, DialerdError
from dialerd.ops.clock import Clock, SystemClock
from dialerd.settings import Campaign, Settings, load
from dialerd.store.database import Database
from dialerd.web.origins import Origins

log = structlog.get_logger("dialerd.web")


class Site:
    """One server's parts. `settings` are replaced in one step by a reload; `stopping` is set when streams shall end."""

    def __init__(
        self, settings: Settings, database: Database, *, clock: Clock | None = None, config_path: Path | None = None
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock or SystemClock()
        self.origins = Origins(settings.web)
        self.stopping = asyncio.Event()
        self._config_path = config_path

    @property
    def campaigns(self) -> Mapping[str, Campaign]:
        """The campaigns that have a file."""
        return self.settings.campaigns

    @property
    def uploads(self) -> Path:
        """Where files are until they are in the database. Made when first asked for."""
        folder = self.settings.paths.state_dir / "uploads"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def now(self) -> datetime:
        """The instant in UTC."""
        return self.clock.now()

    def reload(self) -> None:
        """Reads the settings again. What is wrong changes nothing, and the log says why."""
        try:
            settings = load(self._config_path)
        except ConfigError as error:
            log.error("reload_refused", problems="; ".join(error.problems))
            return
        except DialerdError as error:
            log.error("reload_refused", problems=str(error))
            return
        before = self.settings
        if (settings.web.listen, settings.web.port, settings.database, settings.web.trusted_proxies) != (
            before.web.listen,
            before.web.port,
            before.database,
            before.web.trusted_proxies,
        ):
            log.warning(
                "reload_partial", hint="[database], and in [web] listen, port and trusted_proxies, need a restart"
            )
        self.settings, self.origins = settings, Origins(settings.web)
        log.info("reloaded", campaigns=len(settings.campaigns))
