"""`dialerd db`: the schema."""

from __future__ import annotations

import click

from dialerd.cli.output import json_option, print_json
from dialerd.cli.shell import Shell, pass_shell
from dialerd.store.database import HEAD, Database


@click.group()
def group() -> None:
    """Create and upgrade the database.

    An empty database is made ready by the first command that uses it. One that an older dialerd made is upgraded only
    here: stop the daemons, save the database, run `dialerd db upgrade`.
    """


@group.command()
@json_option
@pass_shell
def upgrade(shell: Shell, *, as_json: bool) -> None:
    """Bring the schema to the form this dialerd works with."""
    database = Database(shell.settings.database.url)
    try:
        database.migrate()
        database.check()
    finally:
        database.close()
    if as_json:
        print_json({"database": database.safe_url, "schema": HEAD})
    else:
        click.echo(f"{database.safe_url}: schema {HEAD}")
