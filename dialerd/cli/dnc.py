"""`dialerd dnc`: numbers that must not be called, by anybody or by one campaign."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from dialerd.cli.importing import bar
from dialerd.cli.list_flow import output
from dialerd.cli.output import cell, json_option, plain, print_json, print_table, say
from dialerd.cli.reading import Wanted, reading_options
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.dnc import Entry, Kind
from dialerd.ingest.dncfile import read_expiry
from dialerd.ingest.rejects import beside
from dialerd.service import dnc, dnc_files
from dialerd.service.dnc import DncAnswer, DncChange, DncTerms, DncWish, scope_name
from dialerd.service.dnc_files import DncReport
from dialerd.store.dnc import EntryFilter, Outcome

Command = TypeVar("Command", bound=Callable[..., Any])

_campaign = click.option(
    "--campaign", metavar="NAME", help="Only for this campaign  [default: for all of them, also those to come]"
)
_region = click.option(
    "--region", metavar="CC", help="The country (US, GB, DE ...) whose national numbers are understood."
)
_prefix = click.option(
    "--prefix", is_flag=True, help="All numbers that begin so, such as +1900, instead of one number."
)
_numbers = click.argument("numbers", metavar="NUMBER", nargs=-1, required=True)


def _terms(command: Command) -> Command:
    """Adds --expires, --source and --reason; the command gets them as `terms`, a function of a Shell."""

    @wraps(command)
    def with_terms(*args: Any, expires: str | None, source: str, reason: str, **options: Any) -> Any:
        def terms(shell: Shell) -> DncTerms:
            return DncTerms(read_expiry(expires, shell.now()) if expires is not None else None, source, reason)

        return command(*args, terms=terms, **options)

    made: Any = with_terms
    made = click.option("--reason", default="", metavar="TEXT", help="Why, for people.")(made)
    made = click.option("--source", default="", metavar="TEXT", help="Where it comes from, such as a registry.")(made)
    made = click.option(
        "--expires",
        metavar="WHEN",
        help="90d, a day (2026-12-31, which still counts, UTC) or an ISO 8601 time  [default: never]",
    )(made)
    found: Command = made
    return found


@click.group()
def group() -> None:
    """Numbers that must not be called, by any campaign or by one. It holds at once, also for calls already planned."""


@group.command()
@_numbers
@_campaign
@_prefix
@_terms
@_region
@json_option
@pass_shell
def add(
    shell: Shell,
    numbers: tuple[str, ...],
    campaign: str | None,
    terms: Callable[[Shell], DncTerms],
    region: str | None,
    *,
    prefix: bool,
    as_json: bool,
) -> None:
    """Put numbers on do-not-call. What is there already is never shortened."""
    with shell.database() as database:
        changes = dnc.add(
            database,
            numbers,
            DncWish(_kind(prefix=prefix), campaign, region),
            terms(shell),
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
        )
    if as_json:
        print_json({"entries": [{**plain(change.entry), "outcome": change.outcome} for change in changes]})
        return
    for change in changes:
        click.echo(_added(change))


@group.command()
@_numbers
@_campaign
@_prefix
@_region
@json_option
@pass_shell
def remove(
    shell: Shell, numbers: tuple[str, ...], campaign: str | None, region: str | None, *, prefix: bool, as_json: bool
) -> None:
    """Take numbers from do-not-call. Exactly these entries are removed."""
    with shell.database() as database:
        removed = dnc.remove(
            database,
            numbers,
            DncWish(_kind(prefix=prefix), campaign, region),
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
        )
    if as_json:
        print_json({"removed": removed})
        return
    for entry in removed:
        click.echo(f"{_name(entry)} is not on do-not-call for {scope_name(entry.campaign)} any more")


@group.command()
@_numbers
@_campaign
@_region
@json_option
@pass_shell
def check(shell: Shell, numbers: tuple[str, ...], campaign: str | None, region: str | None, *, as_json: bool) -> None:
    """Say whether numbers are on do-not-call, and by which entries. --campaign asks for that campaign too."""
    now = shell.now()
    with shell.database() as database:
        answers = dnc.check(
            database,
            numbers,
            DncWish(campaign=campaign, region=region),
            configured=shell.settings.campaigns,
            now=now,
        )
    if as_json:
        print_json({"numbers": [_checked(answer) for answer in answers]})
        return
    for answer in answers:
        click.echo(_verdict(answer))
        rows = [_entry_row(entry, now) for entry in answer.entries]
        if rows:
            print_table(["entry", "for", "since", "by", "until", "source", "reason"], rows, empty="")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_campaign
@_prefix
@_terms
@_region
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
        report = dnc_files.import_file(
            database,
            file,
            wanted.reading(database),
            DncWish(_kind(prefix=prefix), campaign, region),
            terms(shell),
            configured=shell.settings.campaigns,
            actor=shell.actor,
            clock=shell.now,
            rejects=out,
            progress=progress,
        )
    seconds = time.monotonic() - started
    if as_json:
        print_json({**plain(report), "seconds": round(seconds, 3)})
    else:
        _tell(report, seconds)


@group.command()
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


def _kind(*, prefix: bool) -> Kind:
    return Kind.PREFIX if prefix else Kind.EXACT


def _name(entry: Entry) -> str:
    return f"{entry.number}…" if entry.kind is Kind.PREFIX else entry.number


def _entry_row(entry: Entry, now: datetime) -> list[object]:
    until = "it is removed" if entry.expires_at is None else cell(entry.expires_at)
    if not entry.holds(now):
        until = f"expired {until}"
    return [_name(entry), scope_name(entry.campaign), entry.added_at, entry.added_by, until, entry.source, entry.reason]


def _added(change: DncChange) -> str:
    entry = change.entry
    words = {Outcome.ADDED: "is", Outcome.UPDATED: "holds longer now: it is", Outcome.UNCHANGED: "was already"}
    until = "" if entry.expires_at is None else f", until {cell(entry.expires_at)}"
    return f"{_name(entry)} {words[change.outcome]} on do-not-call for {scope_name(entry.campaign)}{until}"


def _verdict(answer: DncAnswer) -> str:
    whom = scope_name(answer.campaign)
    stop = answer.stopped_by
    if stop is None:
        return f"{answer.number} may be called by {whom}, as far as do-not-call goes"
    until = "" if stop.expires_at is None else f", until {cell(stop.expires_at)}"
    return f"{answer.number} is on do-not-call for {whom}{until}"


def _checked(answer: DncAnswer) -> dict[str, object]:
    return {"number": answer.number, "on_dnc": answer.stopped_by is not None, **plain(answer)}


def _tell(report: DncReport, seconds: float) -> None:
    counts = [(report.added, "added"), (report.updated, "updated"), (report.unchanged, "unchanged")]
    counts += [(report.duplicate, "duplicate"), (report.rejected, "rejected")]
    parts = " + ".join(f"{count:,} {bucket}" for count, bucket in counts)
    click.echo(f"do-not-call, {report.file}: {report.rows:,} rows = {parts} ({seconds:.1f} s)")
    for row in report.first_rejects:
        say(f"line {row.line}: {row.reason}")
    if report.rejected > len(report.first_rejects):
        say(f"... and {report.rejected - len(report.first_rejects):,} more")
    if report.rejects_file is not None:
        click.echo(f"Rejected rows, with reasons: {report.rejects_file} (correct them there and import that file)")
