"""The demo's live view: calls up, dialed, pace, what became of the calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dialerd.store import attempts, campaigns, leads, reports
from dialerd.store.database import Connection

PACE_SECONDS = 5.0
# Longer than any wait of the demo's recycling rules.
HELD_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Look:
    """The campaign at one instant. `pace` is calls per second over the last 5 s; `remaining` counts leads to dial."""

    state: str
    dialed: int
    calls_up: int
    pace: float
    remaining: int
    next_due: datetime | None
    dispositions: dict[str, int] = field(default_factory=dict)

    def only_held(self, now: datetime) -> bool:
        """Whether all that is left to dial rests for long, because nobody knows what became of its last call."""
        return self.calls_up == 0 and self.next_due is not None and self.next_due > now + HELD_AFTER


def look(conn: Connection, campaign: str, since: datetime, now: datetime) -> Look:
    """Read what the view shows; `since` is when the demo began."""
    row = campaigns.get(conn, campaign)
    recent = reports.dialed_between(conn, now - timedelta(seconds=PACE_SECONDS), now, campaign=campaign)
    return Look(
        state=row.state.value if row is not None else "draft",
        dialed=reports.dialed_between(conn, since, now, campaign=campaign),
        calls_up=attempts.open_counts(conn).campaigns.get(campaign, 0),
        pace=recent / PACE_SECONDS,
        remaining=leads.remaining(conn, campaign),
        next_due=leads.next_due(conn, campaign),
        dispositions=reports.disposition_counts(conn, campaign),
    )


def view(now: Look, story: str, *, total: int, target: float, seconds: float) -> RenderableType:
    """One picture of the campaign."""
    head = Text.assemble(
        (f"{seconds:5.0f} s  ", "dim"),
        (f"{now.calls_up:3d} calls up   ", "bold"),
        f"{now.dialed:4d} dialed   ",
        f"{now.pace:5.1f} of {target:g} calls per second   ",
        f"{total - now.remaining} of {total} leads done",
    )
    bar = ProgressBar(total=max(total, 1), completed=total - now.remaining, width=60)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("disposition")
    table.add_column("calls", justify="right")
    for name, count in sorted(now.dispositions.items(), key=lambda item: -item[1]):
        table.add_row(name, str(count))
    return Group(head, bar, table, Text(story, style="yellow"))


def line(now: Look, story: str, *, total: int, target: float, seconds: float) -> str:
    """The same for a log instead of a terminal."""
    endings = " ".join(f"{name}={count}" for name, count in sorted(now.dispositions.items()))
    return (
        f"{seconds:4.0f} s: {now.calls_up} calls up, {now.dialed} dialed, {now.pace:.1f} of {target:g} calls per second, "
        f"{total - now.remaining} of {total} leads done; {endings or 'no call has ended'} ({story})"
    )
