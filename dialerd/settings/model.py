"""The settings of a process as one frozen value. Times are seconds, paces are calls per second."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator, SecretStr, ValidationInfo, field_validator

from dialerd.domain.allowed import Allowed, NumberKind
from dialerd.domain.breaker import Limits
from dialerd.domain.dispositions import SYSTEM, Catalogue
from dialerd.domain.errors import ConfigError
from dialerd.settings import values
from dialerd.settings.campaign import Campaign
from dialerd.settings.database_url import read_url
from dialerd.settings.freeze import FreezeCodes
from dialerd.settings.section import ReadAs, Section
from dialerd.settings.web import Web

CONFIG_FOLDER = Path("/etc/dialerd")
STATE_FOLDER = Path("/var/lib/dialerd")

Port = Annotated[int, PlainValidator(values.whole(1, 65535, "a port"))]
PortOrOff = Annotated[int, PlainValidator(values.whole(0, 65535, "a port, or 0 for none,"))]
Listen = Annotated[str, PlainValidator(values.listening)]
Folder = Annotated[Path, PlainValidator(values.folder)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], PlainValidator(values.networks)]
ONE = "asterisk"
"""What the Asterisk of [asterisk] is called beside those of [asterisks.NAME]."""

Pace = Annotated[float, PlainValidator(values.number(0.01, 1000, "calls per second"))]
Calls = Annotated[int, PlainValidator(values.whole(1, 100_000, "a whole number of calls"))]


def _host_name() -> str:
    return re.sub(r"[^a-z0-9_-]", "-", socket.gethostname().lower().partition(".")[0])[:64].lstrip("-_") or "node"


class Node(Section):
    """The engine of this machine among others on one database."""

    name: Annotated[str, PlainValidator(values.name)] = Field(default_factory=_host_name)


class Paths(Section):
    """Absolute once loaded. `agi_scripts` and `compliance` may be folders that do not exist: then there are only the
    shipped scripts and profiles. `dispositions` is a file, which need not exist either when it is not named.
    """

    state_dir: Folder = STATE_FOLDER
    campaigns: Folder = CONFIG_FOLDER / "campaigns.d"
    dispositions: Folder = CONFIG_FOLDER / "dispositions.toml"
    agi_scripts: Folder = CONFIG_FOLDER / "agi"
    compliance: Folder = CONFIG_FOLDER / "compliance.d"

    @property
    def journal(self) -> Path:
        """Where reports wait that the database could not take."""
        return self.state_dir / "journal"


class Database(Section):
    """`url` may hold a password, so no repr shows it."""

    url: Annotated[str, PlainValidator(read_url)] = Field(default="", repr=False)


class Asterisk(Section):
    """How to reach AMI of one Asterisk. `secret` is None when neither it nor `secret_file` was given."""

    host: Annotated[str, PlainValidator(values.host)] = "127.0.0.1"
    port: Port = 5038
    username: Annotated[str, PlainValidator(values.matching(r"[A-Za-z0-9_.-]{1,64}", "a manager user's name"))] = (
        "dialerd"
    )
    secret: Annotated[SecretStr, PlainValidator(values.secret)] | None = None
    secret_file: Folder | None = None
    connect_timeout: Annotated[float, PlainValidator(values.seconds(0.1, 60))] = 5.0
    ping_interval: Annotated[float, PlainValidator(values.seconds(0.5, 300))] = 10.0
    ping_timeout: Annotated[float, PlainValidator(values.seconds(0.1, 60))] = 5.0

    def require_secret(self) -> str:
        """The AMI password itself. Raises ConfigError when there is none."""
        if self.secret is None:
            raise ConfigError(["asterisk.secret: missing; the manager user's secret, or secret_file with its path"])
        return self.secret.get_secret_value()


class Agi(Section):
    """The FastAGI server. `peers` are the only addresses it talks to. The metrics of the second of several processes are on
    the port after `metrics_port`, and so on.
    """

    listen: Listen = "127.0.0.1"
    port: Port = 4573
    processes: Annotated[int, PlainValidator(values.whole(1, 64, "a whole number of processes"))] = 1
    peers: Networks = (IPv4Network("127.0.0.1/32"),)
    threads: Annotated[int, PlainValidator(values.whole(1, 1000, "a whole number of threads"))] = 64
    read_timeout: Annotated[float, PlainValidator(values.seconds(0.1, 300))] = 10.0
    metrics_listen: Listen = "127.0.0.1"
    metrics_port: PortOrOff = 9642


class BreakerForm(Section):
    """When a trunk that fails is not asked any more, and when it is tried again; `Limits` is what it becomes."""

    faults: Annotated[int, PlainValidator(values.whole(1, 1000, "a whole number of calls"))] = 5
    window: Annotated[int, PlainValidator(values.whole(10, 1000, "a whole number of calls"))] = 50
    share: Annotated[float, PlainValidator(values.number(0.05, 1, "calls of all, such as 0.6,"))] = 0.6
    wait: Annotated[float, PlainValidator(values.seconds(1, 3600))] = 5.0
    longest_wait: Annotated[float, PlainValidator(values.seconds(1, 86400))] = 300.0

    def finished(self) -> Limits:
        """The limits in the domain's words."""
        wait, longest = timedelta(seconds=self.wait), timedelta(seconds=max(self.wait, self.longest_wait))
        return Limits(self.faults, self.window, self.share, wait, longest)


class Trunk(Section):
    """One way out. `endpoint` is the PJSIP endpoint's name, on the Asterisk that `asterisk` names; `prefix` stands before the
    digits of the number.
    """

    endpoint: Annotated[
        str, PlainValidator(values.matching(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "a PJSIP endpoint's name"))
    ]
    prefix: Annotated[
        str, PlainValidator(values.matching(r"\+?[0-9]{0,15}", 'what stands before the digits: "+", "", "00", "9"'))
    ] = "+"
    calls_per_second: Pace
    max_calls: Calls
    asterisk: Annotated[str, PlainValidator(values.name)] = ONE
    breaker: Annotated[Limits, ReadAs(BreakerForm)] = Limits()


class Engine(Section):
    """The dialing daemon."""

    calls_per_second: Pace | None = None
    max_calls: Calls | None = None
    hopper_seconds: Annotated[float, PlainValidator(values.seconds(0.2, 60))] = 3.0
    metrics_listen: Listen = "127.0.0.1"
    metrics_port: PortOrOff = 9641
    drain_timeout: Annotated[float, PlainValidator(values.seconds(0, 3600))] = 60.0
    unknown_hold: Annotated[float, PlainValidator(values.seconds(0, 30 * 86400))] = 86400.0
    uncounted_wait: Annotated[float, PlainValidator(values.seconds(1, 86400))] = 60.0
    recovery_grace: Annotated[float, PlainValidator(values.seconds(0, 600))] = 10.0
    audit_interval: Annotated[float, PlainValidator(values.seconds(1, 600))] = 30.0
    max_send_delay: Annotated[float, PlainValidator(values.seconds(0.1, 30))] = 2.0


class Lists(Section):
    """What a list is created with unless it is told otherwise; it keeps that when the settings change."""

    countries: Annotated[frozenset[str], PlainValidator(values.countries)] = frozenset()
    allow: Annotated[frozenset[NumberKind], PlainValidator(values.number_kinds)] = frozenset()

    @property
    def allowed(self) -> Allowed:
        """The numbers it takes besides ordinary ones, and of which countries."""
        return Allowed(self.allow, self.countries)


class Log(Section):
    """What is written to stderr. `auto` is console on a terminal, else JSON."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], PlainValidator(values.one_of("debug", "info", "warning", "error"))
    ] = "info"
    format: Annotated[Literal["auto", "json", "console"], PlainValidator(values.one_of("auto", "json", "console"))] = (
        "auto"
    )
    mask_numbers: Annotated[bool, PlainValidator(values.switch)] = True


class Sections(Section):
    """The tables of dialerd.toml."""

    node: Node = Node()
    paths: Paths = Paths()
    database: Database = Field(default=Database(), validate_default=True)
    asterisk: Asterisk = Asterisk()
    asterisks: Annotated[
        Mapping[Annotated[str, PlainValidator(values.name)], Asterisk], AfterValidator(MappingProxyType)
    ] = Field(default_factory=lambda: MappingProxyType({}))
    agi: Agi = Agi()
    trunks: Annotated[Mapping[Annotated[str, PlainValidator(values.name)], Trunk], AfterValidator(MappingProxyType)] = (
        Field(default_factory=lambda: MappingProxyType({}))
    )
    engine: Engine = Engine()
    freeze: FreezeCodes = FreezeCodes()
    lists: Lists = Lists()
    web: Web = Web()
    log: Log = Log()

    @property
    def servers(self) -> Mapping[str, Asterisk]:
        """The Asterisk servers that this engine drives, by name: that of [asterisk] when a trunk is on it, or when there is
        no other.
        """
        on_it = not self.asterisks or any(trunk.asterisk == ONE for trunk in self.trunks.values())
        return {**({ONE: self.asterisk} if on_it else {}), **self.asterisks}

    @field_validator("database", mode="after")
    @classmethod
    def _in_the_state_folder(cls, database: Database, info: ValidationInfo) -> Database:
        if database.url or "paths" not in info.data:
            return database
        return Database(url=f"sqlite:///{info.data['paths'].state_dir}/dialerd.db")


class Settings(Sections):
    """Everything a process is told. `source` is the file it came from, None when there was none."""

    source: Path | None = None
    dispositions: Catalogue = Field(default_factory=lambda: SYSTEM)
    campaigns: Annotated[Mapping[str, Campaign], AfterValidator(MappingProxyType)] = Field(
        default_factory=lambda: MappingProxyType({})
    )
