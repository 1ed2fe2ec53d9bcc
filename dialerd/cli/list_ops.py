"""`dialerd list archive, unarchive, delete, copy, assign, unassign`: what becomes of a list as a whole."""

from __future__ import annotations

import sys

import click

from dialerd.cli.output import MAX_ID, json_option, print_json
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.text import printable
from dialerd.service import campaigns, imports, list_life

_which = click.option(
    "--id",
    "list_id",
    type=click.IntRange(1, MAX_ID),
    metavar="ID",
    help="Which one, of several archived with this name.",
)


@click.command()
@click.argument("name")
@json_option
@pass_shell
def archive(shell: Shell, name: str, *, as_json: bool) -> None:
    """Put a list away: hidden from default views, not dialed, not assignable. All of it stays."""
    with shell.database() as database:
        campaign = list_life.archive(database, name, actor=shell.actor, now=shell.now())
    if as_json:
        print_json({"list": name, "status": "archived", "campaign": campaign})
        return
    stays = f"; it stays assigned to campaign {campaign}, which does not dial it" if campaign else ""
    click.echo(f"list {name} is Archived{stays}. Back: dialerd list unarchive {name}")


@click.command()
@click.argument("name")
@click.option("--as", "new_name", metavar="NAME", help="Under another name, when its own was taken meanwhile.")
@_which
@json_option
@pass_shell
def unarchive(shell: Shell, name: str, new_name: str | None, list_id: int | None, *, as_json: bool) -> None:
    """Bring an archived list back, assigned as it was."""
    with shell.database() as database:
        now_called = list_life.unarchive(
            database, name, new_name=new_name, list_id=list_id, actor=shell.actor, now=shell.now()
        )
    if as_json:
        print_json({"list": now_called})
    else:
        click.echo(f"list {now_called} is back")


@click.command()
@click.argument("name")
@click.option("--yes-delete", "repeated", metavar="NAME", help="The list's name once more: yes, delete it for good.")
@_which
@json_option
@pass_shell
def delete(shell: Shell, name: str, repeated: str | None, list_id: int | None, *, as_json: bool) -> None:
    """Remove a list and its leads for good. The record of its calls stays.

    On a terminal it asks for the list's name; elsewhere give --yes-delete NAME. When it is interrupted, the list is
    hidden already: the same command again removes the rest.
    """
    if repeated is None and sys.stdin.isatty() and sys.stderr.isatty():
        shown = printable(name)
        repeated = click.prompt(
            f"This removes list {shown} and its leads for good. Type its name to go on", default="", err=True
        )
    with shell.database() as database:
        removed = list_life.delete(
            database, name, repeated=repeated or "", list_id=list_id, actor=shell.actor, clock=shell.now
        )
    if as_json:
        print_json({"list": name, "removed": removed.leads})
    else:
        click.echo(f"list {name} and its {removed.leads:,} leads are removed; their calls stay in the record")


@click.command()
@click.argument("name")
@click.argument("new_name")
@json_option
@pass_shell
def copy(shell: Shell, name: str, new_name: str, *, as_json: bool) -> None:
    """Make a new list NEW_NAME of the leads of NAME, none of them dialed yet.

    Those that are do_not_call, opted_out or invalid_number stay so.
    """
    with shell.database() as database:
        made = list_life.copy(
            database,
            name,
            new_name,
            actor=shell.actor,
            clock=shell.now,
            dispositions=shell.settings.dispositions,
        )
    if as_json:
        print_json(made)
        return
    never = f", {made.kept:,} of them never to be dialed" if made.kept else ""
    click.echo(f"list {made.name}: {made.leads:,} leads of list {made.of}, version {made.version}{never}")


@click.command()
@click.argument("name")
@click.argument("campaign")
@json_option
@pass_shell
def assign(shell: Shell, name: str, campaign: str, *, as_json: bool) -> None:
    """Put a list at the end of the lists CAMPAIGN dials. Only Ready or Used lists can be assigned."""
    with shell.database() as database:
        imports.recover(database, clock=shell.now)
        configured = shell.settings.campaigns
        campaigns.assign(database, campaign, name, configured=configured, actor=shell.actor, now=shell.now())
    _answer({"list": name, "campaign": campaign}, f"list {name} is assigned to campaign {campaign}", as_json=as_json)


@click.command()
@click.argument("name")
@json_option
@pass_shell
def unassign(shell: Shell, name: str, *, as_json: bool) -> None:
    """Take a list from its campaign. Not while the campaign is Active."""
    with shell.database() as database:
        configured = shell.settings.campaigns
        left = campaigns.unassign(database, None, name, configured=configured, actor=shell.actor, now=shell.now())
    _answer({"list": name, "campaign": None}, f"list {name} is no longer assigned to campaign {left}", as_json=as_json)


def _answer(answer: dict[str, str | None], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(words)


COMMANDS = (assign, unassign, archive, unarchive, delete, copy)
