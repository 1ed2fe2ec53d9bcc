"""`dialerd list import`: one file into one list, with a progress bar for people and one answer for programs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from dialerd.cli.list_rules import allow_option, countries_option
from dialerd.cli.output import json_option, print_json, say
from dialerd.cli.reading import Wanted, reading_options
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.importing import Duplicates, Headway, Mode, Phase, Scope
from dialerd.ingest.leadfile import Reading
from dialerd.ingest.load import Progress as Told
from dialerd.ingest.load import unseen
from dialerd.ingest.rejects import beside
from dialerd.service import imports, out_of_reach
from dialerd.service.dry_run import dry_run as rehearse
from dialerd.service.imports import ImportReport
from dialerd.service.out_of_reach import OutOfReach
from dialerd.store.database import Database
from dialerd.store.staging import Rules

SMALL_BYTES = 1_000_000
"""A file below this is imported in less time than another process takes to get ready."""


@click.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default="add",
    show_default=True,
    help="add: new numbers join. replace: also, leads that are not in FILE are withdrawn.",
)
@click.option(
    "--duplicates",
    type=click.Choice([choice.value for choice in Duplicates]),
    default="skip",
    show_default=True,
    help="What becomes of leads that are known: skip leaves them, update lets them take what FILE says.",
)
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default="list",
    show_default=True,
    help="Where a number counts as known: in FILE only, in the list, in all lists of its campaign, in all lists.",
)
@click.option("--dry-run", is_flag=True, help="Say what would become of the rows; write nothing.")
@reading_options
@countries_option("For this file: numbers of these countries only, instead of the list's own; any: of every one.")
@allow_option("For this file: kinds of numbers that are refused otherwise, besides the list's own.")
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
    name: str,
    file: Path,
    mode: str,
    duplicates: str,
    scope: str,
    wanted: Wanted,
    countries: tuple[str, ...] | None,
    kinds: tuple[str, ...] | None,
    rejects: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a file into a list, as its next version.

    FILE is CSV or a workbook (.xlsx). Its first line names the columns; phone_number is required, priority (0 to 9) and
    timezone are understood, all others become fields of the lead (see `dialerd list preview`). Every row is accounted
    for: imported, updated (a lead took what FILE says), unchanged (the list has the number from an earlier version),
    duplicate (FILE has it twice, or another list in the scope has it and nothing is updated), on do-not-call or
    rejected. With --duplicates update, leads of other lists in the scope are updated too, by a version of their list,
    which `dialerd list undo` takes back there. Nothing is dialed before the whole file is in. Ctrl-C takes everything
    back; an import that is killed goes on by itself.
    """
    rules = Rules(Mode(mode), Duplicates(duplicates), Scope(scope))
    out = rejects if rejects or dry_run else _beside(file)
    started = time.monotonic()
    with shell.database() as database, bar() as progress:
        reading = replace(wanted.reading(database), countries=countries, kinds=kinds or ())
        if dry_run:
            shell.step_back()
            report = rehearse(
                database, name, file, reading, now=shell.now(), rules=rules, rejects=out, progress=progress
            )
        else:
            report = _import(shell, database, name, file, reading, rules, out, progress)
        beyond = out_of_reach.of_list(database, name, campaigns=shell.settings.campaigns, now=shell.now())
    seconds = time.monotonic() - started
    if out is None and report.buckets.rejected and not dry_run:
        say(f"dialerd: {file.parent}: is not writable, so no file of rejected rows; choose one with --rejects")
    if as_json:
        print_json({**_answer(report, seconds), "out_of_reach": beyond})
    else:
        _tell(report, seconds)
        tell_out_of_reach(beyond)


def _import(
    shell: Shell,
    database: Database,
    name: str,
    file: Path,
    reading: Reading,
    rules: Rules,
    rejects: Path | None,
    progress: Told,
) -> ImportReport:
    imports.recover(database, clock=shell.now)
    ticket = imports.begin(
        database, name, file, reading, actor=shell.actor, clock=shell.now, rules=rules, rejects=rejects
    )
    if ticket.size < SMALL_BYTES:
        shell.step_back()
        imports.work(database, ticket, clock=shell.now, progress=progress)
    else:
        imports.host(database, ticket, clock=shell.now, progress=progress)
    return imports.finish(database, ticket, rejects)


def _answer(report: ImportReport, seconds: float) -> dict[str, object]:
    buckets = report.buckets
    return {
        "list": report.list,
        "version": report.version,
        "rows": buckets.rows,
        "imported": buckets.imported,
        "updated": buckets.updated,
        "unchanged": buckets.unchanged,
        "duplicate": buckets.duplicate,
        "dnc": buckets.dnc,
        "rejected": buckets.rejected,
        "withdrawn": buckets.withdrawn,
        "seconds": round(seconds, 3),
        "rejects_file": report.rejects_file,
        "same_as": report.same_as,
    }


def _tell(report: ImportReport, seconds: float) -> None:
    buckets = report.buckets
    counts = [(buckets.imported, "imported"), (buckets.updated, "updated"), (buckets.unchanged, "unchanged")]
    counts += [(buckets.duplicate, "duplicate"), (buckets.dnc, "on do-not-call"), (buckets.rejected, "rejected")]
    always = ("imported", "unchanged", "duplicate", "rejected")
    parts = " + ".join(f"{count:,} {bucket}" for count, bucket in counts if count or bucket in always)
    which = "dry run, nothing was written" if report.version is None else f"version {report.version}"
    click.echo(f"list {report.list}, {which}: {buckets.rows:,} rows = {parts} ({seconds:.1f} s)")
    if buckets.withdrawn:
        click.echo(f"{buckets.withdrawn:,} leads that are not in the file: withdrawn.")
    if report.same_as is not None:
        click.echo(f"The same file was imported as version {report.same_as}.")
    if report.rejects_file is not None:
        click.echo(f"Rejected rows, with reasons: {report.rejects_file} (correct them there and import that file)")


def tell_out_of_reach(beyond: Sequence[OutOfReach]) -> None:
    """A line for each reason for which the list's campaign never calls some of its leads."""
    for each in beyond:
        click.echo(f"campaign {each.campaign} never calls {each.leads:,} of the list's leads: {each.reason}")


def _beside(file: Path) -> Path | None:
    folder = file.absolute().parent
    return beside(file.absolute()) if os.access(folder, os.W_OK) else None


@contextmanager
def bar() -> Iterator[Told]:
    """A progress bar on standard error when that is a terminal; nothing otherwise."""
    if not sys.stderr.isatty():
        yield unseen
        return
    shown = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    with Progress(*shown, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(Phase.READING, total=None, rows=0)
        phase = Phase.READING

        def tell(at: Headway) -> None:
            nonlocal phase
            if at.phase is not phase:
                phase = at.phase
                progress.reset(task, description=phase)
            progress.update(task, completed=at.done, total=max(at.of, 1), rows=at.rows)

        yield tell
