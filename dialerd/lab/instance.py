"""One Asterisk process with a folder of its own: start, ask, break, stop."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from dialerd.domain.errors import Unavailable
from dialerd.lab.guarded import Guarded
from dialerd.lab.provision import Asterisk

_BOOT_SECONDS = 30.0
_LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 108 bytes
_NEEDED = ("chan_pjsip.so", "res_pjsip_sdp_rtp.so", "res_agi.so", "pbx_config.so", "app_stack.so")


def fill(name: str, values: Mapping[str, object]) -> str:
    """The configuration sample `conf/NAME` with each @{key} replaced. Raises KeyError for a key without a value."""
    text = resources.files("dialerd.lab").joinpath("conf", name).read_text()
    return re.sub(r"@\{(\w+)\}", lambda found: str(values[found[1]]), text)


class Instance:
    """An Asterisk run in the foreground by us. Not for several threads at once."""

    def __init__(self, name: str, asterisk: Asterisk, home: Path) -> None:
        self.name = name
        self.home = home
        self.version = asterisk.version
        self._asterisk = asterisk
        self._process: Guarded | None = None
        self._own_run: Path | None = None

    def configure(self, files: Mapping[str, str]) -> None:
        """Writes the folders, what every instance has, and `files` (name to text), readable by this user only."""
        for folder in ("etc", "log", "db", "keys", "spool", "run"):
            (self.home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        run = self.home / "run"
        if len(str(run / "asterisk.ctl")) > _LONGEST_SOCKET_PATH:
            self._own_run = run = Path(tempfile.mkdtemp(prefix="dialerd-"))
        values = {
            "home": self.home,
            "run": run,
            "modules": self._asterisk.modules,
            "data": self._asterisk.data,
            "language": self._asterisk.language,
        }
        quiet = fill("quiet.conf", {})
        common = {
            name: fill(name, values)
            for name in ("asterisk.conf", "modules.conf", "logger.conf", "rtp.conf", "indications.conf")
        }
        # Asterisk complains about each of these that is missing.
        silent = dict.fromkeys(("cdr.conf", "cel.conf"), quiet)
        empty = dict.fromkeys(("ccss.conf", "features.conf", "acl.conf", "udptl.conf", "pjproject.conf"), "")
        for name, text in {**empty, **silent, **common, **files}.items():
            path = self.home / "etc" / name
            path.touch(mode=0o600)
            path.write_text(text)

    def start(self) -> None:
        """Starts the process; `wait` until it is ready."""
        self._process = Guarded([*self._command, "-f"], self.home / "log/console", temporary=self._own_run)

    def wait(self) -> None:
        """Returns when it is booted and has all we need. Raises Unavailable with its own words when it cannot."""
        deadline = time.monotonic() + _BOOT_SECONDS
        while "fully booted" not in self.rx("core waitfullybooted"):
            if self.exited:
                raise Unavailable(f"the lab's {self.name} ended while starting: {self.complaint()}")
            if time.monotonic() > deadline:
                raise Unavailable(f"the lab's {self.name} was not up within {_BOOT_SECONDS:g} s: {self.complaint()}")
            time.sleep(0.02)
        loaded = self.rx("module show")
        for module in _NEEDED:
            if not re.search(rf"^{re.escape(module)}\s.*\sRunning\s", loaded, re.MULTILINE):
                raise Unavailable(f"the lab's {self.name} could not load {module}: {self.complaint()}")
        if "transport-udp" not in self.rx("pjsip show transports"):
            raise Unavailable(f"the lab's {self.name} has no SIP transport: {self.complaint()}")

    def rx(self, command: str) -> str:
        """What Asterisk answers to a console command; its refusal when it is not there. Raises Unavailable when frozen."""
        try:
            done = subprocess.run(
                [*self._command, "-rx", command],
                capture_output=True,
                text=True,
                check=False,
                timeout=_BOOT_SECONDS,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"the lab's {self.name} gave no answer within {_BOOT_SECONDS:g} s") from None
        return done.stdout + done.stderr

    @property
    def pid(self) -> int:
        """The process id, 0 when it was never started."""
        return self._process.pid if self._process else 0

    @property
    def exited(self) -> bool:
        """True when there is no process, or it has ended."""
        return self._process is None or self._process.exited

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal (SIGKILL, SIGSTOP, SIGCONT ...) to the process."""
        if self._process is not None:
            self._process.signal(number)

    def kill(self) -> None:
        """Ends it as a crash would (SIGKILL), and returns when it is gone."""
        if self._process is not None:
            self._process.end()

    def close(self) -> None:
        """Kills it and removes what lies outside its folder."""
        self.kill()
        if self._own_run is not None:
            shutil.rmtree(self._own_run, ignore_errors=True)

    def complaint(self) -> str:
        """The last error it wrote, for people."""
        for name in ("messages", "console"):
            log = self.home / "log" / name
            lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
            errors = [line for line in lines if "ERROR" in line or "loading shared" in line]
            if errors:
                return errors[-1].strip()
        return f"see {self.home}/log"

    @property
    def _command(self) -> tuple[str, ...]:
        return (*self._asterisk.command, "-C", str(self.home / "etc/asterisk.conf"))
