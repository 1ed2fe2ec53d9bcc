"""What the demo found: the summary file, what is wrong with it, and the report for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from dialerd.domain.dispositions import Disposition
from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.judge import busiest_second, judge, steady_pace
from dialerd.store.attempts import AttemptRecord

SHOWN_FAULTS = 20
ROUNDS = 2
"""How often the recycling must have brought leads back."""


@dataclass(frozen=True, slots=True)
class Course:
    """How the demo went. `open_at_kills` are the attempts that were on their way when the engine was killed;
    `pace_target` is in calls per second; `completed` when the campaign came to its end within the time.
    """

    kills: int
    open_at_kills: frozenset[str]
    pace_target: float
    seconds: float
    completed: bool


def summary(
    asterisk_version: str,
    imported: Mapping[str, Any],
    attempts: Sequence[AttemptRecord],
    calls: Sequence[CarrierCall],
    course: Course,
) -> dict[str, Any]:
    """The content of summary.json. Everything is a count but the details, the pace and the faults.

    `attempts` counts those that left: what was cancelled before it was sent is in `cancelled`, and must have no call.
    """
    judgement = judge(attempts, calls, may_be_unknown=course.open_at_kills)
    made = [pair for pair in judgement.pairs if pair.attempt.disposition is not Disposition.CANCELLED]
    sent = [pair.attempt for pair in made]
    found = {
        "asterisk_version": asterisk_version,
        "rows": imported["rows"],
        "imported": imported["imported"],
        "duplicates": imported["duplicate"],
        "rejected": imported["rejected"],
        "attempts": len(sent),
        "cancelled": len(judgement.pairs) - len(made),
        "carrier_calls": len(calls),
        "without_a_call": sum(not pair.calls for pair in made),
        "open_at_kills": len(course.open_at_kills),
        "disagreements": len(judgement.disagreements),
        "disagreement_details": list(judgement.disagreements[:SHOWN_FAULTS]),
        "double_dialed": len(judgement.double_dialed),
        "dispositions": dict(sorted(Counter(str(attempt.disposition) for attempt in sent).items())),
        "attempts_by_lead": {
            str(number): count for number, count in sorted(Counter(Counter(a.lead_id for a in sent).values()).items())
        },
        "carrier_fates": dict(sorted(Counter(call.fate for call in calls).items())),
        "kills": course.kills,
        "pace_target": course.pace_target,
        "pace_mean": round(steady_pace(_first_round(sent, calls)), 2),
        "pace_max_in_any_second": busiest_second([call.time for call in calls]),
        "seconds": round(course.seconds, 1),
        "completed": course.completed,
    }
    return {**found, "faults": faults(found)}


def faults(found: Mapping[str, Any]) -> list[str]:
    """Why the demo failed, one line each; none when both sides agree on every call of a whole campaign, through a crash
    and two rounds of recycling, and nobody was dialed twice.

    The pace is shown and not judged here: the carrier's log has the jitter of a busy machine in it.
    """
    dialed, unknown = sum(found["attempts_by_lead"].values()), found["dispositions"].get(Disposition.UNKNOWN.value, 0)
    most = max(map(int, found["attempts_by_lead"]), default=0)
    checks = (
        (found["completed"], "the campaign did not come to its end in time"),
        (
            found["rows"] == found["imported"] + found["duplicates"] + found["rejected"],
            "the rows of the file are not all accounted for",
        ),
        (dialed == found["imported"] > 0, f"{dialed} of {found['imported']} leads were dialed"),
        (found["kills"] > 0, "the engine was not killed"),
        (most > ROUNDS, f"no lead came back {ROUNDS} times: the most attempts of one lead are {most}"),
        (found["disagreements"] == 0, f"{found['disagreements']} attempts were not what the carrier saw"),
        (found["double_dialed"] == 0, f"{found['double_dialed']} numbers were dialed twice"),
        (
            unknown <= found["open_at_kills"],
            f"{unknown} attempts are unknown, and {found['open_at_kills']} were open when the engine was killed",
        ),
        (
            found["without_a_call"] <= unknown,
            f"{found['without_a_call']} attempts reached no carrier, and {unknown} are unknown",
        ),
        (
            found["attempts"] == found["carrier_calls"] + found["without_a_call"],
            f"{found['attempts']} attempts and {found['carrier_calls']} calls of the carrier do not pair",
        ),
    )
    return [fault for good, fault in checks if not good]


def show(console: Console, found: Mapping[str, Any]) -> None:
    """The report."""
    console.print("\nWhat happened", style="bold")
    console.print(
        f"Import: {found['rows']} rows = {found['imported']} imported + {found['duplicates']} duplicate"
        f" + {found['rejected']} rejected"
    )
    console.print(_two_columns(found))
    leads = ", ".join(f"{count} leads {number}x" for number, count in found["attempts_by_lead"].items())
    console.print(f"Attempts by lead: {leads}")
    console.print(
        f"Pace, by the carrier's log: {found['pace_mean']:.1f} calls a second in the first round, target"
        f" {found['pace_target']:g}; {found['pace_max_in_any_second']} in the busiest second"
    )
    console.print(
        f"The engine was killed {found['kills']}x in mid-campaign, with {found['open_at_kills']} calls on their way."
        f" {found['attempts']} attempts against {found['carrier_calls']} calls in the carrier's log:"
        f" {found['disagreements']} disagreements, {found['double_dialed']} numbers dialed twice."
    )
    if unknown := found["dispositions"].get(Disposition.UNKNOWN.value):
        console.print(
            f"unknown: the engine was killed with the call on its way, so nobody can say whether it was made;"
            f" it counts, and the lead rests for a day. {unknown} such call(s)."
        )
    for detail in (*found["disagreement_details"], *found["faults"]):
        console.print(f"  {detail}", style="red", markup=False)


def _first_round(sent: Sequence[AttemptRecord], calls: Sequence[CarrierCall]) -> list[float]:
    """When calls came in while there were leads that had not been dialed yet, so that the pace was the limit."""
    last = max((a.sending_at.timestamp() for a in sent if a.number == 1 and a.sending_at is not None), default=0.0)
    return [call.time for call in calls if call.time <= last]


def _two_columns(found: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for title in ("we wrote down", "", "the carrier did", ""):
        table.add_column(title)
    ours, theirs = list(found["dispositions"].items()), list(found["carrier_fates"].items())
    for row in range(max(len(ours), len(theirs))):
        left = ours[row] if row < len(ours) else ("", "")
        right = theirs[row] if row < len(theirs) else ("", "")
        table.add_row(*(str(cell) for cell in (*left, *right)))
    return table
