"""`pace_import`: 50 calls a second while a million rows load into the same database, on SQLite and PostgreSQL.

Judged by the carrier's log of INVITEs from the beginning of `dialerd list import` to its end, as `pace` is: met when no
half-open window of one second holds more than 50 of them and their mean is within 1 % of 50. DIALERD_BENCH_ROWS=100000 is
for those in a hurry.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from imports import ROWS
from pace import PACE, TOLERANCE, error_line, interval_error
from people import write_file
from stage import calls_since, note_load, set_up, wait_for_first

from dialerd.domain.errors import Unavailable
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.demo.programs import dialerd
from dialerd.lab.judge import busiest_second, judge, mean_pace
from dialerd.lab.lab import start_lab
from dialerd.lab.postgres import private_postgres

MIX = "busy=20,rejected=10,unallocated=5,congestion=5"
MOST_SECONDS = 600
LEADS = 30_000
"""Enough for the longest import."""
# Each database's people live in other places, so that the carrier's log tells whose call it was.
AREAS = {"sqlite": (202, 212, 213), "postgresql": (305, 312, 404)}
ALONE_SECONDS = 5.0


def run(say):
    """Measure, and return the lines of the report and whether the promise was kept."""
    lines, good = [], True
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialerd-bench-")))
        file = write_file(folder / "people.csv", ROWS)
        lab = stack.enter_context(start_lab(folder / "lab", mix=MIX, times=CarrierTimes(speak=False)))
        urls = {"sqlite": f"sqlite:///{lab.dir}/pace.db"}
        try:
            urls["postgresql"] = stack.enter_context(stack.enter_context(private_postgres()).database())
        except Unavailable as error:
            say(f"without PostgreSQL: {error}")
        for kind, url in urls.items():
            leads = {"leads": LEADS, "areas": AREAS[kind], "calls_per_second": PACE, "max_calls": 1000}
            stage = set_up(lab, f"pace_{kind}", url=url, **leads)
            times, seconds, faults = dialed_while_it_loads(stage, lab, file, AREAS[kind], say)
            most, mean = busiest_second(times), mean_pace(times)
            for fault in faults[:10]:
                say(f"fault: {fault}")
            error = error_line(interval_error(times)).removeprefix("bench pace")
            lines += [
                f"bench pace_import_{kind}_max_in_any_second {most} calls {most / PACE:.3f} cap_of_{PACE}",
                f"bench pace_import_{kind}_mean {mean:.2f} calls/s {mean / PACE:.4f} target_of_{PACE}",
                f"bench pace_import_{kind}{error}",
                f"bench pace_import_{kind}_load {ROWS / seconds:.0f} rows/s - beside_{PACE}_calls_a_second",
            ]
            good = good and most <= PACE and abs(mean / PACE - 1) <= TOLERANCE and not faults
            say(f"{kind}: {ROWS:,} rows in {seconds:.0f} s; {note_load()}")
    return lines, good


def dialed_while_it_loads(stage, lab, file, areas, say):
    """The instants of the calls while the file was imported, how many seconds that took, and what disagrees."""
    ours = tuple(f"+1{area}" for area in areas)
    began = time.time()
    with stage.dialing() as programs:
        first = wait_for_first(lab, began, programs)
        time.sleep(max(0.0, first + ALONE_SECONDS - time.time()))
        subprocess.run(
            dialerd(stage.config, "list", "create", "bulk", "--region", "US"), check=True, stdout=subprocess.DEVNULL
        )
        begun = time.time()
        done = subprocess.run(
            dialerd(stage.config, "list", "import", "bulk", str(file), "--json"),
            check=True,
            stdout=subprocess.PIPE,
            timeout=MOST_SECONDS,
        )
        ended = time.time()
        say(note_load())
        for program in programs:
            program.require_running()
    assert json.loads(done.stdout)["rows"] == ROWS, done.stdout
    times = [call.time for call in calls_since(lab, begun) if call.time < ended]
    mine = [call for call in lab.calls() if call.number.startswith(ours)]
    return times, ended - begun, judge(stage.attempts(), mine).disagreements
