"""The carrier's own call log: the judge of what was really dialed."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

AGENT_HEADER = ("attempt", "campaign", "number", "caller")
TYPIST_HEADER = ("code", "heard_at", "status")
HEADER = ("time", "number", "sip_call_id", "fate", "caller_id", "answered", "ended", "hangup_by")
INVITE_HEADER = HEADER[:5]
"""What is known when the INVITE arrives."""


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """One call as the carrier saw it; times are UTC epoch seconds.

    `time` is when its INVITE arrived, `ended` is None while it is up, `answered` None when it never was,
    `hangup_by` is "caller", "callee" or, while it is up, "". `caller_id` is the user of the From header.
    """

    time: float
    number: str
    sip_call_id: str
    fate: str
    answered: float | None
    ended: float | None
    hangup_by: str
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One call that a telephone of the dialer's own side answered: what its SIP headers said, and who seemed to call."""

    attempt: str
    campaign: str
    number: str
    caller: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What a telephone typed that has called the dialer's own side. `heard_at`, UTC epoch seconds, is when it heard a sound
    after that, None when there was none.
    """

    code: str
    heard_at: float | None


def typists_path(log: Path) -> Path:
    """The file beside the log with one line for each code that a telephone has typed."""
    return log.with_name(f"{log.stem}-typists{log.suffix}")


def read_typed(path: Path | str) -> list[Typed]:
    """Every code that was typed and answered, in order."""
    rows = _rows(typists_path(Path(path)))
    return [Typed(row["code"], float(row["heard_at"]) if row["status"] == "NOISE" else None) for row in rows]


def agents_path(log: Path) -> Path:
    """The file beside the log with one line for each call to a telephone of the dialer's own side."""
    return log.with_name(f"{log.stem}-agents{log.suffix}")


def read_agent_calls(path: Path | str) -> list[AgentCall]:
    """Every call to a telephone of the dialer's own side that was answered, in order."""
    return [AgentCall(**row) for row in _rows(agents_path(Path(path)))]


def invites_path(log: Path) -> Path:
    """The file beside the log with one line for each INVITE, written as it arrives."""
    return log.with_name(f"{log.stem}-invites{log.suffix}")


def read_carrier_log(path: Path | str) -> list[CarrierCall]:
    """Every call that reached the carrier, also those still up, in order of arrival. Safe while calls are running."""
    log = Path(path)
    calls = {row["sip_call_id"]: _call(row) for row in _rows(invites_path(log))}
    calls |= {row["sip_call_id"]: _call(row) for row in _rows(log)}
    return sorted(calls.values(), key=lambda call: call.time)


def _rows(path: Path) -> list[dict[str, str]]:
    # A line may be half written when we look: only what ends in a newline counts.
    whole = path.read_text().rpartition("\n")[0]
    return list(csv.DictReader(whole.splitlines()))


def _call(row: dict[str, str]) -> CarrierCall:
    return CarrierCall(
        time=float(row["time"]),
        number=row["number"],
        sip_call_id=row["sip_call_id"],
        fate=row["fate"],
        answered=_seconds(row.get("answered")),
        ended=_seconds(row.get("ended")),
        hangup_by=row.get("hangup_by") or "",
        caller_id=row["caller_id"],
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text else None
