"""What is drilled side by side, and what stays of it when something goes wrong."""

from __future__ import annotations

import json
from contextlib import contextmanager

from drill import run
from drill.catalogue import FAULTS
from drill.fault import BOTH
from drill.verdict import Figures

GOOD = Figures(1, 10, recovery_seconds=1.0)


def test_each_fault_is_drilled_once_on_each_of_its_databases():
    lanes = list(run.lanes(BOTH, list(FAULTS)))
    wanted = {(database, fault.name) for fault in FAULTS.values() for database in fault.databases}
    drilled = [(database, name) for database, names in lanes for name in names]
    assert len(drilled) == len(wanted)
    assert set(drilled) == wanted


def test_after_one_that_went_wrong_the_others_are_drilled_in_a_new_world_and_each_is_written_down(tmp_path):
    names, worlds = list(FAULTS)[:4], []
    bad = {names[1]: Figures(1, 10, double_dialed=1, recovery_seconds=1.0)}

    @contextmanager
    def stage(_database, folder):
        worlds.append(folder)
        if len(worlds) == 2:
            raise OSError("no port is free")
        yield folder

    part = tmp_path / "part.json"
    run.play("sqlite", part, names, stage=stage, drilled=lambda _world, fault: bad.get(fault.name, GOOD))
    rows = json.loads(part.read_text())
    assert [row["fault"] for row in rows] == names
    assert [row["good"] for row in rows] == [True, False, False, True]
    assert "no port is free" in rows[2]["faults"][0]
    assert len(worlds) == 3
