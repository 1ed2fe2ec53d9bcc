"""agi://.../amd: answering machine detection has listened; is this a person, and if not, what does the machine get?

Sets DIALERD_MACHINE to hangup, destination or playback (with DIALERD_MACHINE_FILE) for a machine, to nothing for a person,
and DIALERD_OK=1 as the last of all. What was found is kept with the attempt. Without an answer it is a person.
"""

from __future__ import annotations

import re

from dialerd.domain.errors import BadInput
from dialerd.service.detection import Detected, Heard, hear_each
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext, own_attempt
from dialerd.telephony.agi_session import AgiSession

QUESTION = "${DIALERD_ATTEMPT}|${AMDSTATUS}|${AMDCAUSE}"
_WORD = re.compile(r"[A-Za-z0-9_. -]{0,80}")


def run(session: AgiSession, context: AgiContext) -> None:
    """Answer the dialplan. Raises BadInput for what AMD never says, Refused and NotFound for a call that is not ours."""
    attempt, status, cause = read(",".join(session.arguments()) or session.get_full_variable(QUESTION))
    attempt_id = own_attempt(session, attempt)
    found = Detected(attempt_id, status, cause, context.settings(), context.now())
    heard = context.commit_item(hear_each, found, attempt_id=attempt_id)
    session.set_variables(variables(heard) | {OK_VARIABLE: "1"})
    context.log.info("amd", attempt_id=attempt_id, campaign=heard.campaign, status=status, cause=cause)


def read(answer: str) -> tuple[str, str, str]:
    """The answer to QUESTION: the attempt, AMDSTATUS and AMDCAUSE."""
    parts = answer.split("|")
    if len(parts) != 3 or not all(_WORD.fullmatch(part) for part in parts[1:]):
        raise BadInput(f"amd: Asterisk answered {answer[:80]!a}, not the three values asked for")
    return parts[0], parts[1], parts[2]


def variables(heard: Heard) -> dict[str, str]:
    """What the dialplan is to do."""
    if heard.machine is None:
        return {"DIALERD_MACHINE": ""}
    return {"DIALERD_MACHINE": heard.machine.machine, "DIALERD_MACHINE_FILE": heard.machine.file or ""}
