"""The carrier's log, read as it grows: a campaign of hours has too much of it to read it again at every look."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from pathlib import Path

from dialerd.lab.carrier_log import HEADER, CarrierCall, invites_path


class Tail:
    """Calls in the order they were logged as they arrived, each with its end once that is known."""

    def __init__(self, log: Path) -> None:
        self._files = dict.fromkeys((invites_path(log), log), 0)
        self._calls: dict[str, CarrierCall] = {}
        self._open: set[str] = set()

    def since(self, epoch: float) -> list[CarrierCall]:
        """Every call that arrived at this second of the wall clock or later, in order."""
        self._read()
        calls = list(self._calls.values())
        # They are logged within moments of their arrival, so the older ones need not be looked at.
        near = bisect_left(calls, epoch - 5.0, key=lambda call: call.time)
        return sorted((call for call in calls[near:] if call.time >= epoch), key=lambda call: call.time)

    def newest(self) -> float:
        """When the last call arrived; 0 before the first."""
        self._read()
        return max((call.time for call in list(self._calls.values())[-50:]), default=0.0)

    def up(self) -> int:
        """How many calls have no end yet."""
        self._read()
        return len(self._open)

    def _read(self) -> None:
        for path, at in self._files.items():
            with path.open("rb") as file:
                file.seek(at)
                # A line may be half written when we look: only what ends in a newline counts.
                whole = file.read().rpartition(b"\n")[0]
            if not whole:
                continue
            self._files[path] = at + len(whole) + 1
            for line in whole.decode().splitlines():
                if not line.startswith("time,"):
                    self._note(line.split(","))

    def _note(self, fields: list[str]) -> None:
        row = dict(zip(HEADER, fields, strict=False))
        call_id, ended = row["sip_call_id"], float(row.get("ended") or 0) or None
        known = self._calls.get(call_id)
        if known is None:
            known = CarrierCall(
                float(row["time"]), row["number"], call_id, row["fate"], None, None, "", row["caller_id"]
            )
            self._calls[call_id] = known
            self._open.add(call_id)
        if ended is not None:
            answered = float(row["answered"]) if row["answered"] else None
            # The fate may have been chosen after the caller had gone.
            self._calls[call_id] = replace(
                known, fate=row["fate"], answered=answered, ended=ended, hangup_by=row["hangup_by"]
            )
            self._open.discard(call_id)
