"""`dialerd demo`: the whole path on this machine, without one real call."""

from __future__ import annotations

from pathlib import Path

import click

from dialerd.cli.output import console
from dialerd.lab import demo


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where all of it is kept; an earlier demo there is removed.",
)
@click.option("--keep", is_flag=True, help="Leave everything running afterwards, and say how to look and to stop.")
@click.option("--stop", is_flag=True, help="Stop what --keep left running.")
def command(folder: Path, *, keep: bool, stop: bool) -> int:
    """Dial 300 fictional numbers through a real Asterisk on this machine.

    A simulated carrier answers, is busy, or lets it ring; the engine is killed once on the way. Exits with 0 only if
    the carrier's log and ours agree on every call and nobody was dialed twice.
    """
    if stop:
        return demo.stop(folder, console())
    return demo.run(folder, keep=keep, console=console())
