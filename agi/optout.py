"""agi://.../optout: the called party does not want to be called again, by nobody or not by this campaign (`optout_scope`).

The number is on do-not-call from this moment on, and the call ends as OPTED_OUT, whatever else is seen of its end. Sets
DIALERD_OK=1 once that is on disk: in the database, or in the journal while there is none. Nobody is called then, since no
call is made that is not written down first; the number is on do-not-call when the journal has been written down.
"""

from __future__ import annotations

from dialerd.domain.dispositions import Disposition
from dialerd.service.replay import said_report
from dialerd.service.words import Word, say_each
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession
from dialerd.telephony.originate import ATTEMPT_VARIABLE


def run(session: AgiSession, context: AgiContext) -> None:
    """Write it down. Raises Refused for a channel that is not the attempt's or a call that is not up and answered, NotFound
    for an attempt nobody made.
    """
    attempt_id = own_attempt(session, session.env.get("agi_arg_1") or session.get_variable(ATTEMPT_VARIABLE))
    word = Word(attempt_id, Disposition.OPTED_OUT, context.settings(), context.now())
    said = context.report(say_each, word, said_report(word), attempt_id=attempt_id)
    session.set_variable(OK_VARIABLE, "1")
    if said is not None:
        context.log.info("opted_out", attempt_id=attempt_id, campaign=said.campaign, phone=said.phone)
