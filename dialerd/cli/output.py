"""What commands print: tables for people, one JSON document for programs. Messages go to standard error."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialerd.cli.text import printable

MAX_ID = 2**63 - 1
"""The largest number a database keeps."""

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Adds `--json`; the command gets it as the keyword `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")(command)


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses become objects, times ISO 8601 in UTC with Z, durations seconds."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(_scalar(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date | time | Path):
        return str(value)
    return value


def print_json(value: Any, *, one_line: bool = False) -> None:
    """Prints one JSON document on standard output."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=None if one_line else 2))


def say(message: str) -> None:
    """A message to a person, on standard error, so that standard output stays the answer."""
    click.echo(printable(message), err=True)


@contextmanager
def text_output(*, mark: bool = False) -> Iterator[TextIO]:
    """Standard output for a file of text: UTF-8, line ends as they are written; with `mark` a byte order mark is first, if
    anything comes.
    """
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8-sig" if mark else "utf-8", newline="")
    try:
        yield stream
    finally:
        stream.flush()
        stream.detach()


@cache
def console() -> Console:
    """Standard output. Without a terminal lines are never cut or wrapped: a pipe has no width."""
    return _console(stderr=False)


@cache
def message_console() -> Console:
    """As `console`, on standard error: for progress beside an answer in JSON."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    found = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return (
        found if found.is_terminal else Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=10_000)
    )


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Prints rows under their columns, or `empty` when there are none. Numbers stand to the right."""
    ready = [list(row) for row in rows]
    if not ready:
        click.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        numeric = all(isinstance(row[index], int | float) or row[index] is None for row in ready)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in ready:
        table.add_row(*[_shown(item) for item in row])
    console().print(table)


def print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Prints names and values below each other, leaving out what is not known."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, ""):
            table.add_row(Text(name), _shown(value))
    console().print(table)


def alarming(value: object) -> Text:
    """A value of a table in red: somebody should be sure that it is meant so."""
    return Text(cell(value), style="bold red")


def _shown(value: object) -> Text:
    return value if isinstance(value, Text) else Text(cell(value))


def cell(value: object) -> str:
    """A value as people read it in a table; times in this machine's zone."""
    if value is None:
        return "-"
    if isinstance(value, Enum):
        return str(value.value).replace("_", " ")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return printable(str(value))
