"""`dialerd list versions` and what one does with them: compare, go back, fetch the file, see what was refused."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from dialerd.cli.output import json_option, plain, print_json, print_table, say, text_output
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.errors import BadInput
from dialerd.domain.places import read_place
from dialerd.service import imports, list_versions, rollbacks
from dialerd.service.list_versions import Diff
from dialerd.service.rejected import rejected_rows, show_rejects, write_rejects
from dialerd.store.differences import Change, Difference, Said
from dialerd.store.versions import VersionRecord

_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE, which must not be there yet  [default: standard output]",
)
_VERSION = click.IntRange(1, 2**31 - 1)


@click.command("versions")
@click.argument("name")
@json_option
@pass_shell
def versions_(shell: Shell, name: str, *, as_json: bool) -> None:
    """Show the versions of a list, the newest first."""
    with shell.database() as database:
        imports.recover(database, clock=shell.now)
        found = list_versions.versions_of(database, name)
    if as_json:
        print_json([version_as_json(version) for version in found])
        return
    print_table(COLUMNS, [version_row(version) for version in found], empty="No versions: nothing was imported yet.")


@click.command()
@click.argument("name")
@click.argument("before", type=click.IntRange(0, 2**31 - 1))
@click.argument("after", type=click.IntRange(0, 2**31 - 1))
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Show at most so many leads.")
@json_option
@pass_shell
def diff(shell: Shell, name: str, before: int, after: int, limit: int, *, as_json: bool) -> None:
    """Show how version AFTER of a list differs from version BEFORE; 0 is the list before its first version."""
    with shell.database() as database:
        found = list_versions.diff(database, name, before, after, limit=limit)
    if as_json:
        print_json(_diff_as_json(found))
        return
    click.echo(
        f"list {name}, version {before} to {after}: "
        f"{found.added:,} added, {found.changed:,} changed, {found.withdrawn:,} withdrawn"
    )
    if found.rows:
        click.echo()
        print_table(["change", "number", "line", "what"], map(_diff_row, found.rows), empty="")
    left = found.added + found.changed + found.withdrawn - len(found.rows)
    if left:
        click.echo(f"and {left:,} more; see --limit")


@click.command()
@click.argument("name")
@click.argument("version", type=_VERSION)
@json_option
@pass_shell
def rollback(shell: Shell, name: str, version: int, *, as_json: bool) -> None:
    """Make a list what it was in VERSION, as a new version; history stays."""
    with shell.database() as database:
        done = rollbacks.rollback(database, name, version, actor=shell.actor, clock=shell.now)
    counts = done.buckets
    if as_json:
        print_json(
            {
                "list": done.list,
                "version": done.version,
                "to": done.to,
                "imported": counts.imported,
                "updated": counts.updated,
                "withdrawn": counts.withdrawn,
            }
        )
        return
    click.echo(
        f"list {name}, version {done.version} is as version {done.to} was: {counts.imported:,} leads came back, "
        f"{counts.updated:,} changed, {counts.withdrawn:,} withdrawn"
    )


@click.command()
@click.argument("name")
@json_option
@pass_shell
def undo(shell: Shell, name: str, *, as_json: bool) -> None:
    """Take the newest import of a list back, while none of its new leads was dialed."""
    with shell.database() as database:
        done = rollbacks.undo(database, name, actor=shell.actor, clock=shell.now)
    if as_json:
        print_json(done)
        return
    now = f"version {done.current} is current again" if done.current else "the list is empty again"
    click.echo(f"list {name}: version {done.version} ({done.file_name}) is undone; {now}")


@click.command()
@click.argument("name")
@json_option
@pass_shell
def cancel(shell: Shell, name: str, *, as_json: bool) -> None:
    """Stop the import into a list, wherever it runs, and take back what is in of it."""
    with shell.database() as database:
        version = imports.cancel(database, name, actor=shell.actor, clock=shell.now)
    if as_json:
        print_json({"list": name, "version": version, "cancelled": True})
        return
    click.echo(f"list {name}: version {version} is cancelled; nothing of it is left")


@click.command()
@click.argument("name")
@click.argument("version", type=_VERSION, required=False)
@_OUT
@json_option
@pass_shell
def rejects(shell: Shell, name: str, version: int | None, out: Path | None, *, as_json: bool) -> None:
    """Fetch the rows that an import refused, with reasons, as a CSV to correct and import again."""
    with shell.database() as database:
        record = list_versions.require_version(database, name, version)
        if out is not None:
            _refuse_taken(out)
            written = write_rejects(database, record, out)
        elif as_json:
            rows = rejected_rows(database, record)
            print_json([{"line": row.line, "reason": row.reason, "text": row.text} for row in rows])
            return
        else:
            with text_output(mark=True) as stream:
                show_rejects(database, record, stream)
            written = None
    if as_json:
        print_json({"list": name, "version": record.number, "file": out if written else None})
    elif not record.buckets.rejected:
        say(f"dialerd: list {name}, version {record.number}: no row was rejected")


@click.command()
@click.argument("name")
@click.argument("version", type=_VERSION, required=False)
@_OUT
@pass_shell
def original(shell: Shell, name: str, version: int | None, out: Path | None) -> None:
    """Fetch the file that a version was imported from, byte for byte; the newest one without VERSION."""
    with shell.database() as database:
        record, blocks = list_versions.original(database, name, version)
        _refuse_taken(out)
        _put(blocks, out)
    if out is not None:
        say(f"dialerd: list {name}, version {record.number}: {record.file_name} is in {out}")


COMMANDS = (versions_, diff, rollback, undo, cancel, rejects, original)

COUNTS = ("rows", "imported", "updated", "unchanged", "duplicate", "dnc", "rejected", "withdrawn")
"""The titles of `counts_of`."""
COLUMNS = ("version", "state", "mode", "file", "sha256", *COUNTS, "at", "by")
_DIGITS = 12
"""So much of a SHA-256 tells files apart that people have; all of it is in the JSON."""


def version_row(version: VersionRecord) -> list[object]:
    """A version as a row under COLUMNS."""
    first = [version.number, state_of(version), version.mode, version.file_name, version.sha256[:_DIGITS] or None]
    return [*first, *counts_of(version), version.created_at, version.created_by]


def counts_of(version: VersionRecord) -> list[object]:
    """Where the rows of the version went, and how many leads it withdrew."""
    return [getattr(version.buckets, name) for name in COUNTS]


def version_as_json(version: VersionRecord) -> dict[str, object]:
    """A version as programs see it."""
    return {
        "number": version.number,
        "state": version.state,
        "mode": version.mode,
        "file": version.file_name,
        "sha256": version.sha256,
        "options": dict(version.options),
        "error": version.error,
        **plain(version.buckets),
        "phase": version.phase if version.state.unfinished else None,
        "done": version.position,
        "of": version.size,
        "created_at": version.created_at,
        "created_by": version.created_by,
        "finished_at": version.finished_at,
    }


def state_of(version: VersionRecord) -> str:
    """The state as people read it; of an import that goes on, what it is at and how far it is."""
    at = version.headway
    if not version.state.unfinished or at.percent is None:
        return version.state.value
    return f"{at.phase}, {at.percent} %"


def _diff_as_json(found: Diff) -> dict[str, object]:
    rows = [
        {
            "change": row.change,
            "lead_id": row.lead_id,
            "phone": row.phone,
            "before": _said_as_json(row.before),
            "after": _said_as_json(row.after),
        }
        for row in found.rows
    ]
    counts = {"added": found.added, "changed": found.changed, "withdrawn": found.withdrawn}
    return {"list": found.list, "before": found.before, "after": found.after, **counts, "rows": rows}


def _said_as_json(said: Said | None) -> dict[str, object] | None:
    if said is None:
        return None
    return {
        "line": said.line,
        "priority": said.priority,
        "zone": read_place(said.zone).zone_text,
        "fields": dict(said.fields),
    }


def _diff_row(row: Difference) -> list[object]:
    said = row.after or row.before
    fields = {} if said is None else said.fields
    what = ", ".join(fields.values())
    if row.change is Change.CHANGED and row.before is not None and row.after is not None:
        old, new = _content(row.before), _content(row.after)
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        what = "; ".join(f"{name}: {old.get(name, '-')} -> {new.get(name, '-')}" for name in names)
    return [row.change, row.phone, said.line if said else None, what]


def _content(said: Said) -> dict[str, str]:
    return {**said.fields, "priority": str(said.priority), "zone": read_place(said.zone).zone_text}


def _refuse_taken(out: Path | None) -> None:
    if out is not None and out.exists():
        raise BadInput(f"{out}: is there already and is not replaced; choose another name")


def _put(blocks: Iterable[bytes], out: Path | None) -> None:
    if out is None:
        _write(blocks, sys.stdout.buffer)
        return
    try:
        with out.open("xb") as file:
            _write(blocks, file)
    except OSError as error:
        raise BadInput(f"{out}: cannot be written: {error.strerror}") from error


def _write(blocks: Iterable[bytes], to: BinaryIO) -> None:
    to.writelines(blocks)
    to.flush()
