"""agi://.../attr?colour=blue&size=xl: facts about the person that are kept with the call and its lead.

Arguments will do as well: attr,colour=blue. A name is 1 to 40 of a-z 0-9 _ in any case, beginning with a letter; a value is
text of up to 500 characters without control characters. The next call to the lead has them as DIALERD_ATTR_<NAME>. Sets
DIALERD_OK=1 once they are on disk.
"""

from __future__ import annotations

import re

from dialerd.domain.errors import BadInput
from dialerd.service.words import Facts, attach_each
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession
from dialerd.telephony.originate import ATTEMPT_VARIABLE

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST = 500


def run(session: AgiSession, context: AgiContext) -> None:
    """Keep them. Raises BadInput for a name or value that cannot be, Refused for a call that is not ours or not up."""
    attempt_id = own_attempt(session, session.get_variable(ATTEMPT_VARIABLE))
    facts = Facts(attempt_id, given(session), context.now())
    record = context.commit_item(attach_each, facts, attempt_id=attempt_id)
    session.set_variable(OK_VARIABLE, "1")
    names = ", ".join(sorted(facts.values))
    context.log.info("attributes", attempt_id=attempt_id, campaign=record.campaign, names=names)


def given(session: AgiSession) -> dict[str, str]:
    """Names and values from the address and the arguments, checked. A caller may choose either, so both are read strictly."""
    pairs = list(session.query.items())
    for argument in session.arguments():
        name, equals, value = argument.partition("=")
        if not equals:
            raise BadInput(f"attr: {argument[:40]!a} is no NAME=VALUE")
        pairs.append((name, value))
    found: dict[str, str] = {}
    for spelled, value in pairs:
        name = spelled.strip().lower()
        if _NAME.fullmatch(name) is None:
            raise BadInput(f"attr: name {spelled[:40]!a}: 1 to 40 of a-z, 0-9 and _, beginning with a letter")
        if len(value) > _LONGEST or not value.isprintable():
            raise BadInput(f"attr: {name}: at most {_LONGEST} characters, none of them a control character")
        found[name] = value
    if not found:
        raise BadInput("attr: nothing given; AGI(agi://.../attr?colour=blue)")
    return found
