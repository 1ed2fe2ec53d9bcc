"""`dialerd user`: who may log in to the console, and with which rights."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from dialerd.cli.list_flow import Gap
from dialerd.cli.output import json_option, print_json, print_table, say
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.errors import BadInput
from dialerd.domain.people import LONGEST_PASSWORD, Role
from dialerd.service import people
from dialerd.service.people import LINK_LASTS
from dialerd.store.people import UserRecord

role_option = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="viewer looks, operator works with lists, leads and campaigns, admin also says who may do so.",
)
stdin_option = click.option(
    "--password-stdin", "from_stdin", is_flag=True, help="Read the password from the first line of standard input."
)


@click.group()
def group() -> None:
    """Say who may log in to the console, and with which rights."""


@group.command()
@click.argument("name")
@role_option
@stdin_option
@click.option("--no-password", is_flag=True, help="Only links of `dialerd user link` let them in.")
@json_option
@pass_shell
def add(shell: Shell, name: str, role: str, *, from_stdin: bool, no_password: bool, as_json: bool) -> None:
    """Add a user. The password is asked for; it is never an argument, which everybody on the machine could read."""
    if from_stdin and no_password:
        raise click.UsageError("--password-stdin and --no-password exclude each other")
    password = None if no_password else _password(from_stdin=from_stdin)
    with shell.database() as database:
        user = people.add(database, name, Role(role), password=password, actor=shell.actor, now=shell.now())
    way = f"; let them in with: dialerd user link {name}" if no_password else ""
    _tell(user, f"user {name} is there, as {role}{way}", as_json=as_json)


@group.command()
@click.argument("name")
@stdin_option
@json_option
@pass_shell
def passwd(shell: Shell, name: str, *, from_stdin: bool, as_json: bool) -> None:
    """Give a user another password. Every session of theirs ends."""
    with shell.database() as database:
        people.show(database, name)
        password = _password(from_stdin=from_stdin)
        user = people.set_password(database, name, password, actor=shell.actor, now=shell.now())
    _tell(user, f"user {name} has another password; their sessions have ended", as_json=as_json)


@group.command()
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@json_option
@pass_shell
def role(shell: Shell, name: str, role: str, *, as_json: bool) -> None:
    """Give a user another role. It holds at once, also for who is logged in."""
    with shell.database() as database:
        user = people.set_role(database, name, Role(role), actor=shell.actor, now=shell.now())
    _tell(user, f"user {name} is {role}", as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def disable(shell: Shell, name: str, *, as_json: bool) -> None:
    """Shut a user out, at once. What they did stays in the audit under their name."""
    with shell.database() as database:
        user = people.disable(database, name, actor=shell.actor, now=shell.now())
    _tell(user, f"user {name} is shut out; dialerd user enable {name} lets them in again", as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def enable(shell: Shell, name: str, *, as_json: bool) -> None:
    """Let a user in again who was shut out."""
    with shell.database() as database:
        user = people.enable(database, name, actor=shell.actor, now=shell.now())
    _tell(user, f"user {name} may log in again", as_json=as_json)


@group.command()
@click.argument("name")
@click.option("--lasts", type=Gap(), default=LINK_LASTS, help="How long it may be used: 30m, 4h, 2d.  [default: 30m]")
@json_option
@pass_shell
def link(shell: Shell, name: str, lasts: timedelta, *, as_json: bool) -> None:
    """Print a link that logs a user in once, without a password."""
    web = shell.settings.web
    with shell.database() as database:
        made = people.link(database, name, actor=shell.actor, now=shell.now(), lasts=lasts)
    base = web.origins[0] if web.origins else f"http://127.0.0.1:{web.port}"
    url = f"{base}/login/link?key={made.secret}"
    if as_json:
        print_json({"user": name, "url": url, "expires_at": made.expires_at})
    else:
        click.echo(url)


@group.command("list")
@json_option
@pass_shell
def list_(shell: Shell, *, as_json: bool) -> None:
    """Show who may log in."""
    with shell.database() as database:
        found = people.overview(database)
    if as_json:
        print_json(found)
        return
    rows = [
        (user.name, user.role, "yes" if user.has_password else "no", user.disabled, user.last_login_at, user.created_at)
        for user in found
    ]
    columns = ("name", "role", "password", "disabled", "last login", "created")
    print_table(columns, rows, empty="No users yet. Add one: dialerd user add NAME --role admin")


def _tell(user: UserRecord, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(user)
    else:
        say(words)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(LONGEST_PASSWORD + 3).removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise BadInput("there is no terminal to ask for the password on; use --password-stdin")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked
