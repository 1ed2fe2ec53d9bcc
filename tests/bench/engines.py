"""`engines`: a second engine comes to one on PostgreSQL, is killed, and comes again, judged by the carrier's log.

Met when the other has the whole pace within five seconds of the kill, the newcomer its part within five of being connected,
and no second ever has more calls than the pace allows.
"""

from __future__ import annotations

import json
import tempfile
import time
from datetime import datetime
from pathlib import Path

from stage import START_SECONDS, calls_since, note_load, set_up, wait_for_first

from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.demo.programs import Program, dialerd
from dialerd.lab.judge import busiest_second
from dialerd.lab.lab import start_lab
from dialerd.lab.postgres import private_postgres
from dialerd.settings import load

PACE = 50
LEADS = 4000
PHASE_SECONDS = 8.0
LIMIT_SECONDS = 5.0
TIMES = 3
MIX = "busy=40,rejected=20"


def run(say):
    """Measure, and return the lines of the report and whether the promise was kept."""
    folder = tempfile.TemporaryDirectory(prefix="dialerd-bench-")
    with (
        folder,
        private_postgres() as cluster,
        cluster.database() as url,
        start_lab(Path(folder.name) / "lab", mix=MIX, times=CarrierTimes(speak=False)) as lab,
    ):
        stage = set_up(lab, "engines", url=url, leads=LEADS, calls_per_second=PACE, max_calls=1000)
        second = _second(lab, stage)
        began, joined, taken = time.time(), [], []
        with stage.dialing() as programs:
            first = wait_for_first(lab, began, programs)
            for _ in range(TIMES):
                second.start()
                joined.append(_joined(second, time.time()))
                time.sleep(PHASE_SECONDS)
                second.process.kill()
                killed = time.time()
                second.process.wait()
                time.sleep(PHASE_SECONDS)
                taken.append(_whole_again(lab, killed) - killed)
            say(note_load())
        most = busiest_second([call.time for call in calls_since(lab, first)])
    lines = [
        f"bench engines_join {max(joined):.2f} seconds {max(joined) / LIMIT_SECONDS:.2f} limit_of_{LIMIT_SECONDS:.0f}",
        f"bench engines_take_over {max(taken):.2f} seconds {max(taken) / LIMIT_SECONDS:.2f} limit_of_{LIMIT_SECONDS:.0f}",
        f"bench engines_max_in_any_second {most} calls {most / PACE:.3f} cap_of_{PACE}",
    ]
    return lines, max(*joined, *taken) <= LIMIT_SECONDS and most <= PACE


def _second(lab, stage):
    """Another engine, on the same Asterisk and database."""
    config = lab.dir / "second.toml"
    config.touch(mode=0o600)
    text = stage.config.read_text()
    for line in (f'name = "{load(stage.config).node.name}"', f"metrics_port = {lab.ports.engine_metrics}"):
        assert text.count(line) == 1, "the lab's configuration is not what it was"
        text = text.replace(line, 'name = "second"' if line.startswith("name") else "metrics_port = 0")
    config.write_text(text)
    return Program("second", dialerd(config, "run"), lab.dir / "second.log")


def _joined(second, began):
    """How long after its connection to Asterisk the engine had its part, as its log says."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        second.require_running()
        told = [json.loads(line) for line in second.log.read_text().splitlines() if line.startswith("{")]
        told = [entry for entry in told if _seconds(entry) >= began]
        up = next((entry for entry in told if entry["event"] == "asterisk_connected"), None)
        part = next((entry for entry in told if entry["event"] == "pace_shared" and not entry["obstacle"]), None)
        if up and part:
            return _seconds(part) - _seconds(up)
        assert time.monotonic() < deadline, "the second engine did not dial"
        time.sleep(0.1)


def _seconds(entry):
    return datetime.fromisoformat(entry["time"]).timestamp()


def _whole_again(lab, killed):
    """When the first second began, from the kill on, that has the whole pace again, but for one call in ten."""
    times = sorted(call.time for call in calls_since(lab, killed))
    return next(at for at in times if sum(at <= time < at + 1 for time in times) >= 0.9 * PACE)
