"""What the demo found: the summary file and the report for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.judge import Judgement, busiest_second
from dialerd.store.attempts import AttemptRecord

SHOWN_FAULTS = 20


def summary(
    asterisk_version: str,
    imported: Mapping[str, Any],
    attempts: Sequence[AttemptRecord],
    calls: Sequence[CarrierCall],
    judgement: Judgement,
    *,
    kills: int,
    pace_target: float,
    seconds: float,
    completed: bool,
) -> dict[str, Any]:
    """The content of summary.json. `attempts` are those that were sent; everything is a count but the details."""
    sent = [attempt for attempt in attempts if attempt.sending_at is not None]
    return {
        "asterisk_version": asterisk_version,
        "rows": imported["rows"],
        "imported": imported["imported"],
        "duplicates": imported["duplicate"],
        "rejected": imported["rejected"],
        "attempts": len(sent),
        "carrier_calls": len(calls),
        "disagreements": len(judgement.disagreements),
        "disagreement_details": list(judgement.disagreements[:SHOWN_FAULTS]),
        "double_dialed": len(judgement.double_dialed),
        "dispositions": dict(sorted(Counter(str(attempt.disposition) for attempt in sent).items())),
        "attempts_by_lead": {
            str(number): count for number, count in sorted(Counter(Counter(a.lead_id for a in sent).values()).items())
        },
        "carrier_fates": dict(sorted(Counter(call.fate for call in calls).items())),
        "kills": kills,
        "pace_target": pace_target,
        "pace_max_in_any_second": busiest_second([call.time for call in calls]),
        "seconds": round(seconds, 1),
        "completed": completed,
    }


def passed(found: Mapping[str, Any]) -> bool:
    """Whether both sides agree on every call of a whole campaign and nobody was dialed twice.

    The pace is shown and not judged here: the carrier's log has the jitter of a busy machine in it.
    """
    return bool(
        found["completed"]
        and found["attempts"] > 0
        and found["disagreements"] == 0
        and found["double_dialed"] == 0
        and found["rows"] == found["imported"] + found["duplicates"] + found["rejected"]
    )


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
        f"Pace: at most {found['pace_max_in_any_second']} calls in any one second (cap {found['pace_target']:g}),"
        f" judged by the carrier's log"
    )
    console.print(
        f"The engine was killed {found['kills']}x in mid-campaign. {found['attempts']} attempts against"
        f" {found['carrier_calls']} calls in the carrier's log: {found['disagreements']} disagreements,"
        f" {found['double_dialed']} numbers dialed twice."
    )
    if found["dispositions"].get("unknown"):
        console.print(
            f"unknown: the engine was killed with the call on its way, so nobody can say whether it was made;"
            f" it counts, and the lead rests for a day. {found['dispositions']['unknown']} such call(s)."
        )
    for fault in found["disagreement_details"]:
        console.print(f"  {fault}", style="red", markup=False)


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
