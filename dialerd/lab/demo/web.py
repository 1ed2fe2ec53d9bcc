"""The demo's console: `dialerd web` on a free port, and links that let one in."""

from __future__ import annotations

import importlib.util
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

from dialerd.domain.errors import Unavailable
from dialerd.domain.people import Role
from dialerd.lab.demo.programs import Program, dialerd
from dialerd.lab.ports import claim_ports
from dialerd.service import people
from dialerd.settings import load
from dialerd.store.database import Database

USER = "demo"
_START_SECONDS = 30.0
_LOOK_SECONDS = 0.1


def is_installed() -> bool:
    """Whether the extra `web` is there."""
    return importlib.util.find_spec("nicegui") is not None


def prepare(config: Path, log: Path) -> Program:
    """Gives the console a port in the settings and an admin without a password; the program, to be started."""
    claim = claim_ports(1)
    (port,) = claim.numbers
    claim.release()
    with config.open("a") as settings:
        settings.write(f"\n[web]\nport = {port}\n")
    database = Database(load(config).database.url)
    try:
        people.add(database, USER, Role.ADMIN, password=None, actor=USER, now=datetime.now(UTC))
    finally:
        database.close()
    return Program("the console", dialerd(config, "web"), log)


def link(config: Path) -> str:
    """A new address that lets one person in, once, within half an hour."""
    settings = load(config)
    database = Database(settings.database.url)
    try:
        made = people.link(database, USER, actor=USER, now=datetime.now(UTC))
    finally:
        database.close()
    return f"http://127.0.0.1:{settings.web.port}/login/link?key={made.secret}"


def wait(program: Program, config: Path) -> None:
    """Returns when it can be asked. Raises Unavailable when it ends first, or takes too long."""
    port, deadline = load(config).web.port, time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        program.require_running()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            time.sleep(_LOOK_SECONDS)
        else:
            return
    raise Unavailable(f"{program.name} was not ready within {_START_SECONDS:g} s; see {program.log}")
