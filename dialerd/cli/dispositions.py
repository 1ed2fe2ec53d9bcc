"""`dialerd dispositions`: what can become of a call, and what each of it means."""

from __future__ import annotations

from dataclasses import asdict

import click

from dialerd.cli.output import json_option, print_json, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.dispositions import FLAG_NAMES, FLAGS, SYSTEM, Catalogue, stored_name


class DispositionName(click.ParamType[str]):
    """The name of a disposition of the system or of dispositions.toml, in any case."""

    name = "NAME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is stored. Fails with a usage error for one that there is not; raises ConfigError."""
        wanted = stored_name(value)
        shell = ctx.find_object(Shell) if ctx is not None else None
        names = shell.settings.dispositions.names if shell is not None else tuple(FLAGS)
        if wanted not in names:
            self.fail(f"{value!r} is no disposition; there are {', '.join(names)}", param, ctx)
        return wanted


@click.command()
@json_option
@pass_shell
def command(shell: Shell, *, as_json: bool) -> None:
    """List the dispositions there are, those of the system and those of dispositions.toml, with their flags.

    contacted: a person was reached, or by agreement a message was left. final: the lead is never dialed again.
    do_not_call: its number neither, from any list. recyclable: a recycling rule may bring it back. counts: uses up an
    attempt. human: a person was on the line.
    """
    catalogue = shell.settings.dispositions
    if as_json:
        print_json([_facts(catalogue, name) for name in catalogue.names])
        return
    columns = ["disposition", "of", *(flag.replace("_", " ") for flag in FLAG_NAMES), "description"]
    rows = [
        [name, _owner(name), *("yes" if value else "" for value in asdict(flags).values()), _words(catalogue, name)]
        for name, flags in catalogue.flags.items()
    ]
    print_table(columns, rows, empty="")


def _facts(catalogue: Catalogue, name: str) -> dict[str, object]:
    flags = asdict(catalogue[name])
    changed = name in FLAGS and catalogue[name] != SYSTEM[name]
    return {
        "name": name,
        "system": name in FLAGS,
        "changed": changed,
        **flags,
        "description": _words(catalogue, name),
    }


def _owner(name: str) -> str:
    return "system" if name in FLAGS else "yours"


def _words(catalogue: Catalogue, name: str) -> str:
    return catalogue.descriptions.get(name, "")
