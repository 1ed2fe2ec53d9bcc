"""`dialerd mapping`: templates of which column is which field, for files that come again and again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from dialerd.cli.output import json_option, print_json, print_table
from dialerd.cli.reading import pairs
from dialerd.cli.shell import Shell, pass_shell
from dialerd.ingest.columns import choose_columns
from dialerd.ingest.leadfile import Reading, open_leads
from dialerd.service import mappings


@click.group()
def group() -> None:
    """Save which columns of a file are which fields, and use it again with --mapping."""


@group.command()
@click.argument("name")
@click.option(
    "--map", "mapped", multiple=True, metavar="TITLE=FIELD", help='As "Cell=phone_number"; "Fax=-" leaves it out.'
)
@click.option(
    "--from",
    "example",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Start with what is guessed for the columns of this file.",
)
@json_option
@pass_shell
def save(shell: Shell, name: str, mapped: tuple[str, ...], example: Path | None, *, as_json: bool) -> None:
    """Save a mapping under a name, in place of the one that has it."""
    columns: Mapping[str, str] = pairs(mapped)
    if example is not None:
        with open_leads(example, Reading()) as file:
            chosen = choose_columns(file.header, mapping=columns)
            columns = dict(zip(file.header, chosen.names(len(file.header)), strict=True))
    with shell.database() as database:
        saved = mappings.save(database, name, columns, actor=shell.actor, now=shell.now())
    if as_json:
        print_json(saved)
    else:
        click.echo(f"mapping {saved.name}: {len(saved.columns)} columns; use it: --mapping {saved.name}")


@group.command("list")
@json_option
@pass_shell
def list_(shell: Shell, *, as_json: bool) -> None:
    """Show all mappings."""
    with shell.database() as database:
        found = mappings.overview(database)
    if as_json:
        print_json(found)
        return
    rows = [[saved.name, len(saved.columns), saved.changed_at, saved.changed_by] for saved in found]
    print_table(["name", "columns", "changed", "by"], rows, empty="No mappings. Save one: dialerd mapping save NAME")


@group.command()
@click.argument("name")
@json_option
@pass_shell
def show(shell: Shell, name: str, *, as_json: bool) -> None:
    """Show the columns of one mapping and their fields."""
    with shell.database() as database:
        saved = mappings.show(database, name)
    if as_json:
        print_json(saved)
    else:
        print_table(["column", "field"], list(saved.columns.items()), empty="")


@group.command()
@click.argument("name")
@json_option
@pass_shell
def delete(shell: Shell, name: str, *, as_json: bool) -> None:
    """Delete a mapping. Lists that were imported with it stay as they are."""
    with shell.database() as database:
        mappings.delete(database, name, actor=shell.actor, now=shell.now())
    if as_json:
        print_json({"name": name})
    else:
        click.echo(f"mapping {name} is deleted")
