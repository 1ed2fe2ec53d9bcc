"""`dialerd dnc`: numbers that must not be called, by anybody or by one campaign."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console

from dialerd.cli import dnc_files
from dialerd.cli.dnc_options import (
    ENTRY_COLUMNS,
    campaign_option,
    entry_row,
    kind_of,
    leads_answer,
    name_of,
    numbers_argument,
    prefix_option,
    region_option,
    tell_effects,
    terms_options,
)
from dialerd.cli.output import cell, json_option, plain, print_json, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.service import dnc
from dialerd.service.dnc import DncAnswer, DncChange, DncTerms, DncWish, scope_name
from dialerd.store.dnc import Outcome


@click.group()
def group() -> None:
    """Numbers that must not be called, by any campaign or by one. It holds at once, also for calls already planned."""


for command in dnc_files.COMMANDS:
    group.add_command(command)


@group.command()
@numbers_argument
@campaign_option
@prefix_option
@terms_options
@region_option
@json_option
@pass_shell
def add(
    shell: Shell,
    numbers: tuple[str, ...],
    campaign: str | None,
    terms: Callable[[Shell], DncTerms],
    region: str | None,
    *,
    prefix: bool,
    as_json: bool,
) -> None:
    """Put numbers on do-not-call. What is there already is never shortened."""
    with shell.database() as database, _count() as tell:
        added = dnc.add(
            database,
            numbers,
            DncWish(kind_of(prefix=prefix), campaign, region),
            terms(shell),
            configured=shell.settings.campaigns,
            actor=shell.actor,
            clock=shell.now,
            max_send_delay=shell.settings.engine.max_send_delay,
            tell=tell,
        )
    if as_json:
        entries = [{**plain(change.entry), "outcome": change.outcome} for change in added.changes]
        print_json({"entries": entries, "leads": leads_answer(added.leads), "calls": added.calls})
        return
    for change in added.changes:
        click.echo(_added(change))
    tell_effects(added.leads, added.calls)


@group.command()
@numbers_argument
@campaign_option
@prefix_option
@region_option
@json_option
@pass_shell
def remove(
    shell: Shell, numbers: tuple[str, ...], campaign: str | None, region: str | None, *, prefix: bool, as_json: bool
) -> None:
    """Take numbers from do-not-call; their leads are due again as they were. Exactly these entries are removed."""
    with shell.database() as database, _count() as tell:
        removed = dnc.remove(
            database,
            numbers,
            DncWish(kind_of(prefix=prefix), campaign, region),
            configured=shell.settings.campaigns,
            actor=shell.actor,
            clock=shell.now,
            tell=tell,
        )
    if as_json:
        print_json({"removed": removed.entries, "leads": leads_answer(removed.leads)})
        return
    for entry in removed.entries:
        click.echo(f"{name_of(entry)} is not on do-not-call for {scope_name(entry.campaign)} any more")
    if removed.leads.released:
        click.echo(f"{removed.leads.released:,} leads are due again as they were.")


@group.command()
@numbers_argument
@campaign_option
@region_option
@json_option
@pass_shell
def check(shell: Shell, numbers: tuple[str, ...], campaign: str | None, region: str | None, *, as_json: bool) -> None:
    """Say whether numbers are on do-not-call, and by which entries. --campaign asks for that campaign too."""
    now = shell.now()
    with shell.database() as database:
        answers = dnc.check(
            database,
            numbers,
            DncWish(campaign=campaign, region=region),
            configured=shell.settings.campaigns,
            now=now,
        )
    if as_json:
        print_json({"numbers": [_checked(answer) for answer in answers]})
        return
    for answer in answers:
        click.echo(_verdict(answer))
        if answer.entries:
            print_table(ENTRY_COLUMNS, [entry_row(entry, now) for entry in answer.entries], empty="")


def _added(change: DncChange) -> str:
    entry = change.entry
    words = {Outcome.ADDED: "is", Outcome.UPDATED: "holds longer now: it is", Outcome.UNCHANGED: "was already"}
    until = "" if entry.expires_at is None else f", until {cell(entry.expires_at)}"
    return f"{name_of(entry)} {words[change.outcome]} on do-not-call for {scope_name(entry.campaign)}{until}"


def _verdict(answer: DncAnswer) -> str:
    whom = scope_name(answer.campaign)
    stop = answer.stopped_by
    if stop is None:
        return f"{answer.number} may be called by {whom}, as far as do-not-call goes"
    until = "" if stop.expires_at is None else f", until {cell(stop.expires_at)}"
    return f"{answer.number} is on do-not-call for {whom}{until}"


def _checked(answer: DncAnswer) -> dict[str, object]:
    return {"number": answer.number, "on_dnc": answer.stopped_by is not None, **plain(answer)}


@contextmanager
def _count() -> Iterator[Callable[[int], None]]:
    """How many leads were looked at, on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield dnc.unheard
        return
    with Console(stderr=True).status("do-not-call holds; looking for its leads") as status:
        yield lambda leads: status.update(f"do-not-call holds; {leads:,} leads looked at")
