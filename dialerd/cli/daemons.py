"""`dialerd run` and `dialerd agi`: the two daemons, in the foreground, as systemd starts them."""

from __future__ import annotations

import click

from dialerd.cli.shell import Shell, pass_shell


@click.command()
@pass_shell
def run(shell: Shell) -> int:
    """Run the engine: claims leads, paces, dials through Asterisk.

    SIGTERM lets calls in progress finish, a second one ends at once. SIGHUP reads the configuration again.
    """
    from dialerd.engine.process import run as run_engine  # noqa: PLC0415 - `agi` must not pay for the engine

    return run_engine(shell.config_path)


@click.command()
@pass_shell
def agi(shell: Shell) -> int:
    """Run the FastAGI server that the dialplan asks where calls go and tells what became of them.

    SIGTERM ends it; SIGHUP reads the configuration and the scripts again.
    """
    from dialerd.fastagi import run as run_agi  # noqa: PLC0415 - `run` must not pay for the server

    return run_agi(shell.config_path)
