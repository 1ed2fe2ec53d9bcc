"""What a command stands on: the settings, the database, who asks, and the time. Each is made when first needed."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dialerd.settings import Settings
    from dialerd.store.database import Database


@dataclass
class Shell:
    """The composition root of one command. `config_path` None means: where `settings.load` looks by itself."""

    config_path: Path | None = None
    verbose: bool = False
    owns_process: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The validated configuration. Raises ConfigError."""
        from dialerd.settings import load  # noqa: PLC0415 - `--help` must not pay for pydantic

        return load(self.config_path)

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, its schema created if it was empty. Raises Unavailable, or ConfigError when it is old."""
        from dialerd.service.schema import prepare  # noqa: PLC0415 - `--help` must not pay for SQLAlchemy
        from dialerd.store.audit import coming_from  # noqa: PLC0415 - as above
        from dialerd.store.database import Database  # noqa: PLC0415 - as above

        database = Database(self.settings.database.url)
        try:
            prepare(database)
            with coming_from("shell"):
                yield database
        finally:
            database.close()

    def step_back(self) -> None:
        """This process yields to the engine, the FastAGI server and the database for the rest of its work."""
        from dialerd.service.workers import yield_to_others  # noqa: PLC0415 - as above

        if self.owns_process:
            yield_to_others()

    def arguments(self) -> list[str]:
        """The global options as a child process of `dialerd` takes them."""
        return [*(["--config", str(self.config_path)] if self.config_path else []), *(["-v"] if self.verbose else [])]

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    @cached_property
    def actor(self) -> str:
        """The name for the audit: who is logged in on this machine."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return f"uid {os.getuid()}"


pass_shell = click.make_pass_decorator(Shell)
