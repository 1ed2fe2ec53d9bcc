"""`calls`: how many calls a second the full path makes, beside the least that an AMI dialer can do.

The full path is `dialerd run` and `dialerd agi` with all their durability. The bare one is an AMI loop and two trivial
FastAGI scripts, without a database, through the same dialplan of the same Asterisk to the same carrier, with as many
calls at once. They take turns, the carrier's log counts both, medians are compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cpu
from stage import calls_since, note_load, set_up, wait_for_first

from dialerd.domain.errors import Unavailable
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.judge import judge
from dialerd.lab.lab import start_lab
from dialerd.lab.ports import claim_ports
from dialerd.lab.postgres import private_postgres

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SETTLE_SECONDS = 2.0
MEASURED_SECONDS = 6.0
AT_ONCE = 100
LEADS = ROUNDS * 7000
# Each database's people live in other places, so that the carrier's log tells whose call it was.
AREAS = {"calls": (202, 212, 213, 305), "calls_postgresql": (312, 404, 415, 503)}
AGAINST = "bare_ami_loop_with_two_fastagi_scripts"
HERE = Path(__file__).parent
START_SECONDS = 10.0
PROMISED = 0.6


@dataclass(frozen=True)
class Played:
    """A round: calls a second, and milliseconds of CPU for each, both Asterisks and PostgreSQL included."""

    rate: float
    cost: float


def run(say):
    """Measure, and return the lines of the report and whether all is well."""
    rounds = {"bare": [], **{name: [] for name in AREAS}}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialerd-bench-")))
        # The callee answers at once and stays: the route's destination hangs up, so every call goes the whole way.
        times = CarrierTimes(ring=0.0, speak=False)
        lab = stack.enter_context(start_lab(folder / "lab", mix="answer-stay=100", times=times))
        stages = set_up_stages(lab, stack, say)
        for number in range(ROUNDS):
            players = {"bare": lambda say: bare_round(lab, number, say)}  # noqa: B023 - played in this round
            players |= {name: stage_player(stage) for name, stage in stages.items()}
            for name, play in players.items():
                rounds[name].append(play(lambda text: say(f"{name}: {text}")))  # noqa: B023 - said at once
                say(f"round {number + 1} {name}: {rounds[name][-1].rate:.1f} calls/s, {note_load()}")
        faults = [fault for name, stage in stages.items() for fault in agreement(stage, AREAS[name])]
    for fault in faults[:10]:
        say(f"fault: {fault}")
    lines, ratios = report(rounds)
    return lines, not faults and ratios["calls"] >= PROMISED


def report(rounds):
    """The lines, and the ratio by name."""
    bare = rounds.pop("bare")
    rate, cost = median(played.rate for played in bare), median(played.cost for played in bare)
    lines, ratios = [], {}
    for name, played in rounds.items():
        if played:
            mine, spent = median(each.rate for each in played), median(each.cost for each in played)
            ratios[name] = mine / rate
            lines += [
                f"bench {name} {mine:.1f} calls/s {mine / rate:.2f} {AGAINST}",
                f"bench {name}_cpu {spent:.2f} ms/call {cost / spent:.2f} {AGAINST}",
            ]
    return lines, ratios


def set_up_stages(lab, stack, say):
    """One installation for each database, with leads for all rounds and no pace that would hold them back."""
    urls, servers = {"calls": f"sqlite:///{lab.dir}/calls.db"}, {}
    try:
        cluster = stack.enter_context(private_postgres())
        urls["calls_postgresql"] = stack.enter_context(cluster.database())
        servers["calls_postgresql"] = {"PostgreSQL": {cluster._server.pid}}
    except Unavailable as error:
        say(f"without PostgreSQL: {error}")
    return {
        name: set_up(
            lab,
            name,
            url=url,
            leads=LEADS,
            calls_per_second=1000,
            max_calls=AT_ONCE,
            areas=AREAS[name],
            servers=servers.get(name, {}),
        )
        for name, url in urls.items()
    }


def stage_player(stage):
    """A round of this stage."""
    return lambda say: full_round(stage, say)


def full_round(stage, say):
    """Calls a second through dialerd."""
    began = time.time()
    with stage.dialing() as programs:
        first = wait_for_first(stage.lab, began, programs)
        groups = {f"dialerd {program.name}": {program.process.pid} for program in programs} | stage.servers
        played = measured(stage.lab, first, groups, say)
        for program in programs:
            program.require_running()
    return played


def bare_round(lab, number, say):
    """Calls a second through the bare loop."""
    ports = claim_ports(1)
    agi = background("bare_fastagi.py", str(ports.numbers[0]))
    dialer = background("bare_dialer.py", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        # The server listens within this time, or nothing is counted.
        time.sleep(1.0)
        orders = {
            **lab.as_json()["ami"],
            "agi": f"agi://127.0.0.1:{ports.numbers[0]}",
            "endpoint": "carrier",
            "calls": AT_ONCE,
            "seconds": SETTLE_SECONDS + MEASURED_SECONDS + 0.5,
            "round": number,
        }
        began = time.time()
        dialer.stdin.write(json.dumps(orders))
        dialer.stdin.close()
        while not (calls := calls_since(lab, began)):
            assert dialer.poll() is None, "the bare loop has ended"
            assert time.time() < began + START_SECONDS, "the bare loop dials nothing"
            time.sleep(0.1)
        played = measured(lab, calls[0].time, {"loop": {dialer.pid}, "scripts": {agi.pid}}, say)
        counts = json.loads(dialer.stdout.read())
        if counts["started"] != counts["ended"]:
            say(f"lost sight of {counts['started'] - counts['ended']} calls")
        return played
    finally:
        for process in (dialer, agi):
            process.kill()
            process.wait()
        dialer.stdout.close()
        ports.release()


def background(script, *arguments, **options):
    """The script as a process in a session of its own: on a busy machine Linux gives each session the same share, and
    dialerd's processes have one each.
    """
    return subprocess.Popen([sys.executable, str(HERE / script), *arguments], start_new_session=True, **options)


def measured(lab, first, groups, say):
    """Calls that the carrier saw end in the measured time, a second; says what they cost."""
    start = first + SETTLE_SECONDS
    end = start + MEASURED_SECONDS
    everybody = {**groups, "Asterisk": {lab.asterisk.pid}, "carrier": {lab.carrier.pid}}
    used, idle = cpu.between(start, end, everybody)
    ended = sum(call.ended is not None and start <= call.ended < end for call in calls_since(lab, first))
    busy = sum(used.values()) / MEASURED_SECONDS
    others = os.cpu_count() - busy - idle / MEASURED_SECONDS
    say(f"{cpu.per_call(used, ended)}; {busy:.2f} of {os.cpu_count()} cores, others {others:.2f}")
    return Played(ended / MEASURED_SECONDS, 1000 * sum(used.values()) / ended)


def agreement(stage, areas):
    """What dialerd wrote down against what the carrier saw, of all rounds: fast and wrong does not count."""
    ours = tuple(f"+1{area}" for area in areas)
    calls = [call for call in stage.lab.calls() if call.number.startswith(ours)]
    return judge(stage.attempts(), calls).disagreements
