"""A hundred thousand rows are imported while it dials."""

from __future__ import annotations

from dialerd.service import lists
from drill.fault import Fault
from drill.patient import Patient
from drill.verdict import Terms
from drill.world import PACE, World

ROWS = 100_000
IMPORT_SECONDS = 300.0


def import_many(world: World) -> None:
    """By the command, as a list owner does."""
    file = world.folder / "many.csv"
    rows = (f"+1{202 + n // 10_000 % 20}555{n % 10_000:04d},Ada" for n in range(ROWS))
    file.write_text("phone_number,first_name\n" + "\n".join(rows) + "\n")
    lists.create(world.database, "many", actor="the drills", now=world.now())
    command = Patient(world.config, ("list", "import", "many", str(file)), world.folder / "import.log")
    with world.breaking():
        command.start()
        code = command.exit_code(IMPORT_SECONDS)
        assert code == 0, command.tail()
    world.more_calls(PACE)


FAULTS = [Fault("import_of_100000_rows", import_many, terms=Terms(PACE, unknown=False))]
