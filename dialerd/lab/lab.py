"""A real Asterisk and a simulated carrier on this machine: for the demo, for rehearsals, tests and benchmarks."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dialerd.domain.errors import Unavailable
from dialerd.lab import tap
from dialerd.lab.carrier import CarrierPlan, CarrierTimes, configure_carrier
from dialerd.lab.carrier_log import AgentCall, CarrierCall, read_agent_calls, read_carrier_log, read_typed
from dialerd.lab.claim import Claim
from dialerd.lab.fates import Fate, parse_mix
from dialerd.lab.guarded import Guarded
from dialerd.lab.instance import Instance, fill
from dialerd.lab.ports import claim_ports
from dialerd.lab.provision import find_asterisk
from dialerd.lab.sounds import write_sounds
from dialerd.resources import share

_STOP_SECONDS = 5.0
_TYPING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LabPorts:
    """The lab's ports on 127.0.0.1. `agi` and the two for metrics are free for a dialer that uses the lab's settings."""

    ami: int
    agi: int
    sip: int
    carrier: int
    carrier_own: int
    engine_metrics: int
    agi_metrics: int


class Lab:
    """A running lab. Made by `start_lab`; `close` it, or use it in a with statement.

    `dir` holds all it writes. `ami_secret` is for AMI user `dialerd`. `asterisk` and `carrier` are its two Asterisks:
    their `signal`, `kill` and `rx` are there to break and question them. Not for several threads at once.
    """

    def __init__(self, folder: Path, asterisk: Instance, carrier: Instance, ports: LabPorts, secret: str) -> None:
        self.dir = folder
        self.asterisk = asterisk
        self.carrier = carrier
        self.ports = ports
        self.ami_secret = secret
        self.asterisk_version = asterisk.version
        self.carrier_log = folder / "carrier.csv"
        self.config = folder / "dialerd.toml"
        self.on_close = ExitStack()

    def as_json(self) -> dict[str, Any]:
        """Ports, paths and process ids, as `dialerd lab up` prints them."""
        return {
            "dir": str(self.dir),
            "asterisk_version": self.asterisk_version,
            "ami": {"host": "127.0.0.1", "port": self.ports.ami, "username": "dialerd", "secret": self.ami_secret},
            "agi": {"host": "127.0.0.1", "port": self.ports.agi},
            "carrier_log": str(self.carrier_log),
            "config": str(self.config),
            "pids": {"lab": os.getpid(), "asterisk": self.asterisk.pid, "carrier": self.carrier.pid},
        }

    def calls(self) -> list[CarrierCall]:
        """Every call the carrier has seen, in order of arrival; those still up have `ended` None."""
        return read_carrier_log(self.carrier_log)

    def agent_calls(self) -> list[AgentCall]:
        """Every call that a telephone of the dialer's own side (PJSIP/agent-answers) has answered."""
        return read_agent_calls(self.carrier_log)

    def type_code(self, code: str) -> float | None:
        """A telephone of the dialer's own side calls 900, types the digits and #, and hangs up after the answer: when it
        heard something (UTC epoch seconds), None when it did not within 20 s. Raises TimeoutError when the call fails.
        """
        before = len(read_typed(self.carrier_log))
        self.carrier.rx(f"channel originate PJSIP/900@dialer extension {code}@typing")
        deadline = time.monotonic() + _TYPING_SECONDS
        while len(typed := read_typed(self.carrier_log)) == before:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the telephone got no answer within {_TYPING_SECONDS:g} s")
            time.sleep(0.02)
        return typed[-1].heard_at

    def wait_for_calls(self, until: Callable[[list[CarrierCall]], bool], *, timeout: float = 10.0) -> list[CarrierCall]:
        """The calls as soon as `until` likes them. Raises TimeoutError after `timeout` seconds, showing the last ones."""
        deadline = time.monotonic() + timeout
        while not until(calls := self.calls()):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the carrier's log did not get there within {timeout:g} s; the last calls: {calls[-5:]}"
                )
            time.sleep(0.02)
        return calls

    def asterisk_rx(self, command: str) -> str:
        """The dialing Asterisk's answer to a console command."""
        return self.asterisk.rx(command)

    def force_fate(self, fate: Fate | None) -> None:
        """From the next call on every call gets this fate; None returns to numbers or the mix."""
        self.carrier.rx(f'dialplan set global FATE "{fate or ""}"')

    def restart_asterisk(self) -> None:
        """Starts the dialing Asterisk again after it was killed or ended by itself, and returns when it is ready."""
        self.asterisk.kill()
        self.asterisk.start()
        self.asterisk.wait()

    def close(self) -> None:
        """Ends every call, so that the carrier's log is whole, then all that was started. May be called twice."""
        self.on_close.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start_lab(
    folder: Path | str,
    *,
    mix: Mapping[Fate, int] | str | None = None,
    suite: str | None = None,
    seed: int = 1,
    times: CarrierTimes | None = None,
) -> Lab:
    """Starts a lab in `folder` (made if need be) and returns when it is ready to place calls.

    `mix` as in `--mix` decides each call's fate by percent, repeatably by `seed`; without it the number's last three
    digits decide (`fates.ENDINGS`). `suite` chooses the dialing Asterisk as in `find_asterisk`. Raises Unavailable when
    there is no Asterisk or the folder cannot be used, BadInput for a wrong mix, Refused when a lab runs there already.
    """
    plan = CarrierPlan(parse_mix(mix) if isinstance(mix, str) else mix, seed, times or CarrierTimes())
    home = _usable(Path(folder))
    dialing = find_asterisk(suite)
    calling = find_asterisk() if suite is not None else dialing
    with ExitStack() as undo:
        claim = Claim(home)
        undo.callback(claim.release)
        claimed = claim_ports(len(fields(LabPorts)))
        undo.callback(claimed.release)
        asterisk = Instance("Asterisk", dialing, home / "asterisk")
        carrier = Instance("carrier", calling, home / "carrier")
        undo.callback(_stop, asterisk, carrier)
        lab = Lab(home, asterisk, carrier, LabPorts(*claimed.numbers), secrets.token_urlsafe(24))
        write_sounds(home / "sounds")
        configure_carrier(
            carrier,
            calling,
            plan,
            port=lab.ports.carrier_own,
            dialer_port=lab.ports.sip,
            log=lab.carrier_log,
            sounds=home / "sounds",
        )
        _configure_dialer(lab)
        _write_settings(lab)
        for instance in (asterisk, carrier):
            instance.start()
        undo.callback(_start_tap(lab).end)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Instance.wait, (asterisk, carrier)))
        _require_ami(lab)
        claim.tell(lab.as_json())
        lab.on_close = undo.pop_all()
    return lab


def _usable(folder: Path) -> Path:
    home = folder.absolute()
    if re.search(r"[\s;\"'\\,$\[\]{}()|]", str(home)):
        raise Unavailable(f"{home}: Asterisk's configuration cannot name this folder; use letters, digits, / . _ -")
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / "campaigns.d").mkdir(exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{home}: cannot be used for a lab: {error.strerror}; choose another --dir") from error
    return home


def _configure_dialer(lab: Lab) -> None:
    values = {
        "asterisk_conf": share("asterisk-conf"),
        "sounds": lab.dir / "sounds",
        "secret": lab.ami_secret,
        "ami_port": lab.ports.ami,
        "agi_port": lab.ports.agi,
        "sip_port": lab.ports.sip,
        "carrier_port": lab.ports.carrier,
    }
    names = ("manager.conf", "extensions.conf", "pjsip.conf", "queues.conf", "amd.conf")
    lab.asterisk.configure({name: fill(f"dialer-{name}", values) for name in names})


def _write_settings(lab: Lab) -> None:
    values = {
        "dir": lab.dir,
        "secret": lab.ami_secret,
        "ami_port": lab.ports.ami,
        "agi_port": lab.ports.agi,
        "agi_metrics_port": lab.ports.agi_metrics,
        "engine_metrics_port": lab.ports.engine_metrics,
    }
    lab.config.touch(mode=0o600)
    lab.config.write_text(fill("dialerd.toml", values))


def _require_ami(lab: Lab) -> None:
    """Asterisk starts without its manager interface when the port was taken meanwhile."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", lab.ports.ami), timeout=_STOP_SECONDS) as sock:
        if sock.recv(64).startswith(b"Asterisk Call Manager"):
            return
    raise Unavailable(f"the lab's Asterisk does not answer on port {lab.ports.ami}: {lab.asterisk.complaint()}")


def _start_tap(lab: Lab) -> Guarded:
    ports = (str(port) for port in (lab.ports.carrier, lab.ports.carrier_own, lab.ports.sip))
    return Guarded([sys.executable, "-I", "-S", tap.__file__, *ports], lab.dir / "carrier/log/tap")


def _stop(asterisk: Instance, carrier: Instance) -> None:
    """The caller first: the carrier then sees its calls end or ends them, and writes each down."""
    asterisk.close()
    deadline = time.monotonic() + _STOP_SECONDS
    if not carrier.exited:
        # It may have been frozen by a test.
        carrier.signal(signal.SIGCONT)
        while "0 active channels" not in carrier.rx("core show channels count") and time.monotonic() < deadline:
            carrier.rx("channel request hangup all")
            time.sleep(0.02)
    carrier.close()
