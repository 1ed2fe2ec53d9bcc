"""The rig: one lab, one database, the two daemons, lists and campaigns, and the carrier's word on all of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.judge import Judgement, Pair, judge
from dialerd.lab.lab import Lab
from dialerd.service.campaigns import change
from dialerd.service.schema import prepare
from dialerd.store import attempts, campaigns, lists, nodes, staging, versions
from dialerd.store.attempts import AttemptRecord
from dialerd.store.database import Connection, Database
from dialerd.store.versions import Buckets
from harness import configuration
from harness.program import Program
from harness.waiting import wait_for

T = TypeVar("T")

CAMPAIGN = "calls"
EVERYTHING = 100_000


class Rig:
    """One dialer on a lab. Numbers and the database are its own; the lab may have served others before.

    `settings` are the tables of dialerd.toml: change them and call `write_settings` before the daemons start.
    """

    def __init__(self, lab: Lab, folder: Path, url: str) -> None:
        self.lab = lab
        self.labs = [lab]
        self.folder = folder
        self.config = folder / "dialerd.toml"
        self.settings = configuration.sections(lab, url)
        self.database = Database(url)
        self.engine = Program(self.config, ("run",), folder / "engine.log")
        self.agi = Program(self.config, ("agi",), folder / "agi.log")
        self.began = time.time()
        (folder / "campaigns.d").mkdir()
        self.write_settings()
        prepare(self.database)

    def write_settings(self) -> None:
        """Puts `settings` on disk."""
        configuration.write(self.config, self.settings)

    def add_server(self, name: str, lab: Lab) -> None:
        """One more Asterisk, with a trunk of the same name, for the engine of this rig. It has no FastAGI server."""
        self.labs.append(lab)
        one = configuration.sections(lab, "")
        self.settings["asterisks"] = {**self.settings.get("asterisks", {}), name: one["asterisk"]}
        self.settings["trunks"][name] = {**one["trunks"]["carrier"], "asterisk": name}
        self.write_settings()

    def fill_the_hopper(self) -> None:
        """The engine will claim many leads ahead."""
        self.settings["engine"]["hopper_seconds"] = "10s"
        self.write_settings()

    def write_campaign(self, name: str = CAMPAIGN, **changes: Any) -> None:
        """A campaign file: what `configuration.CAMPAIGN` says, with these changes."""
        tables = {"name": name, **configuration.CAMPAIGN, **changes}
        configuration.write(self.folder / "campaigns.d" / f"{name}.toml", tables)

    def seed(
        self, leads: Iterable[str] | Mapping[str, Mapping[str, str]], campaign: str = CAMPAIGN, name: str | None = None
    ) -> None:
        """A list of these numbers (with their fields), imported and assigned; the campaign, if it is new, is a draft. The list
        is called as the campaign, or `name`.
        """
        rows = leads if isinstance(leads, Mapping) else {phone: {} for phone in leads}
        staged = [
            staging.StagedLead(phone, "", 0, line, fields) for line, (phone, fields) in enumerate(rows.items(), 2)
        ]
        now, counts = datetime.now(UTC), Buckets(rows=len(staged), imported=len(staged))
        with self.database.write() as conn:
            campaigns.ensure(conn, [campaign], now)
            list_id = lists.create(conn, name=name or campaign, now=now)
            version = versions.begin(
                conn, list_id, file_name="leads.csv", sha256="0" * 64, created_by="the tests", now=now
            )
            staging.stage(conn, list_id, version, staged, now)
            versions.publish(conn, list_id, version, counts, now)
            staging.arm(conn, list_id, version, now, 0, EVERYTHING)
            versions.finish(conn, list_id, version, now)
            lists.assign(conn, list_id, campaign, now)

    def act(self, action: CampaignAction, campaign: str = CAMPAIGN) -> None:
        """What `dialerd campaign start|pause|resume|stop` does."""
        configured = [file.stem for file in (self.folder / "campaigns.d").glob("*.toml")]
        change(self.database, campaign, action, configured=configured, actor="the tests", now=datetime.now(UTC))

    @staticmethod
    def clock() -> datetime:
        """The time, as the services take it."""
        return datetime.now(UTC)

    def start_agi(self) -> None:
        """Starts the FastAGI process and waits until it serves."""
        self.agi.start()
        self.agi.wait_for("serving")

    def start(self, *, agi: bool = True, crash_at: str | None = None) -> None:
        """Starts the daemons, both at once, and returns when they work. `crash_at` arms a crash point of the engine."""
        self.engine.start({"DIALERD_CRASH_AT": crash_at} if crash_at else None)
        if agi:
            self.start_agi()
        self.engine.wait_for("asterisk_connected")

    def run(self, leads: Iterable[str], *, agi: bool = True, crash_at: str | None = None, **campaign: Any) -> None:
        """The daemons, and a campaign of these leads, started when both are up."""
        self.write_campaign(**campaign)
        self.seed(leads)
        self.start(agi=agi, crash_at=crash_at)
        self.act(CampaignAction.START)

    def attempts(self, campaign: str | None = None) -> list[AttemptRecord]:
        """All attempts, oldest first."""
        return self.ask(lambda conn: attempts.page(conn, campaign=campaign, limit=EVERYTHING))[::-1]

    def dialed(self) -> list[str]:
        """The number of every attempt that was not cancelled before it left, sorted."""
        return sorted(pair.attempt.phone for pair in self.pairs())

    def open(self) -> list[AttemptRecord]:
        """Attempts without an end, the claimed ones among them."""
        return [attempt for attempt in self.attempts() if attempt.disposition is None]

    def state(self, campaign: str = CAMPAIGN) -> CampaignState:
        return self.ask(lambda conn: campaigns.get_state(conn, campaign))

    def status(self) -> Mapping[str, Any]:
        """What the engine says of itself in the database."""
        node = self.ask(lambda conn: nodes.get(conn, "test"))
        return node.status if node is not None else {}

    def reason(self, campaign: str = CAMPAIGN) -> str:
        """What the engine says the campaign does, or why it does not dial."""
        return self.status().get("campaigns", {}).get(campaign, {}).get("reason", "")

    def calls(self) -> list[CarrierCall]:
        """What the carriers have seen since this rig began."""
        return [call for lab in self.labs for call in lab.calls() if call.time >= self.began]

    def dispositions(self) -> Counter[str]:
        return Counter(str(attempt.disposition) for attempt in self.attempts())

    def pairs(self) -> list[Pair]:
        """Each attempt with the carrier's calls for it, but for those that were cancelled before they left."""
        return [pair for pair in self.judge().pairs if pair.attempt.disposition is not Disposition.CANCELLED]

    def judge(self, *, unknown: bool = False) -> Judgement:
        """Our attempts against the carrier's log. `unknown`: something was broken, so that any end may be unknown."""
        made = self.attempts()
        return judge(made, self.calls(), may_be_unknown={attempt.attempt_id for attempt in made if unknown})

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ask(self, look: Callable[[Connection], T]) -> T:
        with self.database.read() as conn:
            return look(conn)

    def wait(self, look: Callable[[], T], what: str, timeout: float = 15.0) -> T:
        """What `look` returns as soon as it is true."""
        return wait_for(look, what, timeout, self.story)

    def wait_until_completed(self, timeout: float = 25.0) -> None:
        """Every lead is closed and every call has ended, ours and the carrier's."""
        self.wait(lambda: self.state() is CampaignState.COMPLETED, "the campaign completed", timeout)
        self.wait_for_carrier()

    def play(self, campaigns: Collection[str], timeout: float = 15.0) -> None:
        """Starts these campaigns, all at once, and returns when each of them is through."""
        for name in campaigns:
            self.act(CampaignAction.START, name)
        for name in campaigns:
            self.wait(
                lambda name=name: self.state(name) is CampaignState.COMPLETED, f"campaign {name} completed", timeout
            )

    def wait_for_carrier(self) -> None:
        """The carrier has written down the end of every call."""
        self.wait(lambda: all(call.ended is not None for call in self.calls()), "the carrier's calls ended")

    def require_agreement(self, *, deaf: bool = False, unknown: bool = False) -> None:
        """At most one call per attempt and number, every call one of ours, every attempt ended as the carrier did it.

        `deaf`: Asterisk did not hear the carrier for a while; then its own timeout may end what was answered. `unknown`:
        something was broken under calls, and the test itself says which of them may be unknown.
        """
        judgement = self.judge(unknown=unknown)
        excused = [pair.fault for pair in judgement.pairs if deaf and pair.attempt.detail == "our ring timeout"]
        faults = [fault for fault in judgement.disagreements if fault not in excused]
        assert not faults, f"{faults}\n{self.story()}"
        assert not judgement.double_dialed, self.story()
        assert not self.open(), self.story()

    def require_nothing_sent_after(self, when: float) -> None:
        """Every call that the carrier has seen was committed before this second of the wall clock.

        When the carrier saw it says less: a busy machine takes its time between the two.
        """
        late = [pair.attempt for pair in self.pairs() if pair.calls and pair.attempt.sending_at.timestamp() > when]
        assert late == [], self.story()

    def story(self) -> str:
        """What happened, for a failed test."""
        shown = [
            f"{a.phone} {a.state} {a.disposition} by {a.ended_by} sip {a.sip_code} cause {a.cause}: {a.detail}"
            for a in self.attempts()
        ]
        calls = [f"{call.number} {call.fate} ended {call.ended} by {call.hangup_by}" for call in self.calls()]
        head = f"attempts {len(shown)}, carrier {len(calls)}, status {self.status()}"
        return "\n".join([head, *shown[-40:], *calls[-40:], self.engine.tail(), self.agi.tail()])

    def close(self) -> None:
        """Ends the daemons and every call, so that the lab is as it was."""
        for program in (self.engine, self.agi):
            program.kill()
        self.database.close()
        for lab in self.labs:
            if lab.asterisk.exited:
                lab.restart_asterisk()
            for instance in (lab.asterisk, lab.carrier):
                wait_for(lambda end=instance: _idle(end), f"no calls at the lab's {instance.name}")


def _idle(instance: Any) -> bool:
    if "0 active channels" in instance.rx("core show channels count"):
        return True
    instance.rx("channel request hangup all")
    return False


def numbers(*endings: str, times: int = 1, area: int = 555) -> list[str]:
    """Numbers that the carrier treats as their last three digits say, in turns; others in each `area`, 0 to 199 or 500 to
    999.
    """
    # No number in use goes on with 0 or 1 behind its area code, and none but those in use is dialed.
    office = area + 200 if area < 200 else area
    codes = (202, 203, 205, 206, 207, 208, 209, 210, 212, 213)
    return [f"+1{codes[turn // 10]}{office}{turn % 10}{ending}" for turn in range(times) for ending in endings]
