"""`dialerd why` and `dialerd campaign why`: the reason, always."""

from __future__ import annotations

import click

from dialerd.cli.output import MAX_ID, cell, json_option, print_json, print_pairs, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.statistics import print_funnel, read_campaign
from dialerd.domain.why import Answer, Says
from dialerd.service import status, why
from dialerd.service.why import LeadWhy


@click.command()
@click.argument("number", required=False)
@click.option("--lead", "lead_id", type=click.IntRange(1, MAX_ID), metavar="ID", help="The lead of this id instead.")
@json_option
@pass_shell
def command(shell: Shell, number: str | None, lead_id: int | None, *, as_json: bool) -> None:
    """Say why NUMBER is dialed or not: each gate in order, what it says, and when that next changes.

    The gates are asked of the same facts as before a call. A number in several lists is answered for each.
    """
    if (number is None) is (lead_id is None):
        raise click.UsageError("which one: give a NUMBER with its plus sign, or --lead ID")
    with shell.database() as database:
        if lead_id is not None:
            found: tuple[LeadWhy, ...] = (why.of_lead(database, lead_id, shell.settings, now=shell.now()),)
        else:
            found = why.of_number(database, number or "", shell.settings, now=shell.now())
    if as_json:
        print_json(found)
        return
    for place, each in enumerate(found):
        if place:
            click.echo()
        _print(each)


@click.command("why")
@click.argument("name")
@json_option
@pass_shell
def of_campaign(shell: Shell, name: str, *, as_json: bool) -> None:
    """Say why a campaign dials or not, and where all its leads are: parts that add up to the total."""
    with shell.database() as database:
        told = status.campaign(database, name, shell.settings, now=shell.now())
        found = read_campaign(shell, database, name)
    if as_json:
        print_json(
            {
                "campaign": name,
                "at": found.at,
                "state": told.state,
                "why": told.why,
                "total": found.total,
                "funnel": found.funnel,
            }
        )
        return
    print_pairs([("campaign", name), ("state", told.state), ("why", told.why)])
    click.echo()
    print_funnel(found)


def _print(found: LeadWhy) -> None:
    lead = found.lead
    print_pairs(
        [
            ("number", lead.phone),
            ("lead", str(lead.lead_id)),
            ("list", lead.list_name),
            ("campaign", found.campaign or "none"),
            ("zones", lead.zone),
            ("dialable", _verdict(found)),
        ]
    )
    click.echo()
    print_table(["gate", "says", "why", "changes"], [_row(gate) for gate in found.gates], empty="")


def _verdict(found: LeadWhy) -> str:
    if found.dialable:
        return "now"
    return f"never: {found.reason}" if found.at is None else f"not until {cell(found.at)}: {found.reason}"


def _row(answer: Answer) -> list[object]:
    said = {Says.YES: "yes", Says.NO_UNTIL: "no until", Says.NEVER: "never"}[answer.says]
    return [answer.gate, said, answer.reason, answer.changes_at]
