"""`dialerd list`: lists and the files that go into them."""

from __future__ import annotations

import click

from dialerd.cli import list_flow, list_ops, versions
from dialerd.cli.dispositions import DispositionName
from dialerd.cli.importing import import_
from dialerd.cli.list_rules import create, edit, told
from dialerd.cli.output import MAX_ID, json_option, plain, print_json, print_pairs, print_table
from dialerd.cli.preview import example, preview_
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.statistics import of_list, percent
from dialerd.cli.versions import COUNTS, counts_of, state_of, version_as_json
from dialerd.domain.lifecycle import ListStatus
from dialerd.service import imports, lists
from dialerd.service.lists import ListDetail
from dialerd.store.versions import VersionRecord


@click.group()
def group() -> None:
    """Create lists and import leads."""


group.add_command(create)
group.add_command(import_)
group.add_command(preview_)
group.add_command(example)
group.add_command(of_list)
group.add_command(edit)
for command in (*versions.COMMANDS, *list_ops.COMMANDS, *list_flow.COMMANDS):
    group.add_command(command)


@group.command("list")
@click.option("--search", metavar="TEXT", help="Only lists whose name contains this, in any case.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in ListStatus], case_sensitive=False),
    help="Only lists with this status; may be given several times.",
)
@click.option("--archived", is_flag=True, help="Archived lists too.")
@json_option
@pass_shell
def list_(shell: Shell, search: str | None, statuses: tuple[str, ...], *, archived: bool, as_json: bool) -> None:
    """Show all lists."""
    with shell.database() as database:
        imports.recover(database, clock=shell.now)
        found = lists.overview(
            database,
            search=search,
            statuses=[ListStatus(status) for status in statuses],
            archived=archived,
            campaigns=shell.settings.campaigns,
            now=shell.now(),
        )
    if as_json:
        print_json(found)
        return
    rows = [
        [
            view.name,
            view.status.label,
            view.campaign,
            view.leads.total,
            view.leads.dialable,
            percent(view.penetration),
            view.current_version,
            view.changed_at,
        ]
        for view in found
    ]
    columns = ["name", "status", "campaign", "leads", "dialable", "penetration", "version", "changed"]
    filtered = search is not None or statuses
    empty = "No lists that fit." if filtered else "No lists. Create one: dialerd list create NAME"
    print_table(columns, rows, empty=empty)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def show(shell: Shell, name: str, *, as_json: bool) -> None:
    """Show one list: its status, its leads, its versions."""
    with shell.database() as database:
        imports.recover(database, clock=shell.now)
        detail = lists.show(database, name, campaigns=shell.settings.campaigns, now=shell.now())
    if as_json:
        print_json(_detail(detail))
    else:
        _print_detail(detail)


@group.command()
@click.argument("name")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.option("--after", type=click.IntRange(0, MAX_ID), default=0, help="Go on behind this lead (see its id).")
@click.option("--disposition", type=DispositionName(), help="Only leads with this one.")
@json_option
@pass_shell
def leads(shell: Shell, name: str, limit: int, after: int, disposition: str | None, *, as_json: bool) -> None:
    """Show the leads of a list, in the order of its rows."""
    with shell.database() as database:
        found = lists.leads_of(database, name, disposition=disposition, limit=limit, after=after)
    if as_json:
        print_json([{"lead": item.lead, "fields": item.fields} for item in found])
        return
    rows = []
    for item in found:
        lead = item.lead
        who = " ".join(item.fields.get(part, "") for part in ("first_name", "last_name")).strip()
        next_ = "in a call" if lead.in_call else lead.closed or lead.due_at
        rows.append([str(lead.lead_id), lead.phone, who, lead.disposition, lead.attempts, lead.last_attempt_at, next_])
    columns = ["id", "number", "name", "disposition", "attempts", "last attempt", "next"]
    print_table(columns, rows, empty="No leads.")


def _detail(detail: ListDetail) -> dict[str, object]:
    return {**plain(detail.view), "versions": [version_as_json(version) for version in detail.versions]}


def _print_detail(detail: ListDetail) -> None:
    view, counts = detail.view, detail.view.leads
    print_pairs(
        [
            ("name", view.name),
            ("status", view.status.label),
            ("description", view.description),
            ("campaign", view.campaign),
            ("numbers", told(view)),
            ("owner", view.owner),
            ("created", view.created_at),
            ("leads", counts.total),
            ("dialable now", counts.dialable),
            ("waiting for a retry", counts.waiting),
            ("in a call", counts.in_call),
            ("finished", counts.closed),
            ("penetration", percent(view.penetration)),
            ("being imported", _headway(detail)),
        ]
    )
    if counts.by_disposition:
        click.echo()
        rows = sorted(counts.by_disposition.items(), key=lambda item: -item[1])
        print_table(["disposition", "leads"], [[name.replace("_", " "), count] for name, count in rows], empty="")
    if detail.versions:
        click.echo()
        print_table(_VERSION_COLUMNS, [_version_row(version) for version in detail.versions], empty="")
    for version in detail.versions[:1]:
        if version.error:
            click.echo(f"\nversion {version.number} failed: {version.error}")


_VERSION_COLUMNS = ["version", "state", "file", *COUNTS, "at", "by"]


def _version_row(version: VersionRecord) -> list[object]:
    first = [version.number, state_of(version), version.file_name]
    return [*first, *counts_of(version), version.created_at, version.created_by]


def _headway(detail: ListDetail) -> str | None:
    """How far the import into the list is, when there is one."""
    for version in detail.versions[:1]:
        if version.state.unfinished:
            return f"{version.headway.rows:,} rows; {state_of(version)}"
    return None
