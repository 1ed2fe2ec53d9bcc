"""`dialerd campaign try`: the way of a campaign's calls, tried with a telephone of one's own."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import click

from dialerd.cli.output import json_option, print_json, say
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.errors import BadInput
from dialerd.domain.facts import AttemptState, EndFacts
from dialerd.service import trials
from dialerd.settings import Campaign, Log
from dialerd.store.database import Database
from dialerd.store.trials import TrialRecord

REPORT_SECONDS = 5.0
LOOK_SECONDS = 0.1
_TO = re.compile(r"PJSIP/([A-Za-z0-9_.-]{1,80})")


@click.command("try")
@click.argument("name")
@click.option("--to", "to", required=True, metavar="PJSIP/101", help="The telephone that is called: a PJSIP endpoint.")
@json_option
@pass_shell
def try_(shell: Shell, name: str, to: str, *, as_json: bool) -> None:
    """Call a telephone of your own; once you answer, the call goes where those of campaign NAME go.

    The FastAGI server must be running, an engine need not be. The call is written down as a trial: no lead, no cap and no
    statistics know of it. Ctrl-C hangs it up.
    """
    wanted = _TO.fullmatch(to)
    if wanted is None:
        raise BadInput(f"--to {to!r}: is no PJSIP endpoint; one such as PJSIP/101")

    def told(state: AttemptState) -> None:
        if not as_json:
            say(f"{to}: {state.value}")

    with shell.database() as database:
        trial_id = trials.begin(database, name, wanted[1], settings=shell.settings, actor=shell.actor, now=shell.now())
        facts = _call(shell, shell.settings.campaigns[name], trial_id, wanted[1], told)
        found = _reported(database, trial_id)
        if found.disposition is None:
            with database.write() as conn:
                trials.end(conn, found, facts, shell.now())
            found = trials.read(database, trial_id)
    if as_json:
        print_json(found)
    else:
        click.echo(_in_words(found))


def _call(
    shell: Shell, campaign: Campaign, trial_id: str, endpoint: str, told: Callable[[AttemptState], None]
) -> EndFacts:
    """Makes the call and follows it to its end."""
    # The other commands must not pay for these.
    import asyncio  # noqa: PLC0415

    from dialerd.ops import logs  # noqa: PLC0415
    from dialerd.telephony.originate import OriginateOrder, originate_trial  # noqa: PLC0415
    from dialerd.telephony.single_call import SingleCall  # noqa: PLC0415
    from dialerd.telephony.targets import target_of  # noqa: PLC0415

    # What the connection says of itself is for daemons; what goes wrong is raised.
    logs.setup(Log(level="error"), "try")
    order = OriginateOrder(
        attempt_id=trial_id,
        endpoint=endpoint,
        dial_number="",
        caller_id=trials.caller_id(campaign),
        ring_timeout=campaign.ring_timeout,
        max_talk=round(campaign.max_talk_time),
    )
    call = SingleCall(trial_id, shell.now, told)
    # Where the campaign's calls begin.
    server = shell.settings.servers[shell.settings.trunks[campaign.trunks[0]].asterisk]
    return asyncio.run(call.make(target_of(server), originate_trial(order)))


def _reported(database: Database, trial_id: str) -> TrialRecord:
    """The trial once FastAGI has written its end, or as it is when that takes too long."""
    pause = threading.Event()
    for _ in range(round(REPORT_SECONDS / LOOK_SECONDS)):
        found = trials.read(database, trial_id)
        if found.disposition is not None:
            return found
        pause.wait(LOOK_SECONDS)
    return trials.read(database, trial_id)


def _in_words(trial: TrialRecord) -> str:
    ended = (trial.disposition or "").replace("_", " ")
    if trial.answered_at is None or trial.destination is None:
        return f"the call ended: {ended} {trial.detail}".rstrip()
    seconds = (trial.ended_at - trial.answered_at).total_seconds() if trial.ended_at else 0.0
    return f"answered, went to {trial.destination} and ended after {seconds:.0f} s: {ended} {trial.detail}".rstrip()
