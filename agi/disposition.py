"""agi://.../disposition?disposition=SALE: what became of this call, as whoever talked to the person says.

Takes the name from the address or as the first argument, in any case. The call ends with this disposition, whatever
else is seen of its end. Sets DIALERD_OK=1 once that is on disk: in the database, or in the journal while there is none.
"""

from __future__ import annotations

from dialerd.domain.dispositions import stored_name
from dialerd.domain.errors import BadInput
from dialerd.service.replay import said_report
from dialerd.service.words import Word, say_each
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession
from dialerd.telephony.originate import ATTEMPT_VARIABLE


def run(session: AgiSession, context: AgiContext) -> None:
    """Write it down. Raises BadInput without a name, Refused and NotFound as service.words.say_each."""
    name = session.query.get("disposition") or next(iter(session.arguments()), "")
    if not name:
        raise BadInput("disposition: no name given; AGI(agi://.../disposition?disposition=SALE)")
    attempt_id = own_attempt(session, session.get_variable(ATTEMPT_VARIABLE))
    word = Word(attempt_id, stored_name(name), context.settings(), context.now())
    said = context.report(say_each, word, said_report(word), attempt_id=attempt_id)
    session.set_variable(OK_VARIABLE, "1")
    if said is not None:
        context.log.info("said", attempt_id=attempt_id, campaign=said.campaign, disposition=str(said.disposition))
