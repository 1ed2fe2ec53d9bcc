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
from dialerd.cli.output import json_option, plain, print_json, say
from dialerd.cli.reading import Wanted, reading_options
from dialerd.cli.shell import Shell, pass_shell
from dialerd.ingest.rejects import beside
from dialerd.service import dnc_files
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.service.dnc_files import DncReport
from dialerd.store.dnc import EntryFilter


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@campaign_option
@prefix_option
@terms_options
@region_option
@reading_options
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
    started = time.monotonic()
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


COMMANDS = (import_, export)
