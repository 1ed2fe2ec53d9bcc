"""`run.py [NAME ...]`: drills the faults of the catalogue, all without arguments, on both databases side by side.

Writes var/faults/results.json and ends with 0 only if every figure that has to be 0 is 0 and it always dialed on. DATABASE
chooses one database, CYCLES so many cycles of each fault.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))  # the harness of the tests

from drill.catalogue import FAULTS
from drill.fault import BOTH, Fault, drill
from drill.stage import staged
from drill.verdict import Figures

OUT = Path("var/faults")
HEAD = ("cycles", "calls", "double_dialed", "lost_dispositions", "over_pace", "outside_hours", "stuck_leads")
TITLES = "cycles  calls double   lost   over outside  stuck recovery_seconds"


def say(text: str) -> None:
    """A line for those who watch."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """One process for each database, and their results as one file."""
    if arguments[:1] == ["--on"]:
        return play(arguments[1], arguments[2:])
    unknown = [name for name in arguments if name not in FAULTS]
    if unknown:
        say(f"no fault {' '.join(unknown)}; there are:\n  " + "\n  ".join(FAULTS))
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    began, databases = time.time(), [os.environ["DATABASE"]] if os.environ.get("DATABASE") else list(BOTH)
    say(f"{'database':11} {'fault':42} {TITLES}")
    players = [
        subprocess.Popen([sys.executable, __file__, "--on", database, *(arguments or FAULTS)]) for database in databases
    ]
    codes = [player.wait() for player in players]
    rows = [row for database in databases for row in json.loads(_part(database).read_text())]
    result = {
        "began": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - began),
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "good": not any(codes) and all(row["good"] for row in rows),
        "faults": rows,
    }
    (OUT / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    say(f"{len(rows)} drills, {sum(row['calls'] for row in rows)} calls in {result['seconds']} s: {OUT}/results.json")
    return 0 if result["good"] else 1


def play(database: str, names: list[str]) -> int:
    """The faults on one database, in one world; when that is beyond repair, in a new one."""
    wanted = [FAULTS[name] for name in names if database in FAULTS[name].databases]
    rows: list[dict[str, object]] = []
    while wanted:
        folder = tempfile.TemporaryDirectory(prefix="dialerd-faults-", ignore_cleanup_errors=True)
        with folder, staged(database, Path(folder.name)) as world:
            while wanted:
                fault = wanted.pop(0)
                began = time.monotonic()
                figures, whole = _drilled(world, fault)
                rows.append(_row(fault, database, figures, time.monotonic() - began))
                _part(database).write_text(json.dumps(rows))
                if not whole:
                    break
    _part(database).write_text(json.dumps(rows))
    return 0


def _drilled(world, fault: Fault) -> tuple[Figures, bool]:
    """The figures, and whether the world is still of use."""
    cycles = int(os.environ.get("CYCLES") or 0) or None
    try:
        return drill(world, fault, cycles), True
    except Exception as error:  # noqa: BLE001 - one drill that breaks down must not keep the others from being run
        say(traceback.format_exc())
        return Figures(0, 0, faults=(f"{type(error).__name__}: {error}",)), False


def _row(fault: Fault, database: str, figures: Figures, seconds: float) -> dict[str, object]:
    row = {"fault": fault.name, "database": database, **asdict(figures)}
    row |= {"seconds": round(seconds, 1), "good": figures.good}
    cells = " ".join(f"{row[name]:>6}" for name in HEAD)
    say(f"{database:11} {fault.name:42} {cells}  {figures.recovery_seconds}  ({seconds:.0f} s)")
    for word in figures.faults:
        say(f"    {word}")
    return row


def _part(database: str) -> Path:
    return OUT / f"{database}.json"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
