"""A program that never outlives us: should this process be killed, a guard takes the program along."""

from __future__ import annotations

import pwd
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

# Our end of the pipe closes when we die, however we die. The pid cannot be somebody else's by then: while we live the
# program stays our child, and when it is reaped the guard is sent away at once.
_WATCH = 'read _; kill -s "$1" "$2"; while kill -0 "$2"; do sleep 0.1; done; test -z "$3" || rm -rf -- "$3"'


class Guarded:
    """A running program, its output in `log`, in a session of its own so that Ctrl-C does not reach it.

    `end_with` is the signal that makes it end for good; `temporary` a folder that has no meaning without it. `user`
    runs it as somebody else, which only root may. Raises OSError when it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        end_with: signal.Signals = signal.SIGKILL,
        temporary: Path | None = None,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._end_with = end_with
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=log.parent,
                env=environment,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )
        name = end_with.name.removeprefix("SIG")
        self._guard: subprocess.Popen[bytes] | None = subprocess.Popen(
            ["sh", "-c", _WATCH, "guard", name, str(self.pid), str(temporary or "")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exited(self) -> bool:
        """True when it has ended."""
        if self._process.poll() is None:
            return False
        self._dismiss_guard()
        return True

    @property
    def exit_code(self) -> int | None:
        """How it ended, minus the signal's number when a signal ended it; None while it runs."""
        return self._process.returncode if self.exited else None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        self._process.send_signal(number)

    def end(self) -> None:
        """Ends it now and returns when it is gone. May be called twice."""
        self._process.send_signal(self._end_with)
        # A stopped process takes no signal but SIGKILL.
        self._process.send_signal(signal.SIGCONT)
        self._process.wait()
        self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        if self._guard is None:
            return
        self._guard.kill()
        self._guard.communicate()
        self._guard = None
