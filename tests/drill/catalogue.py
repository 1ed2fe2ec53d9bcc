"""Every fault, in the order in which a world goes through them: those that set the clock late, and a quiet minute at the end."""

from __future__ import annotations

from drill import (
    agi_crew_faults,
    agi_faults,
    ami_faults,
    asterisk_faults,
    byte_faults,
    carrier_faults,
    clock_faults,
    database_faults,
    engine_faults,
    kills,
    load_faults,
    quiet_faults,
)
from drill.fault import Fault

MODULES = (
    engine_faults,
    asterisk_faults,
    ami_faults,
    byte_faults,
    agi_faults,
    agi_crew_faults,
    database_faults,
    carrier_faults,
    load_faults,
    kills,
    clock_faults,
    quiet_faults,
)
FAULTS: dict[str, Fault] = {fault.name: fault for module in MODULES for fault in module.FAULTS}
