"""One `dialerd` process, as a user or systemd would start it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dialerd.lab.guarded import Guarded
from harness.prefork import Preforked
from harness.waiting import wait_for

END_SECONDS = 30.0


class Program:
    """`dialerd ARGUMENTS` with its output in `log`; a start after the first one adds to it."""

    preforked = False
    """Whether processes begin as in `harness.prefork`."""

    def __init__(self, config: Path, arguments: tuple[str, ...], log: Path) -> None:
        self._arguments = ["--config", str(config), *arguments]
        self._log = log
        self._process: Guarded | Preforked | None = None
        self._read_from = 0

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Starts it, with these variables beside our own."""
        self._read_from = self._log.stat().st_size if self._log.exists() else 0
        variables = {**os.environ, **(environment or {})}
        if Program.preforked:
            self._process = Preforked("dialerd", self._arguments, self._log, variables)
        else:
            command = [sys.executable, "-m", "dialerd", *self._arguments]
            self._process = Guarded(command, self._log, environment=variables)

    def look_from_here(self) -> None:
        """What it has logged until now is not looked at any more."""
        self._read_from = self._log.stat().st_size if self._log.exists() else 0

    @property
    def pid(self) -> int:
        """The process id of the last start."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and not self._process.exited

    def signal(self, number: signal.Signals) -> None:
        self._process.signal(number)

    def kill(self) -> None:
        """Ends it as `kill -9` does. May be called when it has ended, or never began."""
        if self._process is not None:
            self._process.end()

    def exit_code(self, timeout: float = END_SECONDS) -> int:
        """How it ended, once it has."""
        wait_for(lambda: not self.running, "the end of the process", timeout, self.tail)
        return self._process.exit_code

    def entries(self, event: str | None = None) -> list[dict[str, Any]]:
        """What it logged since its last start, of this event or all."""
        found = [json.loads(line) for line in self._lines() if line.startswith("{")]
        return found if event is None else [entry for entry in found if entry["event"] == event]

    def when(self, event: str) -> float:
        """The wall clock's seconds of the first entry of this event since the last start, once it is there."""
        return datetime.fromisoformat(self.wait_for(event)["time"]).timestamp()

    def plain_lines(self) -> list[str]:
        """What it wrote since its last start that is no log entry: words for people, or a traceback."""
        return [line for line in self._lines() if not line.startswith("{")]

    def wait_for(self, event: str, timeout: float = 15.0, **fields: object) -> dict[str, Any]:
        """The first entry of this event since the last start that has these fields."""

        def look() -> dict[str, Any] | None:
            alive = self.running
            found = next((entry for entry in self.entries(event) if fields.items() <= entry.items()), None)
            assert found or alive, f"the process ended without log entry {event}\n{self.tail()}"
            return found

        return wait_for(look, f"log entry {event} {fields or ''}", timeout, self.tail)

    def tail(self, lines: int = 25) -> str:
        """The last it said, for a failed test."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return f"{self._log}:\n" + "\n".join(text.splitlines()[-lines:])

    def _lines(self) -> list[str]:
        if not self._log.exists():
            return []
        with self._log.open("rb") as log:
            log.seek(self._read_from)
            # A line may be half written when we look: only what ends in a newline counts.
            return log.read().decode(errors="replace").rpartition("\n")[0].splitlines()
