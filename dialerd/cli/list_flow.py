"""`dialerd list export, move, reset`: leads out of a list, into another one, and dialed once more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import click

from dialerd.cli.output import cell, json_option, plain, print_json, print_pairs, say, text_output
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.which import dispositions_option, which_options
from dialerd.domain.errors import BadInput
from dialerd.service import exports, moves, reset_undo, resets
from dialerd.service.exports import ExportWish
from dialerd.service.moves import MoveReport, MoveWish
from dialerd.service.resets import MINIMUM_GAP, ResetPlan, ResetWish
from dialerd.store.database import Database
from dialerd.store.filters import LeadFilter


class Drip(click.ParamType[float]):
    """So many an hour: `500/hour`, `500/h` or `500`."""

    name = "N/hour"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number. Fails with a usage error for anything else."""
        if isinstance(value, float):
            return value
        number = value.removesuffix("our").removesuffix("/h").strip()
        try:
            return float(number)
        except ValueError:
            self.fail(f"{value!r} is not so many an hour, such as 500/hour", param, ctx)


class Gap(click.ParamType[timedelta]):
    """A time: `4h`, `90m` or `2d`."""

    name = "TIME"
    _UNITS = {"m": "minutes", "h": "hours", "d": "days"}  # noqa: RUF012 - never changed

    def convert(self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """The time. Fails with a usage error for anything else."""
        if isinstance(value, timedelta):
            return value
        number, unit = value[:-1], self._UNITS.get(value[-1:])
        if not (number.isascii() and number.isdigit() and len(number) < 6) or unit is None:
            self.fail(f"{value!r} is not a time such as 4h, 90m or 2d", param, ctx)
        return timedelta(**{unit: int(number)})


gap_option = click.option(
    "--minimum-gap",
    "gap",
    type=Gap(),
    default=MINIMUM_GAP,
    help="Refused while a lead was called less than this ago.  [default: 4h]",
)


duplicates_option = click.option(
    "--duplicates",
    type=click.Choice(["skip", "update"]),
    default="skip",
    show_default=True,
    help="When TO has the number: leave the lead where it is, or give its fields to TO's lead.",
)


@click.command()
@click.argument("name", required=False)
@click.option("--campaign", metavar="NAME", help="Instead of a list: all lists of this campaign.")
@click.option("--fields", metavar="A,B,...", help="Which columns, in this order  [default: the number and all fields]")
@which_options
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="[default: standard output]"
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@pass_shell
def export(
    shell: Shell,
    name: str | None,
    campaign: str | None,
    fields: str | None,
    which: LeadFilter,
    out: Path | None,
    *,
    overwrite: bool,
) -> None:
    """Write the leads of a list as CSV, all of them or those that fit every option.

    Besides phone_number, priority and the fields of the list, --fields takes disposition, attempts, dials, last_attempt,
    next_due, closed, zones, list, version, line, file and created. Text that a spreadsheet would run as a formula
    stands behind a single quote; importing the file takes the quote away again.
    """
    if (name is None) == (campaign is None):
        raise click.UsageError("name one list, or --campaign and its name")
    wish = ExportWish(name or campaign or "", _columns(fields), which, campaign=campaign is not None)
    with shell.database() as database:
        exports.check(database, wish)
        with output(out, overwrite=overwrite) as stream:
            report = exports.export(database, wish, stream, actor=shell.actor, now=shell.now())
    if out is not None:
        say(f"{out}: {report.leads:,} leads of {wish.subject}")


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@which_options
@click.option("--limit", type=click.IntRange(min=1), help="At most so many, the first ones of the list.")
@duplicates_option
@click.option("--dry-run", is_flag=True, help="Only say what would be moved.")
@json_option
@pass_shell
def move(
    shell: Shell,
    source: str,
    target: str,
    which: LeadFilter,
    limit: int | None,
    duplicates: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Move leads from one list to another, all of them or those that fit every option; their calls, attempts and due
    times go along.
    """
    wish = MoveWish(
        source,
        target,
        which,
        limit,
        update=duplicates == "update",
        protected=shell.settings.dispositions.protected,
    )
    with shell.database() as database:
        if dry_run:
            report = moves.plan(database, wish)
        else:
            report = moves.move(database, wish, actor=shell.actor, clock=shell.now)
    if as_json:
        print_json(report)
    else:
        _tell_move(report)


@click.command()
@click.argument("name")
@dispositions_option
@click.option("--all", "every", is_flag=True, help="Every disposition but do_not_call, opted_out and invalid_number.")
@click.option("--drip", type=Drip(), help="Let so many of them become due in an hour  [default: all at once]")
@gap_option
@click.option("--force", is_flag=True, help="Also when some were called within the minimum gap.")
@click.option("--dry-run", is_flag=True, help="Only say what would be reset.")
@click.option("--undo", is_flag=True, help="Take the last reset back; until the first of its leads is dialed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_shell
def reset(
    shell: Shell,
    name: str,
    dispositions: tuple[str, ...],
    drip: float | None,
    gap: timedelta,
    *,
    every: bool,
    force: bool,
    dry_run: bool,
    undo: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make leads with these dispositions fresh again, for another pass. Their calls stay in the record.

    Leads that are in a call, withdrawn or closed by hand are left alone; do_not_call, opted_out and invalid_number are
    touched only when they are named.
    """
    if undo and (dispositions or every or drip is not None or force):
        raise click.UsageError("--undo takes the last reset back as it was made; leave the other options out")
    chosen = frozenset(dispositions) | (resets.every(shell.settings.dispositions) if every else frozenset())
    wish = ResetWish(name, chosen, drip, gap, force)
    with shell.database() as database:
        if undo:
            _undo(shell, database, name, dry_run=dry_run, as_json=as_json)
            return
        found = resets.plan(database, wish, now=shell.now())
        if not as_json:
            _show_plan(found)
        if dry_run:
            if as_json:
                print_json({"dry_run": True, **_plan_answer(found)})
            return
        if not yes and not as_json and found.leads and sys.stdin.isatty() and sys.stderr.isatty():
            click.confirm("Reset them?", abort=True, err=True)
        report = resets.reset(database, wish, actor=shell.actor, clock=shell.now)
    if as_json:
        print_json({"dry_run": False, **_plan_answer(found), "reset": report})
        return
    when = f", due from now until {cell(report.last_due)}" if drip else ", due now"
    busy = f"; {report.in_call:,} were in a call and are left alone" if report.in_call else ""
    click.echo(
        f"list {name}: {report.leads:,} leads are fresh again{when}{busy}. Back: dialerd list reset --undo {name}"
    )


def _plan_answer(plan: ResetPlan) -> dict[str, object]:
    """The plan as an answer names it."""
    return {"list": plan.name, **{key: getattr(plan, key) for key in _PLAN}}


_PLAN = ("dispositions", "leads", "in_call", "recent", "last_hour", "last_day", "last_call", "lasts")


def _undo(shell: Shell, database: Database, name: str, *, dry_run: bool, as_json: bool) -> None:
    if dry_run:
        report = reset_undo.plan(database, name)
    else:
        report = reset_undo.undo(database, name, actor=shell.actor, clock=shell.now)
    if as_json:
        print_json({"dry_run": dry_run, **plain(report)})
        return
    stay = "would stay" if dry_run else "stay"
    changed = f"; {report.changed:,} were dialed or closed meanwhile and {stay} as they are" if report.changed else ""
    are = "would be" if dry_run else "are"
    click.echo(f"list {name}: {report.leads:,} leads {are} what they were before the reset{changed}")


def _show_plan(plan: ResetPlan) -> None:
    print_pairs(
        [
            ("list", plan.name),
            ("dispositions", ", ".join(plan.dispositions).replace("_", " ")),
            ("leads", plan.leads),
            ("in a call, left alone", plan.in_call or None),
            ("called in the last hour", plan.last_hour),
            ("called in the last 24 h", plan.last_day),
            ("called within the gap", plan.recent),
            ("last call", plan.last_call),
            ("the drip takes", str(plan.lasts).partition(".")[0] if plan.lasts else None),
        ]
    )


def _tell_move(report: MoveReport) -> None:
    would = "would move" if report.target_version is None else "moved"
    parts = [f"{report.moved:,} leads {would} from list {report.source} to list {report.target}"]
    if report.updated:
        parts.append(f"{report.updated:,} gave their fields to the lead that is there, and are withdrawn")
    if report.duplicate:
        parts.append(f"{report.duplicate:,} stay, since {report.target} has their number")
    if report.in_call:
        parts.append(f"{report.in_call:,} stay, since they are in a call")
    click.echo("; ".join(parts))


def _columns(fields: str | None) -> tuple[str, ...]:
    if fields is None:
        return ()
    columns = tuple(part.strip() for part in fields.split(",") if part.strip())
    if not columns:
        raise BadInput("--fields names no field")
    return columns


@contextmanager
def output(out: Path | None, *, overwrite: bool) -> Iterator[TextIO]:
    """Where the CSV goes. A file has its name only once it is whole."""
    if out is None:
        with text_output() as stream:
            yield stream
        return
    if out.exists() and not overwrite:
        raise BadInput(f"{out}: is there already; choose another name, or --overwrite it")
    part = out.with_name(out.name + ".part")
    try:
        # The byte order mark is how spreadsheets know UTF-8.
        with part.open("w", encoding="utf-8-sig", newline="") as stream:
            yield stream
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


COMMANDS = (export, move, reset)
