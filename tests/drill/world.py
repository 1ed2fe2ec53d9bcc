"""A dialer that dials on and on, on wires that can be made bad: what the drills break."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select

from dialerd.domain.errors import DialerdError
from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.lab import Lab
from dialerd.lab.ports import claim_ports
from dialerd.lab.postgres import Cluster
from dialerd.store import attempts
from dialerd.store.attempts import AttemptRecord
from dialerd.store.records import RECORDS, read_record
from dialerd.store.tables import attempts as attempts_table
from dialerd.store.tables import leads
from drill.hours import ALWAYS, Opening, far_from
from drill.patient import Patient
from drill.tail import Tail
from drill.verdict import RECOVERY_SECONDS, Broken, Era, Figures, Terms, at_true_time, figures, sent_outside
from drill.wire import AGI_END, AMI_END, Wire
from harness.rig import CAMPAIGN, Rig
from harness.waiting import wait_for

T = TypeVar("T")

CLOSED = "closed"
PACE = 12
# Area codes whose numbers are in use: no others are dialed.
_AREAS = (202, 203, 205, 206, 207, 208, 209, 210, 212, 213)
ONCE = ("200", "201", "202", "404")
"""Endings of numbers whose lead is done with after one call."""
AGAIN = ("486", "180", "603", "480")
"""Endings of numbers whose lead comes back after some seconds."""
# Attempts that have not ended by then never will.
QUIET_SECONDS = 40.0
LIMITS = {"faults": 5, "wait": "1s", "longest_wait": "2s"}
RETRY = {"attempts": 100, "wait": "4s"}
RULES: dict[str, Any] = {
    "calls_per_second": PACE,
    "max_calls": 80,
    "ring_timeout": "2s",
    "max_talk_time": "2s",
    "max_attempts": 100,
    # What comes of nothing that is known must not be called again while the drill goes on.
    "unknown_hold": "6h",
    "uncounted_wait": "2s",
    "recycle": dict.fromkeys(("busy", "no_answer", "rejected"), RETRY),
}


class World(Rig):
    """A rig whose AMI and FastAGI go over wires, with one campaign that dials for ever and one that is closed."""

    def __init__(
        self, lab: Lab, folder: Path, url: str, cluster: Cluster | None = None, *, late: float = 2.0, hurry: float = 1.0
    ) -> None:
        """`late` is how long (seconds) it rings at this lab's carrier before a late answer; what goes on for some time does
        so for its `hurry`th part.
        """
        self.late = late
        self._hurry = hurry
        self.tail = Tail(lab.carrier_log)
        super().__init__(lab, folder, url)
        self.engine = Patient(self.config, ("run",), folder / "engine.log")
        self.agi = Patient(self.config, ("agi",), folder / "agi.log")
        self.cluster = cluster
        self.clock_file = folder / "ahead"
        self.clock_file.write_text("0")
        self.openings: dict[str, Opening] = {CAMPAIGN: ALWAYS, CLOSED: far_from(datetime.now(UTC))}
        self.broken: list[Broken] = []
        self.recoveries: list[float] = []
        self.still_since = self.began
        self.eras: list[Era] = []
        self._ports = claim_ports(1)
        self._made = 0
        self._lists = 0
        self.ami_wire = Wire(lab.ports.ami, AMI_END)
        self.more_wires: list[Wire] = []
        self.agi_wire = Wire(self._ports.numbers[0], AGI_END, lab.ports.agi)
        self.settings["asterisk"]["port"] = self.ami_wire.port
        self.settings["agi"]["port"] = self._ports.numbers[0]
        # As a dialer has it unless it says otherwise. On a busy machine Asterisk may stand still for two seconds, and what it
        # had not read by then is lost with the connection.
        self.settings["asterisk"]["ping_timeout"] = "5s"
        # Who is told to leave waits for every call, also on a busy machine.
        self.settings["engine"]["drain_timeout"] = "40s"
        self.settings["trunks"]["carrier"]["breaker"] = LIMITS
        self.write_settings()

    def build(self) -> None:
        """The campaigns and their first leads; both daemons up; the campaign dials."""
        self.write_campaign(**RULES)
        self.write_campaign(CLOSED, **{**RULES, "schedule": self.openings[CLOSED].schedule()})
        self.top_up(recycled=160)
        self.seed([self._number("486") for _ in range(20)], CLOSED)
        self.ensure_up()
        for campaign in (CAMPAIGN, CLOSED):
            self.act(CampaignAction.START, campaign)
        self.wait(lambda: len(self.calls()) > PACE, "the first calls", RECOVERY_SECONDS)
        self.quiet()

    def top_up(self, once: int = 40, recycled: int = 20) -> None:
        """More leads: those that are called once, and those that come back and back."""
        endings = [ONCE[turn % len(ONCE)] for turn in range(once)] + [
            AGAIN[turn % len(AGAIN)] for turn in range(recycled)
        ]
        self._lists += 1
        self.seed([self._number(ending) for ending in endings], name=f"list{self._lists}")

    def ensure_up(self) -> None:
        """Whatever does not run is started."""
        if self.cluster is not None and not self.cluster.running:
            self.cluster.start()
        if self.lab.asterisk.exited:
            self.lab.restart_asterisk()
        if not self.agi.running:
            self.start_agi()
        if not self.engine.running:
            self.engine.start()
            self.engine.wait_for("asterisk_connected", RECOVERY_SECONDS)

    def begin(self) -> None:
        """What is judged begins here: it dials, and calls are up."""
        self.ensure_up()
        self.require_still()
        for program in (self.engine, self.agi):
            program.look_from_here()
        self.began = time.time()
        self.broken.clear()
        self.recoveries.clear()
        self.top_up()
        if self.state() is CampaignState.PAUSED:
            self.act(CampaignAction.RESUME)

    def more_calls(self, count: int, timeout: float = RECOVERY_SECONDS) -> None:
        """Returns when so many more calls have come to the carrier."""
        seen = len(self.calls())
        self.wait(lambda: len(self.calls()) >= seen + count, f"{count} more calls", timeout)

    def last_for(self, seconds: float) -> None:
        """It goes on as it is for so long."""
        until = time.monotonic() + seconds / self._hurry
        self.wait(lambda: time.monotonic() > until, "the time is over", seconds + 5.0)

    @contextmanager
    def breaking(self) -> Iterator[None]:
        """Something is broken inside the block, and mended at its end."""
        began = time.time()
        try:
            yield
        finally:
            self.broken.append(Broken(began, time.time()))

    def recovered(self) -> float:
        """Seconds from the last repair to the first call that was sent after it, once it has come; kept in `recoveries`.
        AssertionError when none comes in a minute.
        """
        mended = self.broken[-1].mended
        first = self.wait(lambda: self._first_sent_after(mended), "dialing goes on", RECOVERY_SECONDS)
        self.recoveries.append(first - mended)
        return self.recoveries[-1]

    def wait(self, look: Callable[[], T], what: str, timeout: float = RECOVERY_SECONDS) -> T:
        """As Rig.wait; that the machine is busy is no fault of what is drilled."""
        return super().wait(look, what, timeout)

    def restart(self, program: Patient, sign: str, environment: Mapping[str, str] | None = None) -> None:
        """It leaves when it is told to, begins again with the files as they are, and has said `sign`."""
        if program.running:
            program.signal(signal.SIGTERM)
            program.exit_code()
        program.start(environment)
        program.wait_for(sign)

    def set_clock(self, ahead: float) -> None:
        """dialerd's wall clock shows so many seconds more, if it was started with `clock_environment`."""
        now = time.time()
        if self.eras:
            self.eras[-1] = Era(self.eras[-1].began, now, self.eras[-1].ahead)
        self.eras.append(Era(now, float("inf"), ahead))
        new = self.clock_file.with_suffix(".new")
        new.write_text(str(ahead))
        new.replace(self.clock_file)

    @property
    def clock_environment(self) -> dict[str, str]:
        """For daemons whose clock is to be set."""
        return {"DIALERD_CLOCK_AHEAD": str(self.clock_file)}

    def quiet(self) -> None:
        """Nothing new is sent, and every call has ended, or never will."""
        self.wait(self._paused, "the campaign is paused", RECOVERY_SECONDS)
        with suppress(AssertionError):
            self.wait(lambda: not self.open(), "every attempt ended", QUIET_SECONDS)
        with suppress(AssertionError):
            wait_for(lambda: not self.tail.up(), "the carrier's calls ended", 1.0)
        # A carrier does not learn of a death: some of its calls would go on for ever.
        if self.tail.up():
            self.lab.carrier.rx("channel request hangup all")
        self.wait(lambda: not self.tail.up(), "the carrier's calls ended")
        self.still_since = time.time()

    def require_still(self) -> None:
        """AssertionError when a call has come since it was quiet."""
        late = [call.number for call in self.tail.since(self.still_since)]
        assert not late, f"called while nothing was to be sent: {late}"

    def judged(self, terms: Terms, cycles: int, recovery: float | None) -> Figures:
        """The figures of what was done since `begin`; call it when it is quiet."""
        made = self._since_began()
        attempts_ = at_true_time(made, self.eras, self.began)
        kept = {one.attempt_id for one in attempts_}
        outside = sent_outside([one for one in made if one.attempt_id in kept], self.openings)
        stuck = [f"{one.phone}: attempt {one.attempt_id} is {one.state.value} for ever" for one in self.open()]
        return figures(
            attempts_,
            self.calls(),
            self.broken,
            terms,
            outside=outside,
            stuck=[*stuck, *self._waiting_for_nothing()],
            cycles=cycles,
            recovery_seconds=recovery,
        )

    def attempts(self, campaign: str | None = None) -> list[AttemptRecord]:
        """Those that were claimed since `begin`, at the carrier's time."""
        del campaign
        return at_true_time(self._since_began(), self.eras, self.began)

    def open(self) -> list[AttemptRecord]:
        return self.ask(lambda conn: attempts.page(conn, open_only=True, limit=1000))

    def calls(self) -> list[CarrierCall]:
        return self.tail.since(self.began)

    def close(self) -> None:
        """As Rig.close, and the wires."""
        with ExitStack() as stack:
            stack.callback(self._ports.release)
            stack.callback(self.agi_wire.close)
            for wire in (self.ami_wire, *self.more_wires):
                stack.callback(wire.close)
            stack.callback(super().close)

    def _paused(self) -> bool:
        with suppress(DialerdError):
            if self.state() is not CampaignState.PAUSED:
                self.act(CampaignAction.PAUSE)
            return True
        return False

    def _first_sent_after(self, epoch: float) -> float | None:
        """When the first call arrived that was sent then or later: one that was on its way before proves nothing."""
        later = [call for call in self.calls() if call.time > epoch]
        if not later:
            return None
        sent = {one.phone: one.sending_at for one in self.attempts() if one.sending_at is not None}
        return min(
            (call.time for call in later if call.number in sent and sent[call.number].timestamp() >= epoch),
            default=None,
        )

    def _since_began(self) -> list[AttemptRecord]:
        since = datetime.fromtimestamp(self.began, UTC)
        statement = RECORDS.where(attempts_table.c.claimed_at >= since).order_by(attempts_table.c.id)
        return self.ask(lambda conn: [read_record(row) for row in conn.execute(statement)])

    def _waiting_for_nothing(self) -> list[str]:
        """Leads that are neither due some time nor closed, and in no call."""
        in_call = select(attempts_table.c.lead_id).where(attempts_table.c.ended_at.is_(None))
        idle = select(leads.c.phone, leads.c.disposition, func.coalesce(leads.c.waits_for, "")).where(
            leads.c.due_at.is_(None), leads.c.closed.is_(None), leads.c.id.not_in(in_call)
        )
        rows = self.ask(lambda conn: conn.execute(idle.limit(100)).all())
        return [
            f"{phone}: its lead, {disposition}, waits for nothing {waits_for}" for phone, disposition, waits_for in rows
        ]

    def _number(self, ending: str) -> str:
        """One that nobody has had yet; the carrier does what its last three digits say."""
        self._made += 1
        area, office, digit = self._made // 8000, 200 + self._made % 8000 // 10, self._made % 10
        return f"+1{_AREAS[area]}{office}{digit}{ending}"
