"""`dialerd token`: what programs ask the API with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from dialerd.cli.list_flow import Gap
from dialerd.cli.output import json_option, print_json, print_table, say
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.user import role_option
from dialerd.domain.people import Role
from dialerd.service import tokens
from dialerd.store.api_tokens import TokenRecord


@click.group()
def group() -> None:
    """Make and revoke tokens, which programs ask the API with."""


@group.command()
@click.argument("name")
@role_option
@click.option("--lasts", type=Gap(), default=timedelta(days=90), help="How long it holds: 12h, 90d.  [default: 90d]")
@json_option
@pass_shell
def add(shell: Shell, name: str, role: str, lasts: timedelta, *, as_json: bool) -> None:
    """Make a token and print it, this once: only a hash of it is kept."""
    with shell.database() as database:
        made = tokens.add(database, name, Role(role), lasts=lasts, actor=shell.actor, now=shell.now())
    if as_json:
        print_json({"name": name, "role": role, "token": made.secret, "expires_at": made.token.expires_at})
        return
    click.echo(made.secret)
    say(f"token {name}, {role}, until {made.token.expires_at:%Y-%m-%d %H:%M} UTC; it is not shown again")


@group.command()
@click.argument("name")
@json_option
@pass_shell
def revoke(shell: Shell, name: str, *, as_json: bool) -> None:
    """End a token at once."""
    with shell.database() as database:
        token = tokens.revoke(database, name, actor=shell.actor, now=shell.now())
    if as_json:
        print_json(token)
    else:
        say(f"token {name} is revoked")


@group.command("list")
@json_option
@pass_shell
def list_(shell: Shell, *, as_json: bool) -> None:
    """Show the tokens there are, and were."""
    with shell.database() as database:
        found = tokens.overview(database)
    if as_json:
        print_json(found)
        return
    rows = [
        (token.name, token.role, _state(token), token.expires_at, token.created_by, token.used_at) for token in found
    ]
    columns = ("name", "role", "state", "until", "made by", "last used")
    print_table(columns, rows, empty="No tokens yet. Make one: dialerd token add NAME --role viewer")


def _state(token: TokenRecord) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.expires_at > datetime.now(UTC) else "over"
