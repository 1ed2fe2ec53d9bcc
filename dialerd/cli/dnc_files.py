"""`dialerd dnc import` and `export`: do-not-call by the file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import click

from dialerd.cli.dnc_options import (
    campaign_option,
    kind_of,
    leads_answer,
    prefix_option,
    region_option,
    tell_effects,
    terms_options,
)
from dialerd.cli.importing import bar
from dialerd.cli.list_flow import output
from dialerd.cli.output import alarming, json_option, plain, print_json, print_table, say
from dialerd.cli.reading import Wanted, reading_options
from dialerd.cli.shell import Shell, pass_shell
from dialerd.ingest.rejects import beside
from dialerd.service import dnc_files
from dialerd.service.dnc import DncTerms, DncWish, scope_name
from dialerd.service.dnc_files import DncReport
from dialerd.service.registries import RegistryStatus, overview, taken
from dialerd.store.dnc import EntryFilter


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@campaign_option
@prefix_option
@terms_options
@region_option
@reading_options
@click.option(
    "--registry",
    metavar="NAME",
    help="FILE is a copy of this registry, such as us-national: its age counts from now on.",
)
@click.option(
    "--copied",
    metavar="WHEN",
    help="When the copy was taken: a day (from its beginning, UTC) or an ISO 8601 time  [default: now]",
)
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Where rejected rows are written  [default: FILE.rejects.csv beside the file]",
)
@json_option
@pass_shell
def import_(
    shell: Shell,
    file: Path,
    campaign: str | None,
    terms: Callable[[Shell], DncTerms],
    region: str | None,
    wanted: Wanted,
    registry: str | None,
    copied: str | None,
    rejects: Path | None,
    *,
    prefix: bool,
    as_json: bool,
) -> None:
    """Put every number of a file on do-not-call.

    FILE is CSV or a workbook, with titles of columns or just one number a line. Columns kind (exact, prefix), campaign,
    expires_at, source and reason say for a row what the options say for all. Every row is accounted for: added, updated
    (holds longer now), unchanged, duplicate (came before in FILE) or rejected. What is written holds at once; when it is
    interrupted, run it again.
    """
    out = rejects or (beside(file.absolute()) if os.access(file.absolute().parent, os.W_OK) else None)
    if copied is not None and registry is None:
        raise click.UsageError("--copied says when a registry's copy was taken: it needs --registry")
    started = time.monotonic()
    copy = None if registry is None else taken(registry, copied, shell.settings.campaigns, shell.now())
    with shell.database() as database, bar() as progress:
        shell.step_back()
        report = dnc_files.import_file(
            database,
            file,
            wanted.reading(database),
            DncWish(kind_of(prefix=prefix), campaign, region),
            terms(shell),
            configured=shell.settings.campaigns,
            actor=shell.actor,
            clock=shell.now,
            max_send_delay=shell.settings.engine.max_send_delay,
            rejects=out,
            copy=copy,
            progress=progress,
        )
    seconds = time.monotonic() - started
    if as_json:
        print_json({**plain(report), "leads": leads_answer(report.leads), "seconds": round(seconds, 3)})
    else:
        _tell(report, seconds)


@click.command()
@click.option("--campaign", metavar="NAME", help="Only entries for this campaign.")
@click.option("--global", "only_global", is_flag=True, help="Only entries for all campaigns.")
@click.option("--source", metavar="TEXT", help="Only entries from this source.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="[default: standard output]"
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@pass_shell
def export(
    shell: Shell, campaign: str | None, source: str | None, out: Path | None, *, only_global: bool, overwrite: bool
) -> None:
    """Write the entries as CSV, expired ones too. Importing the file makes the same entries again."""
    if campaign is not None and only_global:
        raise click.UsageError("--campaign and --global exclude each other")
    wanted = EntryFilter(campaign is None and not only_global, campaign, source)
    with shell.database() as database, output(out, overwrite=overwrite) as stream:
        written = dnc_files.export(
            database,
            wanted,
            stream,
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
        )
    if out is not None:
        say(f"{out}: {written:,} entries")


@click.command()
@json_option
@pass_shell
def registries(shell: Shell, *, as_json: bool) -> None:
    """Show which copies of do-not-call registries there are, how old they are, and which are too old.

    Bring a newer one: dialerd dnc import FILE --registry NAME
    """
    with shell.database() as database:
        found = overview(database, shell.settings.campaigns, shell.now())
    if as_json:
        print_json({"registries": found})
        return
    columns = ["registry", "for", "copy of", "days old", "at most", "imported", "by", "file", "entries", "asked for by"]
    print_table(columns, [_registry_row(each) for each in found], empty="No campaign is held to a registry.")


def _registry_row(found: RegistryStatus) -> list[object]:
    copy, asked = found.copy, ", ".join(found.asked_by)
    age = "none" if found.age_days is None else f"{found.age_days:.1f}"
    old = alarming(age if copy is None else f"{age}: too old") if found.too_old else age
    most = None if found.max_days is None else f"{found.max_days:g}"
    if copy is None:
        return [found.registry, None, None, old, most, None, None, None, None, asked]
    of_copy = [copy.imported_at, copy.actor, copy.file, copy.entries]
    return [found.registry, scope_name(copy.campaign), copy.copied_at, old, most, *of_copy, asked]


def _tell(report: DncReport, seconds: float) -> None:
    counts = [(report.added, "added"), (report.updated, "updated"), (report.unchanged, "unchanged")]
    counts += [(report.duplicate, "duplicate"), (report.rejected, "rejected")]
    parts = " + ".join(f"{count:,} {bucket}" for count, bucket in counts)
    click.echo(f"do-not-call, {report.file}: {report.rows:,} rows = {parts} ({seconds:.1f} s)")
    tell_effects(report.leads, report.calls)
    for row in report.first_rejects:
        say(f"line {row.line}: {row.reason}")
    if report.rejected > len(report.first_rejects):
        say(f"... and {report.rejected - len(report.first_rejects):,} more")
    if report.rejects_file is not None:
        click.echo(f"Rejected rows, with reasons: {report.rejects_file} (correct them there and import that file)")


COMMANDS = (import_, export, registries)
