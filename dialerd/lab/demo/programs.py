"""The programs the demo starts, each as a user would from a shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dialerd.domain.errors import DialerdError, Unavailable

LAB_SECONDS = 60.0
END_SECONDS = 30.0
_LOOK_SECONDS = 0.05


def dialerd(config: Path | None, *arguments: str) -> list[str]:
    """The command line of `dialerd` with these arguments, in this same installation."""
    chosen = ["--config", str(config)] if config is not None else []
    return [sys.executable, "-m", "dialerd", *chosen, *arguments]


def ask(config: Path, *arguments: str) -> Any:
    """Run a `dialerd` command with --json and return its answer. Raises DialerdError with what it said on failure."""
    done = subprocess.run(dialerd(config, *arguments, "--json"), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DialerdError(f"dialerd {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout) if done.stdout.strip() else None


@dataclass
class Program:
    """A program in the background, its output in `log`, in a process group of its own."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output, start_new_session=True
            )

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def require_running(self) -> None:
        """Raises Unavailable with the last line of its log when it has ended."""
        if not self.running:
            lines = self.log.read_text(errors="replace").strip().splitlines()
            raise Unavailable(
                f"{self.name} ended by itself: {lines[-1] if lines else 'it said nothing'}; see {self.log}"
            )

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def end(self) -> None:
        """Ask it to end and wait; after 30 s it is killed."""
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def first_json(self) -> Any:
        """The JSON a program prints when it is ready. Raises Unavailable when it ends first or takes too long."""
        if self.process is None or self.process.stdout is None:
            raise Unavailable(f"{self.name} was not started")
        os.set_blocking(self.process.stdout.fileno(), False)
        text, deadline = b"", time.monotonic() + LAB_SECONDS
        while time.monotonic() < deadline:
            text += self.process.stdout.read() or b""
            try:
                return json.loads(text)
            except ValueError:
                self.require_running()
                time.sleep(_LOOK_SECONDS)
        raise Unavailable(f"{self.name} was not ready within {LAB_SECONDS:g} s; see {self.log}")
