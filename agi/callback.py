"""agi://.../callback?at=2026-12-01T10:00 or ?minutes=90: the person wants to be called again, then.

A time without an offset is that of the lead's own zone; where that is not certain, of the campaign's. The first argument
will do as well: a time, or minutes. Sets DIALERD_CALLBACK_AT to when the call will be due, within the hours in which the
lead may be called (UTC, such as 2026-12-01T09:00:00Z), and DIALERD_OK=1, once it is on disk.
"""

from __future__ import annotations

from dialerd.domain.callback import read_when
from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import BadInput
from dialerd.service.words import Word, say_each
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession
from dialerd.telephony.originate import ATTEMPT_VARIABLE

CALLBACK_VARIABLE = "DIALERD_CALLBACK_AT"


def run(session: AgiSession, context: AgiContext) -> None:
    """Write it down. Raises BadInput for a time that cannot be, Refused when the lead may not be called again."""
    attempt_id = own_attempt(session, session.get_variable(ATTEMPT_VARIABLE))
    try:
        when = read_when(asked(session))
    except ValueError as error:
        raise BadInput(f"callback: {error}") from None
    word = Word(attempt_id, Disposition.CALLBACK, context.settings(), context.now(), when)
    said = context.commit_item(say_each, word, attempt_id=attempt_id)
    again_at = said.again_at.strftime("%Y-%m-%dT%H:%M:%SZ") if said.again_at else ""
    session.set_variable(CALLBACK_VARIABLE, again_at)
    session.set_variable(OK_VARIABLE, "1")
    context.log.info("callback", attempt_id=attempt_id, campaign=said.campaign, again_at=again_at)


def asked(session: AgiSession) -> str:
    """The time as it was given. In an address a plus sign stands for a blank, and an offset has one."""
    given = session.query.get("at") or session.query.get("minutes")
    if given is not None:
        head, blank, offset = given.rpartition(" ")
        return f"{head}+{offset}" if blank and "T" in head else given
    return next(iter(session.arguments()), "")
