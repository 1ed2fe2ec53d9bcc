"""`dialerd list stats` and `dialerd campaign stats`: where the leads are, and what came of the calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from dialerd.cli.output import cell, json_option, plain, print_json, print_pairs, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.funnel import Part
from dialerd.service import statistics
from dialerd.service.statistics import DEFINITIONS, Statistics
from dialerd.store.database import Database


@click.command("stats")
@click.argument("name")
@json_option
@pass_shell
def of_list(shell: Shell, name: str, *, as_json: bool) -> None:
    """Show what became of a list's leads, and what will become of them next: a funnel that adds up to all of them."""
    with shell.database() as database:
        found = statistics.of_list(database, name, **_by(shell))
    _print("list", found, as_json=as_json)


@click.command("stats")
@click.argument("name")
@json_option
@pass_shell
def of_campaign(shell: Shell, name: str, *, as_json: bool) -> None:
    """The statistics of all lists of a campaign together, and of every call it made."""
    with shell.database() as database:
        found = read_campaign(shell, database, name)
    _print("campaign", found, as_json=as_json)


def read_campaign(shell: Shell, database: Database, name: str) -> Statistics:
    """The statistics of a campaign by the shell's settings and clock."""
    return statistics.of_campaign(database, name, **_by(shell))


def _by(shell: Shell) -> dict[str, Any]:
    return {
        "campaigns": shell.settings.campaigns,
        "dispositions": shell.settings.dispositions,
        "now": shell.now(),
    }


def percent(share: float | None) -> str:
    """A share of 0 to 1 as people read it."""
    return "-" if share is None else f"{share:.1%}"


def _print(what: str, found: Statistics, *, as_json: bool) -> None:
    if as_json:
        named = {key: value for key, value in plain(found).items() if key != "name"}
        print_json({what: found.name, **named, "definitions": DEFINITIONS})
        return
    made = found.attempts
    print_pairs(
        [
            (what, found.name),
            ("leads", found.total),
            ("dialable now", found.dialable),
            ("penetration", f"{percent(found.penetration)} ({found.contacted:,} contacted)"),
            ("attempts", f"{made.ended:,} ended, {made.open:,} open"),
            ("answer rate", f"{percent(made.answer_rate)} ({made.answered:,} answered, {made.human:,} by a person)"),
        ]
    )
    click.echo()
    print_funnel(found)
    if found.dispositions:
        click.echo()
        by_size = sorted({*found.dispositions, *made.dispositions}, key=lambda name: -found.dispositions.get(name, 0))
        print_table(
            ["disposition", "leads", "attempts"],
            [
                [name.replace("_", " "), found.dispositions.get(name, 0), made.dispositions.get(name, 0)]
                for name in by_size
            ],
            empty="",
        )
    click.echo()
    for name, meaning in DEFINITIONS.items():
        click.echo(f"{name.replace('_', ' ')}: {meaning}")


def print_funnel(found: Statistics) -> None:
    """Where the leads are, each in one part, and all of them."""
    rows = [[_words(item.part, item.until), item.leads] for item in found.funnel]
    print_table(["funnel", "leads"], [*rows, ["all leads", found.total]], empty="")


def _words(part: Part, until: datetime | None) -> str:
    return _PARTS[part] if until is None else f"{_PARTS[part]} until {cell(until)}"


_KEYS = (*("at", "total", "dialable", "contacted", "penetration", "dispositions", "attempts", "funnel", "definitions"),)
_PARTS = {
    Part.DIALABLE: "dialable now",
    Part.RETRY: "waiting for a retry",
    Part.HOURS: "outside hours",
    Part.CAP: "at the cap",
    Part.IN_CALL: "in a call",
    Part.FINISHED: "finished",
    Part.DO_NOT_CALL: "do-not-call",
    Part.INVALID: "invalid number",
    Part.WITHDRAWN: "withdrawn",
}
