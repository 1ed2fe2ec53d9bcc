"""`dialerd status`: engines, trunks and campaigns at a glance."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from dialerd.cli.campaigns import print_campaigns
from dialerd.cli.output import json_option, print_json, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.breaker import Phase
from dialerd.domain.errors import Unavailable
from dialerd.service.here import Here, here
from dialerd.service.status import EngineStatus, SystemStatus, system
from dialerd.store.database import Database

WATCH_SECONDS = 1.0
_WORDS = {Phase.CLOSED: "works", Phase.OPEN: "failing", Phase.PROBING: "being tried", Phase.STOPPED: "stopped"}


@click.command()
@click.option("--watch", is_flag=True, help="Show it again every second, until interrupted.")
@json_option
@pass_shell
def command(shell: Shell, *, watch: bool, as_json: bool) -> None:
    """Show engines, trunks and campaigns, and why nothing is dialed.

    With --watch and --json there is one document a second, each on one line.
    """
    settings = shell.settings
    with _database(shell, as_json=as_json) as database:
        while True:
            found = system(database, settings, now=shell.now())
            if as_json:
                print_json(found, one_line=watch)
            else:
                if watch:
                    click.clear()
                _show(found)
            if not watch:
                return
            threading.Event().wait(WATCH_SECONDS)


@contextmanager
def _database(shell: Shell, *, as_json: bool) -> Iterator[Database]:
    """The database; while it is away what this machine knows without it is shown before the error."""
    try:
        with shell.database() as database:
            yield database
    except Unavailable:
        if not as_json:
            _show_here(here(shell.settings.paths))
        raise


def _show_reload(engine: EngineStatus) -> None:
    """What the engine's latest reload changed, a line each."""
    if not engine.reload:
        return
    changed = engine.reload["changes"]
    click.echo(f"engine {engine.node} reloaded its settings {engine.reload['at'][:19]} UTC, changes:")
    for change in changed:
        click.echo(f"  {change['key']}: {change['old'] or 'not there'} -> {change['new'] or 'not there'}")
    more = engine.reload["number"] - len(changed)
    if more or not changed:
        click.echo(f"  {more} more" if more else "  none")


def _show_here(found: Here) -> None:
    """The FastAGI server of this machine, and what it could not write down yet."""
    if found.journal.reports:
        since = f" since {found.journal.since:%Y-%m-%d %H:%M:%S} UTC" if found.journal.since else ""
        click.echo(f"{found.journal.reports} reports of calls wait in the journal here for the database{since}\n")
    for file in found.journal.set_aside:
        click.echo(f"not all of this journal could be written down; the log says what: {file}\n")
    if found.listen is None:
        return
    rows = [
        [found.listen, f"{one.number} of {len(found.processes)}", str(one.pid), one.since, one.restarts]
        for one in found.processes
    ]
    print_table(["FastAGI here", "place", "process", "since", "started again"], rows, empty="")
    click.echo()


def _show(found: SystemStatus) -> None:
    if found.problem:
        click.echo(f"{found.problem}\n")
    if found.engines:
        rows = [
            [
                engine.node,
                "alive" if engine.alive else "silent",
                f"{engine.silent_for:.0f} s ago",
                engine.link,
                engine.calls,
                engine.host,
                str(engine.pid),
                engine.version,
            ]
            for engine in found.engines
        ]
        columns = ["engine", "state", "sign of life", "Asterisk", "calls up", "host", "process", "version"]
        print_table(columns, rows, empty="")
        for engine in found.engines:
            _show_reload(engine)
        click.echo()
    _show_here(found.here)
    if found.trunks:
        trunks = [
            [
                trunk.name,
                _WORDS[trunk.state],
                trunk.calls,
                trunk.max_calls,
                f"{trunk.calls_per_second:g}/s",
                trunk.next_probe_at,
                trunk.why,
            ]
            for trunk in found.trunks
        ]
        print_table(["trunk", "state", "calls up", "at most", "pace", "next try", "why"], trunks, empty="")
        click.echo()
    print_campaigns(found.campaigns)
