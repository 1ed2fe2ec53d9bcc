"""`dialerd list preview` and `dialerd list example`: a look at a file before it is imported, and a file to start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from dialerd.cli.list_rules import allow_option, countries_option
from dialerd.cli.output import json_option, print_json, print_table
from dialerd.cli.reading import Wanted, reading_options
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.errors import BadInput
from dialerd.ingest.example import EXAMPLE
from dialerd.ingest.preview import Preview, PreviewColumn, PreviewRow
from dialerd.service.list_rules import number_rules
from dialerd.service.previews import preview_alone, preview_for_list


@click.command("preview")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--list", "name", metavar="NAME", help="The list it is for: its rules for numbers hold.")
@click.option("--region", metavar="CC", help="Without --list: the country whose national numbers are understood.")
@click.option("--rows", type=click.IntRange(0, 1000), default=10, show_default=True, help="How many rows to show.")
@reading_options
@countries_option("For this file: numbers of these countries only, instead of the list's own; any: of every one.")
@allow_option("For this file: kinds of numbers that are refused otherwise, besides the list's own.")
@json_option
@pass_shell
def preview_(
    shell: Shell,
    file: Path,
    name: str | None,
    region: str | None,
    rows: int,
    wanted: Wanted,
    countries: tuple[str, ...] | None,
    kinds: tuple[str, ...] | None,
    *,
    as_json: bool,
) -> None:
    """Show what would become of a file: its encoding, its columns, its first rows. Nothing is imported."""
    if name is not None and region is not None:
        raise click.UsageError("--region is for a list that does not exist yet; --list has its own")
    with shell.database() as database:
        reading = replace(wanted.reading(database), countries=countries, kinds=kinds or ())
        if name is not None:
            found = preview_for_list(database, name, file, reading, rows, now=shell.now())
        else:
            rules = number_rules(region, defaults=shell.settings.lists.allowed)
            found = preview_alone(database, file, reading, rules, rows, now=shell.now())
    if as_json:
        print_json(found)
    else:
        _tell(found)


@click.command("example")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there  [default: show it]")
@json_option
def example(out: Path | None, *, as_json: bool) -> None:
    """Write an example CSV file: the header, sample rows, numbers in E.164."""
    if out is not None:
        try:
            with out.open("x", encoding="utf-8", newline="") as file:
                file.write(EXAMPLE)
        except FileExistsError as error:
            raise BadInput(f"{out}: is there already; choose another name with --out") from error
        except OSError as error:
            raise BadInput(f"{out}: cannot be written: {error.strerror}; choose another with --out") from error
    if as_json:
        print_json({"file": out, "text": EXAMPLE})
    elif out is None:
        click.echo(EXAMPLE, nl=False)
    else:
        click.echo(f"{out}: written; put your people in it, then: dialerd list preview {out}")


def _tell(found: Preview) -> None:
    click.echo(_how_read(found))
    if found.guess is not None:
        click.echo(
            f"Not UTF-8: line {found.guess.line} looks like {found.guess.encoding}. Are the names below right? "
            f"Then import with --encoding {found.guess.encoding}; else try another one here."
        )
    click.echo()
    print_table(["column", "field", "first value"], [_column(column) for column in found.columns], empty="")
    click.echo()
    rows = [_row(row) for row in found.first]
    print_table(["line", "in the file", "becomes", "zone", "who"], rows, empty="No rows.")
    looked = "" if found.whole else " looked at"
    on_dnc = f" + {found.on_dnc:,} on do-not-call" if found.on_dnc else ""
    parts = f"{found.usable:,} numbers + {found.repeated:,} repeated{on_dnc} + {found.rejected:,} rejected"
    click.echo(f"\n{found.rows:,} rows{looked} = {parts}")
    for reason, count in found.reasons:
        click.echo(f"  {count:,} x {reason}")


def _how_read(found: Preview) -> str:
    rules = f"{found.policy}, national numbers of {found.region}" if found.region else found.policy
    if found.kind == "xlsx":
        return f"Workbook, {f'sheet {found.sheet}' if found.sheet else 'its first sheet'}; numbers: {rules}."
    return f"CSV in {found.encoding}, separated by {found.delimiter}; numbers: {rules}."


def _column(column: PreviewColumn) -> list[object]:
    return [column.title, "(left out)" if column.field == "-" else column.field, column.example[:40]]


def _row(row: PreviewRow) -> list[object]:
    who = " ".join(row.fields.get(part, "") for part in ("first_name", "last_name")).strip()
    zones = row.zone.split("|")
    zone = zones[0] if len(zones) == 1 else f"{zones[0]} or {len(zones) - 1} more"
    becomes = f"{row.phone}, on do-not-call" if row.on_dnc else row.phone or f"rejected: {row.rejected}"
    return [str(row.line), row.number[:40], becomes, zone, who]
