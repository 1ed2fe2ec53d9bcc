"""`dialerd run`, `dialerd agi` and `dialerd web`: the daemons, in the foreground, as systemd starts them."""

from __future__ import annotations

import click

from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.errors import Unavailable


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


@click.command()
@pass_shell
def web(shell: Shell) -> int:
    """Run the HTTP API and the console in the browser.

    It listens where [web] says, on loopback by default. The first user is made by `dialerd user add NAME --role admin`.
    SIGTERM ends it; SIGHUP reads the configuration again.
    """
    try:
        from dialerd.web.process import run as run_web  # noqa: PLC0415 - the others must not pay for the server
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("dialerd"):
            raise
        raise Unavailable(f"the extra web is not installed ({error.name}): pip install 'dialerd[web]'") from error
    return run_web(shell.config_path)
