"""`run.py [NAME ...]`: drills the faults of the catalogue, all without arguments, on both databases side by side.

Writes var/faults/results.json, with each drill as it ends, carries on after one that goes wrong, and ends with 0 only if every
figure that has to be 0 is 0 and it always dialed on. DATABASE chooses one database, CYCLES so many cycles of each fault.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent))  # the harness of the tests

from drill.catalogue import FAULTS
from drill.fault import BOTH, Fault, drill
from drill.stage import staged
from drill.verdict import Figures
from drill.world import World

OUT = Path("var/faults")
# These have a world of their own.
LONG = ("random_kills", "quiet_after_random_kills")
LOOK_SECONDS = 1.0
HEAD = ("cycles", "calls", "double_dialed", "lost_dispositions", "over_pace", "outside_hours", "stuck_leads")
TITLES = "cycles  calls double   lost   over outside  stuck recovery_seconds"


def say(text: str) -> None:
    """A line for those who watch."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """One process for each database and lane, and their results as one file, which grows as they come."""
    if arguments[:1] == ["--on"]:
        play(arguments[1], Path(arguments[2]), arguments[3:])
        return 0
    unknown = [name for name in arguments if name not in FAULTS]
    if unknown:
        say(f"no fault {' '.join(unknown)}; there are:\n  " + "\n  ".join(FAULTS))
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    began, databases = time.time(), [os.environ["DATABASE"]] if os.environ.get("DATABASE") else list(BOTH)
    say(f"{'database':11} {'fault':42} {TITLES}")
    with tempfile.TemporaryDirectory(prefix="dialerd-drills-") as folder:
        players: dict[Path, subprocess.Popen[bytes]] = {}
        for database, names in lanes(databases, arguments or list(FAULTS)):
            part = Path(folder) / f"{len(players)}.json"
            part.write_text("[]")
            players[part] = subprocess.Popen([sys.executable, __file__, "--on", database, str(part), *names])
        while any(player.poll() is None for player in players.values()):
            time.sleep(LOOK_SECONDS)
            _publish(_rows(players), began, good=False)
        rows = _rows(players)
        good = not any(player.returncode for player in players.values()) and all(row["good"] for row in rows)
        _publish(rows, began, good=good)
    seconds, bad = time.time() - began, [f"{row['database']} {row['fault']}" for row in rows if not row["good"]]
    say(f"{len(rows)} drills, {sum(row['calls'] for row in rows)} calls in {seconds:.0f} s: {OUT}/results.json")
    say("all good" if good else f"not good: {', '.join(bad) or 'a player broke down'}")
    return 0 if good else 1


def lanes(databases: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """What goes on side by side. Drills wait more than they work, and the longest of them takes as long as many others."""
    for database in databases:
        for lane in ([name for name in names if name in LONG], [name for name in names if name not in LONG]):
            here = [name for name in lane if database in FAULTS[name].databases]
            if here:
                yield database, here


def _rows(parts: Iterable[Path]) -> list[dict[str, Any]]:
    """What has been drilled until now, in the order of the catalogue."""
    order = {name: place for place, name in enumerate(FAULTS)}
    rows = [row for part in parts for row in json.loads(part.read_text())]
    return sorted(rows, key=lambda row: (row["database"] != BOTH[0], order[row["fault"]]))


def _publish(rows: Sequence[Mapping[str, Any]], began: float, *, good: bool) -> None:
    result = {
        "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - began),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "good": good,
        "faults": rows,
    }
    _put(OUT / "results.json", json.dumps(result, indent=1) + "\n")


def _put(path: Path, text: str) -> None:
    """There as a whole, whoever reads it meanwhile."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def play(
    database: str,
    part: Path,
    names: list[str],
    *,
    stage: Callable[[str, Path], AbstractContextManager[World]] = staged,
    drilled: Callable[[World, Fault], Figures] | None = None,
) -> None:
    """The faults on one database, in one world; after one that went wrong in a new one. The rows go to `part`."""
    wanted = [FAULTS[name] for name in names]
    rows: list[dict[str, object]] = []

    def done(fault: Fault, figures: Figures, began: float) -> None:
        rows.append(_row(fault, database, figures, time.monotonic() - began))
        _put(part, json.dumps(rows))

    while wanted:
        folder = tempfile.TemporaryDirectory(prefix="dialerd-faults-", ignore_cleanup_errors=True)
        began, left = time.monotonic(), len(wanted)
        try:
            with folder, stage(database, Path(folder.name)) as world:
                _play_on(world, wanted, drilled or _drilled, done)
        except Exception as error:  # noqa: BLE001 - a world that breaks down must not keep the other drills from being run
            say(traceback.format_exc())
            if len(wanted) == left:
                done(wanted.pop(0), Figures(0, 0, faults=(f"no world: {error}",)), began)


def _play_on(
    world: World,
    wanted: list[Fault],
    drilled: Callable[[World, Fault], Figures],
    done: Callable[[Fault, Figures, float], None],
) -> None:
    """As many of them as the world is of use for."""
    while wanted:
        fault, began = wanted.pop(0), time.monotonic()
        figures = drilled(world, fault)
        done(fault, figures, began)
        if not figures.good:
            return


def _drilled(world: World, fault: Fault) -> Figures:
    cycles = int(os.environ.get("CYCLES") or 0) or None
    try:
        found = drill(world, fault, cycles)
    except Exception as error:  # noqa: BLE001 - one drill that breaks down must not keep the others from being run
        say(traceback.format_exc())
        found = Figures(0, 0, faults=(f"{type(error).__name__}: {error}",))
    if not found.good:
        _keep(world, OUT / f"{fault.name}-{world.database.safe_url.partition(':')[0]}")
    return found


def _keep(world: World, folder: Path) -> None:
    """What was logged around a drill that went wrong, before its world is gone."""
    folder.mkdir(exist_ok=True)
    for log in (*world.folder.glob("*.log"), *world.lab.asterisk.home.glob("log/*"), world.lab.carrier_log):
        if log.is_file():
            shutil.copy(log, folder / log.name)


def _row(fault: Fault, database: str, figures: Figures, seconds: float) -> dict[str, object]:
    row = {"fault": fault.name, "database": database, **asdict(figures)}
    row |= {"seconds": round(seconds, 1), "good": figures.good}
    cells = " ".join(f"{row[name]:>6}" for name in HEAD)
    say(f"{database:11} {fault.name:42} {cells}  {figures.recovery_seconds}  ({seconds:.0f} s)")
    for word in figures.faults:
        say(f"    {word}")
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
