"""`python -m MODULE` as a copy of a process that has dialerd's modules loaded: a tenth of the work of a new interpreter.

Only the beginning differs from what a user starts. What a start takes is measured by `make faults` and `make bench`,
which do without this; the tests of the demo, the README and the walk-through start the command itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

_LOADED = [
    "dialerd.cli.main",
    "dialerd.engine.process",
    "dialerd.fastagi",
    "dialerd.service.import_run",
    "dialerd.web.process",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
]
_PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""


class Preforked:
    """The process of `python -m MODULE ARGUMENTS` in the folder of `log`, which gets its output. As a process of
    `dialerd.lab.guarded.Guarded` it does not outlive us.
    """

    def __init__(self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        given = module, tuple(arguments), log, dict(environment)
        self._process = _server().Process(target=_live, args=given)
        self._process.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    @property
    def exited(self) -> bool:
        """True when it has ended."""
        return not self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """How it ended, minus the signal's number when a signal ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """As `exit_code`; this and `wait` are what `subprocess.Popen` offers to who waits for a worker."""
        return self.exit_code

    def wait(self, timeout: float | None = None) -> int | None:
        """Returns its exit code once it has ended. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        self._process.join(timeout)
        if timeout is not None and not self.exited:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return self.exit_code

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        if not self.exited:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self) -> None:
        """Ends it now and returns when it is gone. May be called twice."""
        self.signal(signal.SIGKILL)
        self._process.join()


class Copies:
    """In place of the module `subprocess` where workers are started."""

    DEVNULL = subprocess.DEVNULL

    @staticmethod
    def Popen(command: Sequence[str], *, env: Mapping[str, str], **_streams: object) -> Preforked:  # noqa: N802
        """The command is `python -m MODULE ARGUMENTS` and says nothing."""
        _python, _m, module, *arguments = command
        return Preforked(module, arguments, Path(os.devnull), env)


@cache
def _server() -> ForkServerContext:
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(_LOADED)
    return server


def _live(module: str, arguments: tuple[str, ...], log: Path, environment: dict[str, str]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.chdir(log.parent)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as a new interpreter has them
    sys.stderr = open(2, "w", closefd=False, buffering=1, errors="backslashreplace")  # noqa: SIM115
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
