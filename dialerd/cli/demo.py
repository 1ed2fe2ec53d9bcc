"""`dialerd demo`: the whole path on this machine, without one real call."""

from __future__ import annotations

from pathlib import Path

import click

from dialerd.cli.output import console, json_option, message_console, print_json
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
@click.option("--stop", is_flag=True, help="Stop what --keep left running, or a demo that was killed.")
@json_option
def command(folder: Path, *, keep: bool, stop: bool, as_json: bool) -> int:
    """Dial 300 fictional numbers through a real Asterisk on this machine.

    A simulated carrier answers, is busy, or lets it ring; the engine is killed once on the way. Exits with 0 only if
    the carrier's log and ours agree on every call, nobody was dialed twice, and no-answers came back for two rounds.
    """
    told = message_console() if as_json else console()
    if stop:
        stopped = demo.stop(folder)
        if as_json:
            print_json({"stopped": stopped})
        else:
            told.print(f"Stopped {', '.join(stopped)}.")
        return 0
    found = demo.run(folder, keep=keep, console=told)
    if as_json:
        print_json(found)
    return 1 if found["faults"] else 0
