"""`weights`: two campaigns with weights 3 and 1 on one trunk that is not enough for both, judged by the carrier's log.

Met when, while both dial, the one has three calls for each of the other, within 2 %.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from stage import add_campaign, calls_since, note_load, set_up, wait_for_first

from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.judge import busiest_second
from dialerd.lab.lab import start_lab

PACE = 50
SECONDS = 60.0
WEIGHT = 3
MIX = "busy=40,rejected=20"
HEAVY_AREAS, LIGHT_AREAS = (202, 212, 213), (305, 312, 404)
# Each could fill the minute alone, and neither list ends before it.
LEADS = round(PACE * SECONDS) + 400
TOLERANCE = 0.02


def run(say):
    """Measure, and return the lines of the report and whether the promise was kept."""
    folder = tempfile.TemporaryDirectory(prefix="dialerd-bench-")
    with folder, start_lab(Path(folder.name) / "lab", mix=MIX, times=CarrierTimes(speak=False)) as lab:
        both = {"leads": LEADS, "calls_per_second": PACE, "max_calls": 1000}
        url = f"sqlite:///{lab.dir}/weights.db"
        stage = set_up(lab, "weights", url=url, areas=HEAVY_AREAS, weight=WEIGHT, trunk_pace=PACE, **both)
        add_campaign(stage, "light", areas=LIGHT_AREAS, weight=1, **both)
        began = time.time()
        with stage.dialing() as programs:
            first = wait_for_first(lab, began, programs)
            time.sleep(max(0.0, first + SECONDS - time.time()))
            say(note_load())
        calls = [call for call in calls_since(lab, first) if call.time < first + SECONDS]
    heavy = [call.time for call in calls if _area(call) in HEAVY_AREAS]
    light = [call.time for call in calls if _area(call) in LIGHT_AREAS]
    both_dial = max(min(heavy), min(light))
    ratio = sum(at >= both_dial for at in heavy) / sum(at >= both_dial for at in light)
    most = busiest_second([call.time for call in calls])
    lines = [
        f"bench weights_ratio {ratio:.3f} calls_for_each {ratio / WEIGHT:.4f} weights_of_{WEIGHT}_to_1",
        f"bench weights_trunk_max_in_any_second {most} calls {most / PACE:.3f} cap_of_{PACE}",
    ]
    return lines, abs(ratio / WEIGHT - 1) <= TOLERANCE


def _area(call):
    return int(call.number[2:5])
