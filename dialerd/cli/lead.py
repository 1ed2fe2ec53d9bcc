"""`dialerd lead`: single leads, found, shown, added, changed, moved, closed, reset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from dialerd.cli.dispositions import DispositionName
from dialerd.cli.dnc_options import ENTRY_COLUMNS, entry_row
from dialerd.cli.list_flow import duplicates_option, gap_option
from dialerd.cli.output import json_option, plain, print_json, print_pairs, print_table, say
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.which import field_pairs
from dialerd.domain.errors import BadInput
from dialerd.domain.places import read_place
from dialerd.ingest.dncfile import read_expiry
from dialerd.service import lead_changes, lead_moves, leads
from dialerd.service.leads import FoundLead, LeadQuery, LeadStory
from dialerd.store.leads import LeadRecord

_list = click.option("--list", "list_name", metavar="NAME", help="In this list.")
_fields = click.option(
    "--field", "fields", multiple=True, metavar="NAME=TEXT", help="A field; may be given several times."
)


@click.group()
def group() -> None:
    """Find, show, add, change, move, close and reset single leads. LEAD is an id, or a number with its plus sign."""


@group.command()
@click.argument("words", metavar="TEXT", nargs=-1)
@_list
@click.option("--campaign", metavar="NAME", help="In lists of this campaign.")
@click.option("--disposition", type=DispositionName(), help="Only leads with this one.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@json_option
@pass_shell
def find(
    shell: Shell,
    words: tuple[str, ...],
    list_name: str | None,
    campaign: str | None,
    disposition: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """Find leads by a number, by how one begins (+1415), or by words of their fields (Jane Smith); without TEXT, all that
    fit the options, the newest first.
    """
    query = LeadQuery(" ".join(words) if words else None, list_name, campaign, disposition)
    with shell.database() as database:
        found = leads.find(database, query, configured=shell.settings.campaigns, limit=limit)
    if as_json:
        print_json(found)
        return
    columns = ["id", "list", "number", "name", "disposition", "attempts", "last attempt", "next"]
    print_table(columns, [_row(item) for item in found.leads], empty="No leads.")
    if not found.complete:
        say("dialerd: there may be more; narrow it with --list, --campaign, --disposition or a longer text")


@group.command()
@click.argument("lead")
@_list
@json_option
@pass_shell
def show(shell: Shell, lead: str, list_name: str | None, *, as_json: bool) -> None:
    """Show all that is known of one lead: fields, where they came from, every call and what was seen of it."""
    with shell.database() as database:
        story = leads.show(database, lead, list_name=list_name)
    if as_json:
        print_json(story)
    else:
        _print_story(story, shell.now())


@group.command()
@click.argument("list_name", metavar="LIST")
@click.argument("number")
@_fields
@click.option("--priority", type=click.IntRange(0, 9), default=0, show_default=True, help="Higher is dialed first.")
@click.option("--expires", metavar="WHEN", help="Not dialed from then on: 12h, 90d, a day or an ISO 8601 time (UTC).")
@json_option
@pass_shell
def add(
    shell: Shell,
    list_name: str,
    number: str,
    fields: tuple[str, ...],
    priority: int,
    expires: str | None,
    *,
    as_json: bool,
) -> None:
    """Add one lead to a list, due now."""
    expires_at = read_expiry(expires, shell.now()) if expires is not None else None
    with shell.database() as database:
        made = lead_changes.add(
            database,
            list_name,
            number,
            fields=field_pairs(fields),
            priority=priority,
            actor=shell.actor,
            now=shell.now(),
            expires_at=expires_at,
        )
    closed = f", and not dialed: {made.closed}" if made.closed else ""
    _answer(made, f"is in list {list_name}{closed}", as_json=as_json)


@group.command()
@click.argument("lead")
@_list
@_fields
@click.option("--priority", type=click.IntRange(0, 9), help="Higher is dialed first.")
@json_option
@pass_shell
def edit(
    shell: Shell,
    lead: str,
    list_name: str | None,
    fields: tuple[str, ...],
    priority: int | None,
    *,
    as_json: bool,
) -> None:
    """Change fields of a lead; an empty text removes one. What was there before stays in its history."""
    if not fields and priority is None:
        raise BadInput("nothing to change: give --field NAME=TEXT or --priority")
    with shell.database() as database:
        changed = lead_changes.edit(
            database,
            lead,
            list_name=list_name,
            fields=field_pairs(fields),
            priority=priority,
            actor=shell.actor,
            now=shell.now(),
        )
    _answer(changed, "is changed", as_json=as_json)


@group.command()
@click.argument("lead")
@_list
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the lead's history.")
@json_option
@pass_shell
def close(shell: Shell, lead: str, list_name: str | None, reason: str, *, as_json: bool) -> None:
    """Do not dial a lead any more, in this list. A call that is up goes on to its end.

    To have its number called by nobody: dialerd dnc add NUMBER.
    """
    with shell.database() as database:
        closed = lead_changes.close(
            database, lead, list_name=list_name, reason=reason, actor=shell.actor, now=shell.now()
        )
    _answer(closed, "is closed", as_json=as_json)


@group.command()
@click.argument("lead")
@click.argument("target", metavar="TO")
@_list
@duplicates_option
@json_option
@pass_shell
def move(shell: Shell, lead: str, target: str, list_name: str | None, duplicates: str, *, as_json: bool) -> None:
    """Move a lead to list TO; its calls, attempts and due time go along."""
    with shell.database() as database:
        moved, report = lead_moves.move_lead(
            database,
            lead,
            target,
            list_name=list_name,
            update=duplicates == "update",
            protected=shell.settings.dispositions.protected,
            actor=shell.actor,
            clock=shell.now,
        )
    if as_json:
        print_json({"lead": moved.lead_id, **plain(report)})
    elif report.updated:
        click.echo(f"list {target} has its fields at its own lead; lead {moved.lead_id} ({moved.phone}) is withdrawn")
    else:
        click.echo(f"lead {moved.lead_id} ({moved.phone}) is in list {target}")


@group.command()
@click.argument("lead")
@_list
@gap_option
@click.option("--force", is_flag=True, help="Also within the minimum gap, and who said never again.")
@json_option
@pass_shell
def reset(shell: Shell, lead: str, list_name: str | None, gap: timedelta, *, force: bool, as_json: bool) -> None:
    """Make a lead fresh again: as new, due now. Its calls stay in the record."""
    with shell.database() as database:
        fresh = lead_changes.reset(
            database,
            lead,
            list_name=list_name,
            gap=gap,
            force=force,
            dispositions=shell.settings.dispositions,
            actor=shell.actor,
            now=shell.now(),
        )
    _answer(fresh, "is fresh again, due now", as_json=as_json)


def _answer(lead: LeadRecord, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(lead)
    else:
        click.echo(f"lead {lead.lead_id} ({lead.phone}) {words}")


def _row(item: FoundLead) -> list[object]:
    lead = item.lead
    who = " ".join(item.fields.get(part, "") for part in ("first_name", "last_name")).strip()
    columns = [str(lead.lead_id), lead.list_name, lead.phone, who, lead.disposition, lead.attempts]
    return [*columns, lead.last_attempt_at, _next(lead)]


def _next(lead: LeadRecord) -> object:
    return "in a call" if lead.in_call else lead.closed or lead.due_at


def _print_story(story: LeadStory, now: datetime) -> None:
    lead, place = story.lead, read_place(story.lead.zone)
    print_pairs(
        [
            ("lead", str(lead.lead_id)),
            ("number", lead.phone),
            ("list", lead.list_name),
            ("disposition", lead.disposition),
            ("next", _next(lead) if story.live else "withdrawn: the list's current version does not have it"),
            ("attempts that count", lead.attempts),
            ("all attempts", lead.dials),
            ("last attempt", lead.last_attempt_at),
            ("priority", lead.priority),
            ("zones", ", ".join(place.zones)),
            ("place", ", ".join(place.regions)),
            ("known since", lead.created_at),
            ("expires", lead.expires_at),
        ]
    )
    _section(ENTRY_COLUMNS, [entry_row(entry, now) for entry in story.do_not_call])
    _section(["field", "text"], [[name, text] for name, text in story.fields.items()])
    _section(["attribute", "text", "at"], [[fact.name, fact.value, fact.at] for fact in story.attributes])
    versions = [
        [
            said.list_name,
            said.from_version,
            said.to_version,
            said.file_name,
            said.line,
            said.created_at,
            said.created_by,
        ]
        for said in story.versions
    ]
    _section(["list", "from version", "until", "file", "line", "at", "by"], versions)
    _section(["try", "at", "campaign", "became", "sip", "cause", "detail"], _calls(story))
    deeds = [[deed.at, deed.actor, deed.action, str(dict(deed.detail))] for deed in story.deeds]
    _section(["at", "by", "what", "detail"], deeds)


def _calls(story: LeadStory) -> list[list[object]]:
    """Each call, and below it what each witness said."""
    rows: list[list[object]] = []
    for call in story.calls:
        made = call.attempt
        became = made.disposition or made.state
        at = made.sending_at or made.claimed_at
        rows.append([str(made.number), at, made.campaign, became, made.sip_code, made.cause, made.detail])
        for seen in call.evidence:
            facts = ", ".join(f"{name} {fact}" for name, fact in seen.facts.items())
            rows.append(["", seen.at, "", f"said {seen.source}", None, None, facts])
    return rows


def _section(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        click.echo()
        print_table(columns, rows, empty="")
