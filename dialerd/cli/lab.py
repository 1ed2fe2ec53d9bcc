"""`dialerd lab`: a real Asterisk with a simulated carrier on this machine, up until interrupted."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from types import FrameType

import click

from dialerd.cli.output import json_option, print_json
from dialerd.domain.errors import NotFound, Unavailable

_DOWN_SECONDS = 20.0
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def group() -> None:
    """Start and stop a real Asterisk with a simulated carrier."""


@group.command()
@click.option("--dir", "folder", type=_FOLDER, required=True, metavar="DIR", help="Where it lives; made if need be.")
@click.option("--mix", metavar="FATE=PERCENT,...", help="Fates by percent, as busy=20,no-answer=30; the rest answers.")
@click.option("--suite", metavar="NAME", help="Which Asterisk: newest, oldest, or a release of your mirror.")
@click.option("--seed", type=int, default=1, show_default=True, help="Repeats the order of the mix.")
def up(folder: Path, mix: str | None, suite: str | None, seed: int) -> None:
    """Run a lab until SIGINT (Ctrl-C) or SIGTERM, then end all of it.

    Once it can place calls it prints one JSON object with its ports and paths. Without --mix the last three digits of
    a number decide: 200 talks, 201 stays, 202 hangs up at once, 203 is a machine, 180 never answers, 181 answers late,
    183 has early media, 100 is silent, 302 redirects, and a SIP error such as 486, 603, 404 or 503 is given as it is.
    """
    from dialerd.lab.lab import start_lab  # noqa: PLC0415 - `--help` must not pay for it

    for number in _ENDS:
        signal.signal(number, _interrupt)
    with start_lab(folder, mix=mix, suite=suite, seed=seed) as lab:
        try:
            click.echo(json.dumps(lab.as_json()))
            while True:
                signal.pause()
        except KeyboardInterrupt:
            # The way down is short and is gone to its end.
            for number in _ENDS:
                signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt


@group.command()
@click.option("--dir", "folder", type=_FOLDER, required=True, metavar="DIR", help="The folder given to `lab up`.")
@json_option
def down(folder: Path, *, as_json: bool) -> None:
    """Stop the lab of a folder, and return when all of it has ended. Its logs stay."""
    from dialerd.lab.claim import running_lab, wait_until_gone  # noqa: PLC0415 - `--help` must not pay for it

    pid = running_lab(folder)
    if pid is None:
        raise NotFound(f"{folder}: no lab runs here; start one with: dialerd lab up --dir {folder}")
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise Unavailable(f"{folder}: its lab belongs to somebody else; stop it as that user") from None
    if not wait_until_gone(folder, pid, _DOWN_SECONDS):
        raise Unavailable(f"{folder}: process {pid} has not stopped its lab within {_DOWN_SECONDS:g} s")
    if as_json:
        print_json({"dir": folder.absolute(), "stopped": pid})
