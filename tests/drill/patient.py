"""A dialerd process as the drills wait for it: whether a machine is busy is not what they judge."""

from __future__ import annotations

from typing import Any

from drill.verdict import RECOVERY_SECONDS
from harness.program import Program


class Patient(Program):
    """Waits a minute for each word and end, as long as recovery may take."""

    def exit_code(self, timeout: float = RECOVERY_SECONDS) -> int:
        """As Program.exit_code."""
        return super().exit_code(timeout)

    def wait_for(self, event: str, timeout: float = RECOVERY_SECONDS, **fields: object) -> dict[str, Any]:
        """As Program.wait_for."""
        return super().wait_for(event, timeout, **fields)
