"""`dialerd list create` and `edit`: what a list is called, and by what rules its numbers are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import click

from dialerd.cli.output import json_option, print_json
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.allowed import ANY, Allowed, NumberKind, read_countries, read_kinds
from dialerd.domain.errors import BadInput
from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.service import lists
from dialerd.service.list_rules import number_rules, read_region
from dialerd.service.lists import ListView

Command = TypeVar("Command", bound=Callable[..., Any])
NONE = "none"


class Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them."""

    name = "A,B,..."

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names, at least one. Fails with a usage error."""
        if isinstance(value, tuple):
            return value
        names = tuple(part.strip() for part in value.split(",") if part.strip())
        if not names:
            self.fail("names nothing", param, ctx)
        return names


_KINDS = ", ".join(NumberKind)
_policy = click.option(
    "--policy",
    type=click.Choice([policy.value for policy in PhonePolicy]),
    help="strict takes numbers in E.164 only; clean repairs spaces, dashes, 00 and national numbers."
    "  [default: clean with --region, else strict]",
)


def allow_option(words: str) -> Callable[[Command], Command]:
    """`--allow`, with these words of help; the command gets `kinds`, a tuple of names or None."""
    return click.option("--allow", "kinds", type=Names(), help=f"{words} Kinds: {_KINDS}.")


def countries_option(words: str) -> Callable[[Command], Command]:
    """`--countries`, with these words of help; the command gets a tuple of codes or None."""
    return click.option("--countries", type=Names(), metavar="CC,CC,...", help=words)


@click.command()
@click.argument("name")
@click.option("--description", default="", help="What the list is, for people.")
@click.option("--region", metavar="CC", help="The country (US, GB, DE ...) whose national numbers are understood.")
@_policy
@countries_option(
    f"Take numbers of these countries only; {ANY}: of every one."
    "  [default: lists.countries of the settings, else the region, else any]"
)
@allow_option("Kinds of numbers that are refused otherwise.")
@json_option
@pass_shell
def create(
    shell: Shell,
    name: str,
    description: str,
    region: str | None,
    policy: str | None,
    countries: tuple[str, ...] | None,
    kinds: tuple[str, ...] | None,
    *,
    as_json: bool,
) -> None:
    """Create an empty list."""
    chosen = PhonePolicy(policy) if policy else None
    rules = number_rules(region, chosen, kinds=kinds, countries=countries, defaults=shell.settings.lists.allowed)
    with shell.database() as database:
        made = lists.create(database, name, description=description, rules=rules, actor=shell.actor, now=shell.now())
    if as_json:
        print_json(made)
    else:
        click.echo(f"list {made.name}: {made.status.label}, {told(made)}; next: dialerd list import {made.name} FILE")


@click.command()
@click.argument("name")
@click.option("--description", help="What the list is, for people.")
@click.option("--region", metavar="CC", help=f"The country whose national numbers are understood; {NONE}: of none.")
@_policy
@countries_option(f"Take numbers of these countries only; {ANY}: of every one.")
@allow_option(f"Kinds of numbers that are refused otherwise; {NONE}: none of them.")
@json_option
@pass_shell
def edit(
    shell: Shell,
    name: str,
    description: str | None,
    region: str | None,
    policy: str | None,
    countries: tuple[str, ...] | None,
    kinds: tuple[str, ...] | None,
    *,
    as_json: bool,
) -> None:
    """Change how a list is described, and which numbers it takes: at the next import and before every call."""
    if (description, region, policy, countries, kinds) == (None,) * 5:
        raise BadInput("nothing to change: give --description, --region, --policy, --countries or --allow")

    def change(rules: NumberRules) -> NumberRules:
        now = rules.allowed
        return replace(
            rules,
            policy=PhonePolicy(policy) if policy else rules.policy,
            region=rules.region if region is None else _region(region),
            allowed=Allowed(
                now.kinds if kinds is None else _kinds(kinds),
                now.countries if countries is None else read_countries(countries),
            ),
        )

    with shell.database() as database:
        made = lists.edit(database, name, description=description, change=change, actor=shell.actor, now=shell.now())
    if as_json:
        print_json(made)
    else:
        click.echo(f"list {made.name}: {told(made)}")
        for leads, what in ((made.let_in, "let in again"), (made.kept_out, "kept out: not called by these rules")):
            if leads:
                click.echo(f"{leads:,} of its leads {'is' if leads == 1 else 'are'} {what}")


def told(view: ListView) -> str:
    """The rules in a few words."""
    home = f", national numbers of {view.region}" if view.region else ""
    only = f", only of {', '.join(view.countries)}" if view.countries else ""
    more = f", also {', '.join(view.kinds)}" if view.kinds else ""
    return f"{view.policy}{home}{only}{more}"


def _region(text: str) -> str | None:
    return None if text.strip().lower() == NONE else read_region(text)


def _kinds(names: Sequence[str]) -> frozenset[NumberKind]:
    return frozenset() if [name.lower() for name in names] == [NONE] else read_kinds(names)
