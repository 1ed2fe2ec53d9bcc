"""`dialerd call`: what was dialed, and what became of it."""

from __future__ import annotations

from uuid import UUID

import click

from dialerd.cli.dispositions import DispositionName
from dialerd.cli.output import MAX_ID, cell, json_option, print_json, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.callback import read_when
from dialerd.domain.errors import BadInput
from dialerd.service.call_changes import NewWord, set_disposition
from dialerd.service.calls import CallFilter, calls
from dialerd.store.attempts import AttemptRecord


@click.group()
def group() -> None:
    """Look at attempts: what was dialed and what became of it; say what became of an answered one."""


@group.command("list")
@click.option("--campaign", metavar="NAME", help="Only calls of this campaign.")
@click.option("--phone", metavar="NUMBER", help="Only calls to this number, with its country code.")
@click.option("--lead", "lead_id", type=click.IntRange(1, MAX_ID), metavar="ID", help="Only calls to this lead.")
@click.option("--disposition", type=DispositionName(), help="Only calls that ended so.")
@click.option("--open", "open_only", is_flag=True, help="Only calls that have not ended.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@click.option("--before", type=click.UUID, metavar="ID", help="Go on behind this attempt.")
@json_option
@pass_shell
def list_(
    shell: Shell,
    campaign: str | None,
    phone: str | None,
    lead_id: int | None,
    disposition: str | None,
    limit: int,
    before: UUID | None,
    *,
    open_only: bool,
    as_json: bool,
) -> None:
    """Show attempts, the newest first."""
    wanted = CallFilter(
        campaign=campaign,
        phone=phone,
        lead_id=lead_id,
        disposition=disposition,
        open_only=open_only,
    )
    with shell.database() as database:
        found = calls(
            database, wanted, configured=shell.settings.campaigns, limit=limit, before=str(before) if before else None
        )
    if as_json:
        print_json(found)
        return
    columns = [
        "attempt",
        "dialed",
        "number",
        "campaign",
        "list",
        "try",
        "state",
        "disposition",
        "sip",
        "cause",
        "detail",
    ]
    print_table(columns, [_row(attempt) for attempt in found], empty="No calls.")


@group.command()
@click.argument("attempt", type=click.UUID)
@click.argument("name", type=DispositionName())
@click.option(
    "--at", "when", metavar="TIME", help="For callback: 2026-12-01T10:00 in the lead's zone, or minutes from now."
)
@json_option
@pass_shell
def disposition(shell: Shell, attempt: UUID, name: str, when: str | None, *, as_json: bool) -> None:
    """Say what became of an answered call that has ended. ATTEMPT is its id, NAME one of `dialerd dispositions`.

    The lead is due again, or closed, as if the call had ended so, unless it was called since. What was there before is
    kept. Calls that nobody answered cannot be changed.
    """
    try:
        word = NewWord(str(attempt), name, read_when(when) if when is not None else None)
    except ValueError as error:
        raise BadInput(f"--at: {error}") from None
    with shell.database() as database:
        done = set_disposition(database, word, settings=shell.settings, actor=shell.actor, now=shell.now())
    if as_json:
        print_json(done)
        return
    then = f", due again {cell(done.again_at)}" if done.again_at else f", closed: {done.closed}" if done.closed else ""
    click.echo(f"call to {done.phone}: {done.disposition} instead of {done.before}{then}")


def _row(attempt: AttemptRecord) -> list[object]:
    return [
        attempt.attempt_id,
        attempt.sending_at,
        attempt.phone,
        attempt.campaign,
        attempt.list_name,
        attempt.number,
        attempt.state,
        attempt.disposition,
        attempt.sip_code,
        attempt.cause,
        attempt.detail,
    ]
