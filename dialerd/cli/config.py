"""`dialerd config`: is what the files say usable."""

from __future__ import annotations

import click

from dialerd.cli.output import json_option, print_json
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.errors import ConfigError
from dialerd.ops.journal import folder_problem
from dialerd.settings import DEFAULT_FILE, Settings


@click.group()
def group() -> None:
    """Check the configuration."""


@group.command()
@json_option
@pass_shell
def check(shell: Shell, *, as_json: bool) -> int:
    """Read the settings and all campaigns as a daemon would, and tell every mistake at once.

    Exits with 0 when a daemon would start with them, else with 78. Connects to nothing. The folder of the
    journal, in paths.state_dir, is looked at too: this user has to be able to write there.
    """
    try:
        settings = shell.settings
        _require_journal(settings)
    except ConfigError as error:
        if not as_json:
            raise
        print_json({"ok": False, "problems": error.problems})
        return error.exit_code
    if as_json:
        print_json({"ok": True, "problems": [], **_facts(settings)})
    else:
        click.echo(_summary(settings))
    return 0


def _require_journal(settings: Settings) -> None:
    problem = folder_problem(settings.paths.journal)
    if problem is not None:
        raise ConfigError([problem])


def _facts(settings: Settings) -> dict[str, object]:
    held_to = {name: campaign.compliance.version for name, campaign in sorted(settings.campaigns.items())}
    return {
        "file": settings.source,
        "trunks": sorted(settings.trunks),
        "campaigns": sorted(settings.campaigns),
        "held_to": held_to,
        "warnings": _warnings(settings),
    }


def _summary(settings: Settings) -> str:
    if settings.source is None:
        return f"no configuration file: {DEFAULT_FILE} does not exist; the defaults hold, without trunks and campaigns"
    trunks, campaigns = ", ".join(sorted(settings.trunks)), ", ".join(sorted(settings.campaigns))
    free = [name for name, campaign in sorted(settings.campaigns.items()) if campaign.compliance.is_none]
    warning = f"; held to no compliance profile: {', '.join(free)}" if free else ""
    good = f"{settings.source}: good; trunks: {trunks or 'none'}; campaigns: {campaigns or 'none'}"
    return "\n".join([good + click.style(warning, fg="red"), *(f"warning: {line}" for line in _warnings(settings))])


def _warnings(settings: Settings) -> list[str]:
    return [
        f"campaign {name}: {warning}"
        for name, campaign in sorted(settings.campaigns.items())
        for warning in campaign.warnings
    ]
