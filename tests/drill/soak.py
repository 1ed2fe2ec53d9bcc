"""`soak.py`: MINUTES (30) at RATE (50) calls a second, and whether the two processes stay as they are.

Samples memory, descriptors, threads and tasks of the engine and of FastAGI. Flat means: the mean of the last quarter of the
time is at most 5 % above or below that of the second; the first one is for caches to fill. Prints a table, writes
var/soak/results.json, and ends with 0 only if all is flat, the pace was kept up, and the carrier's log agrees.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

sys.path.append(str(Path(__file__).parent.parent))  # the harness of the tests

from dialerd.domain.lifecycle import CampaignAction
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.judge import judge
from dialerd.lab.lab import start_lab
from dialerd.store import attempts
from drill.tail import Tail
from harness.rig import CAMPAIGN, Rig

MINUTES = float(os.environ.get("MINUTES") or 30)
RATE = int(os.environ.get("RATE") or 50)
SAMPLES = 240
FLAT = 0.05
LEAST_PACE = 0.95
MIX = "busy=20,no-answer=10,rejected=10,unallocated=5"
TIMES = CarrierTimes(ring=0.2, talk=1.0, speak=False)
START_SECONDS = 30.0
LIST_LEADS = 20_000
OUT = Path("var/soak")


@dataclass(frozen=True)
class Row:
    """One measure of one process: its means over the quarters of the time."""

    process: str
    measure: str
    quarters: tuple[float, ...]

    @property
    def growth(self) -> float:
        """From the second quarter to the last, as a share of the second."""
        second, last = self.quarters[1], self.quarters[3]
        return (last - second) / second if second else 0.0

    @property
    def flat(self) -> bool:
        return abs(self.growth) <= FLAT


def say(text: str) -> None:
    """A line for those who watch."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Soak, tell, and the exit code."""
    with (
        tempfile.TemporaryDirectory(prefix="dialerd-soak-", ignore_cleanup_errors=True) as folder,
        start_lab(Path(folder) / "lab", mix=MIX, times=TIMES) as lab,
    ):
        home = Path(folder) / "dialerd"
        home.mkdir()
        rig = Rig(lab, home, f"sqlite:///{home}/dialerd.db")
        try:
            return soak(rig)
        finally:
            rig.close()


def soak(rig: Rig) -> int:
    """Dial, sample, judge."""
    metrics = {"engine": rig.lab.ports.engine_metrics, "agi": rig.lab.ports.agi_metrics}
    for section, port in metrics.items():
        rig.settings[section]["metrics_port"] = port
    rig.write_settings()
    rig.write_campaign(calls_per_second=RATE, max_calls=1000, ring_timeout="3s", max_talk_time="5s")
    _fill(rig, round(RATE * MINUTES * 60 * 1.05) + 10 * RATE)
    rig.start()
    rig.act(CampaignAction.START)
    tail = Tail(rig.lab.carrier_log)
    rig.wait(tail.newest, "the first call", START_SECONDS)
    samples = _sampled(rig, metrics, MINUTES * 60)
    elapsed = samples[-1][0]
    calls = len(tail.since(rig.began))
    pace = calls / elapsed
    rows = _rows(samples)
    rig.act(CampaignAction.PAUSE)
    rig.wait(
        lambda: not rig.ask(lambda conn: attempts.page(conn, open_only=True)), "every attempt ended", START_SECONDS
    )
    rig.wait(lambda: not tail.up(), "the carrier's calls ended", START_SECONDS)
    with rig.database.read() as conn:
        made = attempts.page(conn, campaign=CAMPAIGN, limit=10_000_000)
    wrong = judge(made, tail.since(rig.began)).disagreements
    return _tell(rows, calls, pace, wrong)


def _fill(rig: Rig, count: int) -> None:
    numbers = [f"+1{201 + n // 10_000}555{n % 10_000:04d}" for n in range(count)]
    for at in range(0, count, LIST_LEADS):
        rig.seed(numbers[at : at + LIST_LEADS], name=f"list{at}")


def _sampled(rig: Rig, metrics: dict[str, int], seconds: float) -> list[tuple[float, dict[tuple[str, str], float]]]:
    began, samples = time.monotonic(), []
    for turn in range(1, SAMPLES + 1):
        due = began + seconds * turn / SAMPLES
        time.sleep(max(0.0, due - time.monotonic()))
        found: dict[tuple[str, str], float] = {}
        for name, program in (("engine", rig.engine), ("agi", rig.agi)):
            pids = _family(program.pid)
            for measure, look in MEASURES.items():
                found[name, measure] = sum(look(pid) for pid in pids)
        found["engine", "tasks"] = _tasks(metrics["engine"])
        samples.append((time.monotonic() - began, found))
        if turn % (SAMPLES // 12) == 0:
            say(
                f"{samples[-1][0]:6.0f} s  "
                + "  ".join(f"{who} {what} {value:g}" for (who, what), value in found.items())
            )
    return samples


def _rows(samples: list[tuple[float, dict[tuple[str, str], float]]]) -> list[Row]:
    size = len(samples) // 4
    quarters = [[found for _, found in samples[turn * size : (turn + 1) * size]] for turn in range(4)]
    return [
        Row(process, measure, tuple(round(mean(found[process, measure] for found in part), 2) for part in quarters))
        for process, measure in samples[0][1]
    ]


def _tell(rows: list[Row], calls: int, pace: float, wrong: tuple[str, ...]) -> int:
    say(f"{'process':8} {'measure':12} {'quarter 1':>10} {'2':>10} {'3':>10} {'4':>10} {'growth':>8}  flat")
    for row in rows:
        cells = " ".join(f"{value:>10.1f}" for value in row.quarters)
        say(f"{row.process:8} {row.measure:12} {cells} {row.growth:>7.1%}  {'yes' if row.flat else 'NO'}")
    say(f"{calls} calls, {pace:.1f} a second, {len(wrong)} disagreements with the carrier")
    for fault in wrong[:10]:
        say(f"    {fault}")
    good = all(row.flat for row in rows) and not wrong and pace >= LEAST_PACE * RATE
    OUT.mkdir(parents=True, exist_ok=True)
    result = {
        "minutes": MINUTES,
        "rate": RATE,
        "calls": calls,
        "pace": round(pace, 2),
        "disagreements": list(wrong),
        "good": good,
        "rows": [
            {"process": row.process, "measure": row.measure, "quarters": row.quarters, "growth": round(row.growth, 4)}
            for row in rows
        ],
    }
    (OUT / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0 if good else 1


def _family(pid: int) -> list[int]:
    """A process and those it started."""
    found = [pid]
    for one in found:
        found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found


def _memory(pid: int, field: str) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def _tasks(port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5.0) as page:
        lines = page.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("dialerd_tasks "))


MEASURES: dict[str, Callable[[int], float]] = {
    "pss_mb": lambda pid: _memory(pid, "Pss"),
    "rss_mb": lambda pid: _memory(pid, "Rss"),
    "descriptors": lambda pid: len(list(Path(f"/proc/{pid}/fd").iterdir())),
    "threads": lambda pid: len(list(Path(f"/proc/{pid}/task").iterdir())),
}

if __name__ == "__main__":
    sys.exit(main())
