"""`dialerd campaign`: which lists a campaign dials, and whether it dials."""

from __future__ import annotations

from collections.abc import Iterable

import click

from dialerd.cli.freezing import freeze, unfreeze
from dialerd.cli.importing import tell_out_of_reach
from dialerd.cli.output import alarming, json_option, print_json, print_pairs, print_table
from dialerd.cli.shell import Shell, pass_shell
from dialerd.cli.statistics import of_campaign
from dialerd.cli.trying import try_
from dialerd.cli.why import of_campaign as why_of_campaign
from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.service import campaigns, imports, out_of_reach, status
from dialerd.service.abandoning import AbandonStatus
from dialerd.service.status import CampaignStatus


@click.group()
def group() -> None:
    """Assign lists to campaigns; start, pause, resume, stop, freeze and archive them.

    What a campaign is (destination, pace, hours, retries) stands in its file in campaigns.d.
    """


group.add_command(of_campaign)
group.add_command(why_of_campaign)
group.add_command(freeze)
group.add_command(unfreeze)
group.add_command(try_)


@group.command("list")
@click.option("--archived", is_flag=True, help="Those that are archived instead.")
@json_option
@pass_shell
def list_(shell: Shell, *, archived: bool, as_json: bool) -> None:
    """Show all campaigns but those that are archived."""
    with shell.database() as database:
        every = status.system(database, shell.settings, now=shell.now(), archived=True).campaigns
    found = [item for item in every if (item.state is CampaignState.ARCHIVED) is archived]
    if as_json:
        print_json(found)
    else:
        print_campaigns(found)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def show(shell: Shell, name: str, *, as_json: bool) -> None:
    """Show one campaign: its state and why, its lists, its pace, what became of its calls."""
    with shell.database() as database:
        found = status.campaign(database, name, shell.settings, now=shell.now())
    if as_json:
        print_json(found)
    else:
        _print_campaign(found)


@group.command()
@click.argument("campaign")
@click.argument("list_name", metavar="LIST")
@json_option
@pass_shell
def assign(shell: Shell, campaign: str, list_name: str, *, as_json: bool) -> None:
    """Put LIST at the end of the lists CAMPAIGN dials. Only Ready or Used lists can be assigned."""
    with shell.database() as database:
        imports.recover(database, clock=shell.now)
        campaigns.assign(
            database,
            campaign,
            list_name,
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
        )
        beyond = out_of_reach.of_list(database, list_name, campaigns=shell.settings.campaigns, now=shell.now())
    _answer(shell, campaign, f"list {list_name} is assigned to campaign {campaign}", as_json=as_json)
    if not as_json:
        tell_out_of_reach(beyond)


@group.command()
@click.argument("campaign")
@click.argument("list_name", metavar="LIST")
@json_option
@pass_shell
def unassign(shell: Shell, campaign: str, list_name: str, *, as_json: bool) -> None:
    """Take LIST from CAMPAIGN. Not while the campaign is Active."""
    with shell.database() as database:
        campaigns.unassign(
            database,
            campaign,
            list_name,
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
        )
    _answer(shell, campaign, f"list {list_name} is no longer assigned to campaign {campaign}", as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def start(shell: Shell, name: str, *, as_json: bool) -> None:
    """Begin to dial, within the campaign's hours."""
    _change(shell, name, CampaignAction.START, as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def pause(shell: Shell, name: str, *, as_json: bool) -> None:
    """Dial nobody new; calls in progress go on to their end."""
    _change(shell, name, CampaignAction.PAUSE, as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def resume(shell: Shell, name: str, *, as_json: bool) -> None:
    """Go on with a paused campaign where it was."""
    _change(shell, name, CampaignAction.RESUME, as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def stop(shell: Shell, name: str, *, as_json: bool) -> None:
    """End the run: dial nobody new and hang up what rings; answered calls go on. It can be started again."""
    _change(shell, name, CampaignAction.STOP, as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def archive(shell: Shell, name: str, *, as_json: bool) -> None:
    """Put a campaign that does not dial out of sight. Its lists, leads and attempts stay."""
    _change(shell, name, CampaignAction.ARCHIVE, as_json=as_json)


@group.command()
@click.argument("name")
@json_option
@pass_shell
def unarchive(shell: Shell, name: str, *, as_json: bool) -> None:
    """Bring an archived campaign back, as a draft."""
    _change(shell, name, CampaignAction.UNARCHIVE, as_json=as_json)


def print_campaigns(found: Iterable[CampaignStatus]) -> None:
    """The table of campaigns."""
    rows = [
        (
            *(item.name, item.state, _held_to(item), item.calls, pace(item)),
            *(item.due_now, item.remaining, item.next_due, item.why),
        )
        for item in found
    ]
    columns = ["campaign", "state", "held to", "calls up", "pace", "due now", "to dial", "next due", "why"]
    print_table(columns, rows, empty="No campaigns. Describe one in campaigns.d beside the configuration file.")


def pace(item: CampaignStatus) -> str:
    """Calls per second of the last 10 s beside what the file asks for."""
    return f"{item.pace:.1f}/s" if item.target is None else f"{item.pace:.1f} of {item.target:g}/s"


def abandoned(found: AbandonStatus) -> str:
    """Where a campaign stands with one limit for abandoned calls, and what that does."""
    period = f"{found.hours / 24:g} days" if found.hours > 48 else f"{found.hours:g} h"
    late = f", {found.late} of them not connected within {found.connect_within:g} s" if found.late else ""
    share = f"{found.percent:g} %, {found.limit:g} % at most"
    text = f"{found.abandoned} of {found.people} people in {period}{late}: {share}"
    if found.clears is not None:
        return f"{text}; nobody is called until {found.clears:%Y-%m-%d %H:%M} UTC"
    return f"{text}; at {found.pace:.0%} of its pace" if found.pace < 1 else text


def print_dispositions(item: CampaignStatus) -> None:
    """How ended attempts ended, the most frequent first."""
    if item.dispositions:
        click.echo()
        ended = sorted(item.dispositions.items(), key=lambda pair: -pair[1])
        print_table(["disposition", "attempts"], [[name.replace("_", " "), count] for name, count in ended], empty="")


def _change(shell: Shell, name: str, action: CampaignAction, *, as_json: bool) -> None:
    with shell.database() as database:
        imports.recover(database, clock=shell.now)
        campaigns.change(
            database,
            name,
            action,
            configured=shell.settings.campaigns,
            actor=shell.actor,
            now=shell.now(),
            max_send_delay=shell.settings.engine.max_send_delay,
        )
    _answer(shell, name, None, as_json=as_json)


def _answer(shell: Shell, name: str, done: str | None, *, as_json: bool) -> None:
    """Says how the campaign is now: as its status in JSON, or in a line."""
    with shell.database() as database:
        found = status.campaign(database, name, shell.settings, now=shell.now())
    if as_json:
        print_json(found)
    else:
        up = f"; {found.calls} calls up{_draining(found)}" if _draining(found) else ""
        click.echo(done or f"campaign {name} is {found.state.value}: {found.why}{up}")


def _calls_up(item: CampaignStatus) -> str:
    """How many calls are up; of a campaign that starts none any more they go on to their end."""
    limit = f" of at most {item.max_calls}" if item.max_calls else ""
    return f"{item.calls}{limit}{_draining(item)}"


def _draining(item: CampaignStatus) -> str:
    return "; they go on to their end" if item.calls and item.state is CampaignState.PAUSED else ""


def _held_to(item: CampaignStatus) -> object:
    """Its compliance profiles; in red when none of them limits it."""
    return alarming(item.held_to) if item.unlimited else item.held_to


def _print_campaign(item: CampaignStatus) -> None:
    print_pairs(
        [
            ("campaign", item.name),
            ("description", item.description),
            ("state", item.state),
            ("since", item.state_since),
            ("last start", item.started_at),
            ("why", item.why),
            ("held to", _held_to(item)),
            ("lists", ", ".join(item.lists) or "none"),
            ("calls up", _calls_up(item)),
            ("pace", pace(item)),
            *(("abandoned calls", abandoned(each)) for each in item.abandoned),
            ("due now", item.due_now),
            ("to dial", item.remaining),
            ("next due", item.next_due),
        ]
    )
    print_dispositions(item)
