"""`pace`: 50 calls a second for a minute, judged by the carrier's log of INVITEs.

Met when no half-open window of one second holds more than 50 of them their mean is within 1 % of 50, and
99 of 100 intervals between two calls are at most 20 ms longer or shorter than even ones.
"""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

from stage import calls_since, note_load, set_up, wait_for_first

from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.judge import busiest_second, judge, mean_pace
from dialerd.lab.lab import start_lab

PACE = 50
SECONDS = 60.0
MIX = "busy=20,rejected=10,unallocated=5,congestion=5"
# What is left when the minute is over, so that the list does not end before it.
SPARE_LEADS = 400
TOLERANCE = 0.01
INTERVAL_ERROR = 0.020


def run(say):
    """Measure, and return the lines of the report and whether the promise was kept."""
    folder = tempfile.TemporaryDirectory(prefix="dialerd-bench-")
    with folder, start_lab(Path(folder.name) / "lab", mix=MIX, times=CarrierTimes(speak=False)) as lab:
        stage = set_up(
            lab,
            "pace",
            url=f"sqlite:///{lab.dir}/pace.db",
            leads=round(PACE * SECONDS) + SPARE_LEADS,
            calls_per_second=PACE,
            max_calls=1000,
        )
        began = time.time()
        with stage.dialing() as programs:
            first = wait_for_first(lab, began, programs)
            time.sleep(max(0.0, first + SECONDS - time.time()))
            say(note_load())
        times = [call.time for call in calls_since(lab, first) if call.time < first + SECONDS]
        faults = judge(stage.attempts(), lab.calls()).disagreements
    for fault in faults[:10]:
        say(f"fault: {fault}")
    most, mean, error = busiest_second(times), mean_pace(times), interval_error(times)
    lines = [
        f"bench pace_max_in_any_second {most} calls {most / PACE:.3f} cap_of_{PACE}",
        f"bench pace_mean {mean:.2f} calls/s {mean / PACE:.4f} target_of_{PACE}",
        error_line(error),
    ]
    kept = most <= PACE and abs(mean / PACE - 1) <= TOLERANCE and error <= INTERVAL_ERROR
    return lines, kept and not faults


def interval_error(times):
    """How far (seconds) the intervals between calls are from even ones: the 99th percentile."""
    errors = [abs(after - before - 1 / PACE) for before, after in pairwise(times)]
    return quantiles(errors, n=100)[98]


def error_line(error):
    """The line that says so."""
    return f"bench pace_interval_error_p99 {1000 * error:.2f} ms {error / INTERVAL_ERROR:.3f} limit_of_20_ms"
