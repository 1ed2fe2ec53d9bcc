"""`dialerd campaign try`: the way of a campaign's calls, tried with a telephone of one's own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import click

from dialerd.cli.output import json_option, print_json, say
from dialerd.cli.shell import Shell, pass_shell
from dialerd.domain.facts import AttemptState, EndFacts
from dialerd.service import trials
from dialerd.settings import Log
from dialerd.store.database import Database
from dialerd.store.trials import TrialRecord

REPORT_SECONDS = 5.0
LOOK_SECONDS = 0.1


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
    endpoint = trials.endpoint_of(to)

    def told(state: AttemptState) -> None:
        if not as_json and state is not AttemptState.SENDING:
            say(f"{to}: {state.value}")

    with shell.database() as database:
        trial_id = trials.begin(database, name, endpoint, settings=shell.settings, actor=shell.actor, now=shell.now())
        facts = _call(shell, name, trial_id, endpoint, told)
        found = _reported(database, trial_id)
        if found.disposition is None:
            with database.write() as conn:
                trials.end(conn, found, facts, shell.now())
            found = trials.read(database, trial_id)
    if as_json:
        print_json(found)
    else:
        click.echo(trials.in_words(found))


def _call(shell: Shell, name: str, trial_id: str, endpoint: str, told: Callable[[AttemptState], None]) -> EndFacts:
    """Makes the call and follows it to its end."""
    # The other commands must not pay for these.
    import asyncio  # noqa: PLC0415

    from dialerd.ops import logs  # noqa: PLC0415
    from dialerd.telephony.trial_call import call_telephone  # noqa: PLC0415

    # What the connection says of itself is for daemons; what goes wrong is raised.
    logs.setup(Log(level="error"), "try")
    return asyncio.run(call_telephone(shell.settings, name, trial_id, endpoint, now=shell.now, told=told))


def _reported(database: Database, trial_id: str) -> TrialRecord:
    """The trial once FastAGI has written its end, or as it is when that takes too long."""
    pause = threading.Event()
    for _ in range(round(REPORT_SECONDS / LOOK_SECONDS)):
        found = trials.read(database, trial_id)
        if found.disposition is not None:
            return found
        pause.wait(LOOK_SECONDS)
    return trials.read(database, trial_id)
