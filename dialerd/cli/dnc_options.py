"""Options and words that the commands of `dialerd dnc` have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import click

from dialerd.cli.output import cell
from dialerd.cli.shell import Shell
from dialerd.domain.dnc import Entry, Kind
from dialerd.ingest.dncfile import read_expiry
from dialerd.service.calling_off import CalledOff
from dialerd.service.dnc import DncTerms, scope_name
from dialerd.store.dnc_leads import Effect

Command = TypeVar("Command", bound=Callable[..., Any])

campaign_option = click.option(
    "--campaign", metavar="NAME", help="Only for this campaign  [default: for all of them, also those to come]"
)
region_option = click.option(
    "--region", metavar="CC", help="The country (US, GB, DE ...) whose national numbers are understood."
)
prefix_option = click.option(
    "--prefix", is_flag=True, help="All numbers that begin so, such as +1900, instead of one number."
)
numbers_argument = click.argument("numbers", metavar="NUMBER", nargs=-1, required=True)


def terms_options(command: Command) -> Command:
    """Adds --expires, --source and --reason; the command gets them as `terms`, a function of a Shell."""

    @wraps(command)
    def with_terms(*args: Any, expires: str | None, source: str, reason: str, **options: Any) -> Any:
        def terms(shell: Shell) -> DncTerms:
            return DncTerms(read_expiry(expires, shell.now()) if expires is not None else None, source, reason)

        return command(*args, terms=terms, **options)

    made: Any = with_terms
    made = click.option("--reason", default="", metavar="TEXT", help="Why, for people.")(made)
    made = click.option("--source", default="", metavar="TEXT", help="Where it comes from, such as a registry.")(made)
    made = click.option(
        "--expires",
        metavar="WHEN",
        help="90d, a day (2026-12-31, which still counts, UTC) or an ISO 8601 time  [default: never]",
    )(made)
    found: Command = made
    return found


def kind_of(*, prefix: bool) -> Kind:
    """What --prefix makes of an entry."""
    return Kind.PREFIX if prefix else Kind.EXACT


def leads_answer(effect: Effect) -> dict[str, int]:
    """What do-not-call did to leads, as answers name it."""
    return {"closed": effect.closed, "waiting": effect.waiting, "released": effect.released}


def tell_effects(leads: Effect, calls: CalledOff) -> None:
    """Says what adding did to leads and to calls that were planned, where there were any."""
    stopped = leads.closed + leads.waiting
    if stopped:
        click.echo("1 lead is not called any more." if stopped == 1 else f"{stopped:,} leads are not called any more.")
    if calls.given_back:
        click.echo(f"{calls.given_back:,} calls that were planned are called off.")
    if calls.left:
        click.echo(f"{calls.left:,} calls were on their way already and go on to their end.")


ENTRY_COLUMNS = ("entry", "for", "since", "by", "until", "source", "reason")


def entry_row(entry: Entry, now: datetime) -> list[object]:
    """An entry under ENTRY_COLUMNS."""
    until = "it is removed" if entry.expires_at is None else cell(entry.expires_at)
    if not entry.holds(now):
        until = f"expired {until}"
    whom = scope_name(entry.campaign)
    return [name_of(entry), whom, entry.added_at, entry.added_by, until, entry.source, entry.reason]


def name_of(entry: Entry) -> str:
    """What the entry is about: the number, or how numbers begin."""
    return f"{entry.number}…" if entry.kind is Kind.PREFIX else entry.number
