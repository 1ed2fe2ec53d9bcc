"""What the benchmarks play on: a lab, a campaign with a list in a database, and dialerd's own two processes."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dialerd.domain.lifecycle import CampaignAction
from dialerd.ingest.leadfile import Reading
from dialerd.lab.carrier_log import read_carrier_log
from dialerd.lab.demo.programs import Program, dialerd
from dialerd.lab.lab import Lab
from dialerd.service import campaigns, imports, lists
from dialerd.service.schema import prepare
from dialerd.settings import load
from dialerd.store import attempts
from dialerd.store.database import Database

CAMPAIGN = "bench"
LIMITS_OF_THE_LAB = "calls_per_second = 200\nmax_calls = 1000"
CAMPAIGN_FILE = """\
name = "{name}"
weight = {weight}
trunks = ["carrier"]
caller_id = "+12025550123"
calls_per_second = {calls_per_second}
max_calls = {max_calls}
ring_timeout = "30s"
[destination]
type = "hangup"
[compliance]
profile = ["none"]
[schedule]
timezone = "UTC"
hours = ["daily 00:00-24:00"]
"""
AREAS = (202, 212, 213, 305, 312, 404)
ALL = 1_000_000
START_SECONDS = 30.0


@dataclass(frozen=True)
class Stage:
    """One installation of dialerd at the lab's Asterisk, with its own database; `servers` are that one's processes."""

    lab: Lab
    config: Path
    database: Database
    servers: dict[str, set[int]]

    @contextmanager
    def dialing(self):
        """The engine and the FastAGI server run, as an admin would start them; at the end the engine drains."""
        programs = [
            Program(name, dialerd(self.config, name), self.lab.dir / f"{self.config.stem}-{name}.log")
            for name in ("agi", "run")
        ]
        agi, engine = programs
        try:
            agi.start()
            _wait_until_it_listens(agi, self.lab.ports.agi)
            engine.start()
            yield programs
        finally:
            for program in reversed(programs):
                program.end()

    def attempts(self):
        """Every attempt made so far."""
        with self.database.read() as conn:
            return attempts.page(conn, campaign=CAMPAIGN, limit=ALL)


def set_up(lab, name, *, url, leads, calls_per_second, max_calls, areas=AREAS, servers=None, weight=1, trunk_pace=1000):
    """A database at `url` with an active campaign of so many leads, two columns each, and its configuration."""
    _write_campaign(lab, CAMPAIGN, weight, calls_per_second, max_calls)
    config = lab.dir / f"{name}.toml"
    text = lab.config.read_text()
    here = next(line for line in text.splitlines() if line.startswith("url = "))
    assert LIMITS_OF_THE_LAB in text, "the lab's trunk is not what it was"
    config.touch(mode=0o600)
    config.write_text(
        text.replace(here, f'url = "{url}"').replace(
            LIMITS_OF_THE_LAB, f"calls_per_second = {trunk_pace}\nmax_calls = 1000"
        )
    )
    settings = load(config)
    database = Database(settings.database.url)
    prepare(database)
    _fill(database, lab.dir / f"{name}.csv", leads, areas, settings, CAMPAIGN)
    return Stage(lab, config, database, servers or {})


def add_campaign(stage, name, *, leads, calls_per_second, max_calls, areas, weight):
    """One more active campaign on the stage, with leads of its own."""
    _write_campaign(stage.lab, name, weight, calls_per_second, max_calls)
    _fill(stage.database, stage.lab.dir / f"{name}.csv", leads, areas, load(stage.config), name)


def _write_campaign(lab, name, weight, calls_per_second, max_calls):
    text = CAMPAIGN_FILE.format(name=name, weight=weight, calls_per_second=calls_per_second, max_calls=max_calls)
    (lab.dir / "campaigns.d" / f"{name}.toml").write_text(text)


def _fill(database, file, leads, areas, settings, campaign):
    numbers = (f"+1{area}555{line:04d}" for line in range(10_000) for area in areas)
    rows = (f"{number},Ada,Basel" for number, _ in zip(numbers, range(leads), strict=False))
    file.write_text("phone,first_name,city\n" + "\n".join(rows) + "\n")
    now, actor, configured = datetime.now(UTC), "bench", settings.campaigns
    lists.create(database, campaign, actor=actor, now=now)
    report = imports.import_file(database, campaign, file, Reading(), actor=actor, clock=lambda: datetime.now(UTC))
    assert report.buckets.imported == leads, report.buckets
    campaigns.assign(database, campaign, campaign, configured=configured, actor=actor, now=now)
    campaigns.change(database, campaign, CampaignAction.START, configured=configured, actor=actor, now=now)


def _wait_until_it_listens(program, port):
    deadline = time.monotonic() + START_SECONDS
    while True:
        program.require_running()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        assert time.monotonic() < deadline, f"{program.name} does not listen on port {port}"
        time.sleep(0.05)


def calls_since(lab, epoch):
    """What the carrier has seen since that second."""
    return [call for call in read_carrier_log(lab.carrier_log) if call.time >= epoch]


def wait_for_first(lab, epoch, programs):
    """The epoch second of the first call after `epoch`."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        for program in programs:
            program.require_running()
        if found := calls_since(lab, epoch):
            return found[0].time
        assert time.monotonic() < deadline, "nothing was dialed"
        time.sleep(0.1)


def note_load():
    """How busy the machine is, for the reader of the figures."""
    return f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"
