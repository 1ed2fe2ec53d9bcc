"""The FastAGI part on a database with calls that have left, without an Asterisk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from dialerd.domain.eligibility import Yes
from dialerd.domain.lifecycle import CampaignState
from dialerd.fastagi import FastAgi
from dialerd.lab.ports import claim_ports
from dialerd.ops.clock import SystemClock
from dialerd.ops.metrics import Metrics
from dialerd.settings import load
from dialerd.store import attempts, campaigns, claims, leads, lists, staging, versions
from dialerd.store.attempts import AttemptRecord
from dialerd.store.database import Connection, Database
from dialerd.store.leads import LeadRecord
from dialerd.store.versions import Buckets
from harness import configuration
from harness.fake_asterisk import FakeAsterisk, call

T = TypeVar("T")


class Desk:
    """`process` is the FastAGI part; `now` is the clock it reads, to be moved by a test."""

    def __init__(self, folder: Path, url: str, **campaign: Any) -> None:
        self.folder = folder
        self.config = folder / "dialerd.toml"
        self.ports = claim_ports(1)
        self.now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
        self.settings: dict[str, Any] = {
            "paths": {"state_dir": ".", "campaigns": "campaigns.d", "agi_scripts": "agi"},
            "database": {"url": url},
            "agi": {"port": self.ports.numbers[0], "threads": 4, "metrics_port": 0, "read_timeout": "2s"},
            "trunks": {"carrier": {"endpoint": "carrier", "calls_per_second": 200, "max_calls": 1000}},
        }
        (folder / "campaigns.d").mkdir()
        (folder / "agi").mkdir()
        self.write_campaign(**campaign)
        configuration.write(self.config, self.settings)
        self.database = Database(url)
        self.metrics = Metrics()
        self.process: FastAgi | None = None
        self.calls: list[FakeAsterisk] = []

    def write_campaign(self, **changes: Any) -> None:
        """The campaign's file, with these changes to `configuration.CAMPAIGN`."""
        tables = {"name": "calls", **configuration.CAMPAIGN, **changes}
        configuration.write(self.folder / "campaigns.d" / "calls.toml", tables)

    def start(self) -> None:
        """Serve, in this process."""
        clock = _Clock(lambda: self.now)
        self.process = FastAgi(self.config, load(self.config), self.database, self.metrics, clock)
        self.process.start()

    def sent(self, phone: str = "+12025550100", fields: Mapping[str, str] | None = None) -> str:
        """The id of an attempt that was just sent, of a lead with these fields."""
        self.add_list(f"list of {phone}", [phone], fields)
        with self.database.write() as conn:
            campaigns.set_state(conn, "calls", CampaignState.ACTIVE, self.now)
            request = claims.ClaimRequest("calls", "carrier", "test", "test-1", 1, 100, 100)
            (lead,) = claims.claim(conn, request, lambda _: Yes(), self.now)
            claims.mark_sending(conn, [lead.attempt_id], "test-1", self.now)
        return lead.attempt_id

    def add_list(self, name: str, phones: Sequence[str], fields: Mapping[str, str] | None = None) -> int:
        """A list of the campaign with these numbers, due now."""
        rows = [staging.StagedLead(phone, "", 0, line, dict(fields or {})) for line, phone in enumerate(phones, 2)]
        with self.database.write() as conn:
            campaigns.ensure(conn, ["calls"], self.now)
            list_id = lists.create(conn, name=name, now=self.now)
            version = versions.begin(
                conn, list_id, file_name="leads.csv", sha256="0" * 64, created_by="the tests", now=self.now
            )
            staging.stage(conn, list_id, version, rows, self.now)
            versions.publish(conn, list_id, version, Buckets(rows=len(rows), imported=len(rows)), self.now)
            staging.arm(conn, list_id, version, self.now, 0, len(rows) + 1)
            versions.finish(conn, list_id, version, self.now)
            lists.assign(conn, list_id, "calls", self.now)
        return list_id

    def lead_of(self, list_id: int, phone: str) -> LeadRecord:
        """The lead of the list with this number."""
        return self.ask(lambda conn: leads.page(conn, list_id=list_id, phone=phone))[0]

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.now += timedelta(seconds=seconds)

    def call(self, script: str, uniqueid: str, **headers: str) -> FakeAsterisk:
        """A call from Asterisk on this channel, its header sent."""
        caller = call(("127.0.0.1", self.ports.numbers[0]))
        caller.variables["DIALERD_ATTEMPT"] = uniqueid
        caller.header(script, uniqueid, **headers)
        self.calls.append(caller)
        return caller

    def ask(self, look: Callable[[Connection], T]) -> T:
        with self.database.read() as conn:
            return look(conn)

    def attempt(self, attempt_id: str) -> AttemptRecord:
        return self.ask(lambda conn: attempts.load(conn, attempt_id))

    def lead(self, attempt_id: str) -> LeadRecord:
        return self.ask(lambda conn: leads.load(conn, self.attempt(attempt_id).lead_id))

    def failures(self) -> dict[str, float]:
        """dialerd_agi_failures by kind."""
        samples = [sample for metric in self.metrics.agi_failures.collect() for sample in metric.samples]
        return {sample.labels["kind"]: sample.value for sample in samples if sample.name.endswith("_total")}

    def close(self) -> None:
        for caller in self.calls:
            caller.sock.close()
        if self.process is not None:
            self.process.close()
        self.database.close()
        self.ports.release()


class _Clock(SystemClock):
    """The machine's, but for the time of day."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._given = now

    def now(self) -> datetime:
        return self._given()
