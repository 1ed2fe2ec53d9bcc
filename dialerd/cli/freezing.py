"""`dialerd campaign freeze` and `unfreeze`: the emergency brake."""

from __future__ import annotations

import threading

import click

from dialerd.cli.output import json_option, print_json, say
from dialerd.cli.shell import Shell, pass_shell
from dialerd.service import freezes
from dialerd.store.database import Database

WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.1


@click.command()
@click.argument("name", required=False)
@json_option
@pass_shell
def freeze(shell: Shell, name: str | None, *, as_json: bool) -> None:
    """Dial nobody and hang up every call, at once: of campaign NAME, or of all campaigns.

    Returns when every call has ended, at the latest after ten seconds, and says so. It lasts until `unfreeze`, also over a
    restart.
    """
    with shell.database() as database:
        new = freezes.freeze(
            database,
            name,
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
            max_send_delay=shell.settings.engine.max_send_delay,
        )
        left = _wait(database, name)
    if as_json:
        print_json({"frozen": name or "everything", "new": new, "calls_up": left})
        return
    subject = f"campaign {name}" if name else "everything"
    click.echo(f"{subject} {'is' if new else 'was already'} frozen; go on: dialerd campaign unfreeze{_of(name)}")
    if left:
        say(f"{left} calls have not ended yet; is an engine running? dialerd status")


@click.command()
@click.argument("name", required=False)
@json_option
@pass_shell
def unfreeze(shell: Shell, name: str | None, *, as_json: bool) -> None:
    """Let campaign NAME, or all campaigns, go on from where they were: those that are Active dial."""
    with shell.database() as database:
        freezes.unfreeze(database, name, configured=shell.settings.campaigns, actor=shell.actor, now=shell.now())
    if as_json:
        print_json({"unfrozen": name or "everything"})
    else:
        click.echo(f"{f'campaign {name}' if name else 'everything'} is not frozen any more; what is active dials on")


def _of(name: str | None) -> str:
    return f" {name}" if name else ""


def _wait(database: Database, name: str | None) -> int:
    """How many calls are up once all have ended or the time is over."""
    pause = threading.Event()
    for _ in range(round(WAIT_SECONDS / LOOK_SECONDS)):
        if freezes.still_up(database, name) == 0:
            return 0
        pause.wait(LOOK_SECONDS)
    return freezes.still_up(database, name)
