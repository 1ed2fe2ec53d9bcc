"""`dialerd up`: the engine and the FastAGI server as two children of one terminal."""

from __future__ import annotations

import os
import pty
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import BinaryIO

import click

from dialerd.cli.output import say
from dialerd.cli.shell import Shell, pass_shell

ENGINE, AGI = "run", "agi"


@dataclass
class Child:
    """One started `dialerd` process and what it prints."""

    name: str
    process: subprocess.Popen[bytes]
    output: BinaryIO

    def tell(self, signum: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signum)


@click.command()
@pass_shell
def command(shell: Shell) -> int:
    """Run the engine and the FastAGI server in one terminal.

    Their lines are shown behind `run |` and `agi |`. The first SIGINT (Ctrl-C) or SIGTERM lets calls in progress
    finish, the second ends at once; SIGHUP reloads both. When one ends by itself, so does the other, and the exit code
    is the one's that ended first.
    """
    with shell.database():
        pass  # two children must not find a wrong URL or a wrong configuration each for itself
    start = [sys.executable, "-m", "dialerd", *shell.arguments()]
    return Pair({name: [*start, name] for name in (AGI, ENGINE)}).supervise()


class Pair:
    """The two children from start to end; `commands` are the command lines of ENGINE and AGI."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._commands = commands
        self._ended: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self._print = threading.Lock()
        self._children: dict[str, Child] = {}
        self._stopping = False

    def supervise(self) -> int:
        """Starts both, passes signals on, waits for both. Returns the exit code for this process."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._signalled)
        for name in (AGI, ENGINE):
            self._children[name] = self._start(name)
        if self._stopping:
            self._stop()
        code = 0
        for _ in self._children:
            child = self._next_that_ends()
            status = child.process.returncode
            if not self._stopping:
                say(f"dialerd: {child.name} ended with {status}; stopping the other")
                code = status or 1
            elif status and not code:
                code = status
            self._after(child)
        return 128 - code if code < 0 else code

    def _next_that_ends(self) -> Child:
        """Waits in short turns: a signal that comes just before a wait is only handled when that wait is over."""
        while True:
            with suppress(queue.Empty):
                return self._ended.get(timeout=0.5)

    def _after(self, child: Child) -> None:
        self._stopping = True
        # The FastAGI server takes the reports of the last calls, so it goes after the engine has drained.
        other = self._children[AGI if child.name == ENGINE else ENGINE]
        other.tell(signal.SIGTERM)

    def _signalled(self, signum: int, frame: FrameType | None) -> None:
        del frame
        if signum == signal.SIGHUP:
            for child in self._children.values():
                child.tell(signal.SIGHUP)
            return
        self._stopping = True
        if len(self._children) == len(self._commands):
            self._stop()

    def _stop(self) -> None:
        engine = self._children[ENGINE]
        running = engine if engine.process.poll() is None else self._children[AGI]
        running.tell(signal.SIGTERM)

    def _start(self, name: str) -> Child:
        source, sink = _pipe()
        process = subprocess.Popen(
            self._commands[name],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            # A group of its own: Ctrl-C reaches us alone, and is passed on once and in order.
            process_group=0,
        )
        os.close(sink)
        child = Child(name, process, os.fdopen(source, "rb"))
        threading.Thread(target=self._pump, args=(child,), name=f"output of {name}", daemon=True).start()
        return child

    def _pump(self, child: Child) -> None:
        """Copies the child's lines until it ends, then says so. Its last words are printed before it is missed."""
        prefix = f"{child.name} | ".encode()
        # A pseudo terminal ends with EIO where a pipe just ends.
        with suppress(OSError):
            for line in child.output:
                self._show(prefix + line.rstrip(b"\r\n") + b"\n")
        child.process.wait()
        child.output.close()
        self._ended.put(child)

    def _show(self, line: bytes) -> None:
        # Who read our output may have left; the children's pipes are emptied all the same, or dialing would stop.
        with self._print, suppress(OSError, ValueError):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()


def _pipe() -> tuple[int, int]:
    # On a terminal the children see one too, and log for people instead of for machines.
    return pty.openpty() if sys.stdout.isatty() else os.pipe()
