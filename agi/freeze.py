"""agi://.../freeze: whoever calls types a code, and all dialing stops, or with the other code goes on.

The digits are read here and not by the dialplan, which would write them into Asterisk's log. One try for each run: sets
DIALERD_FREEZE to frozen or thawed, and then DIALERD_OK=1, once that is on disk and no call is on its way to Asterisk any
more; to wrong for a wrong code, and for any code after too many wrong ones.
"""

from __future__ import annotations

import time

from dialerd.ops.logs import mask_phone
from dialerd.service.freezing_by_phone import WrongCode, enter
from dialerd.telephony.agi_scripts import OK_VARIABLE, AgiContext
from dialerd.telephony.agi_session import AgiSession

FREEZE_VARIABLE = "DIALERD_FREEZE"
PROMPT_VARIABLE = "DIALERD_ASK_CODE"
PROMPT = "agent-pass"
DIGITS = "0123456789"
END = "#"
LONGEST = 12
ENTRY_SECONDS = 15.0
"""For the whole code; the session as a whole has 30."""
DIGIT_SECONDS = 4.0
INSIDE = 6
"""Longer numbers are those of people, and are not shown as a whole."""


def run(session: AgiSession, context: AgiContext) -> None:
    """Ask once. Raises Refused without codes in the settings, and for a wrong one."""
    settings = context.settings()
    telephone = caller(session)
    try:
        deed = enter(
            context.database,
            typed(session, settings.agi.read_timeout),
            telephone=telephone,
            codes=settings.freeze,
            campaigns=settings.campaigns,
            clock=context.now,
            max_send_delay=settings.engine.max_send_delay,
        )
    except WrongCode:
        session.set_variable(FREEZE_VARIABLE, "wrong")
        raise
    session.set_variable(FREEZE_VARIABLE, deed.value)
    session.set_variable(OK_VARIABLE, "1")
    context.log.warning("freeze_by_telephone", deed=deed.value, telephone=telephone)


def typed(session: AgiSession, read_timeout: float) -> str:
    """The digits up to #, to a silence of four seconds, or to the twelfth."""
    # Asterisk answers a command only when it is done, and is not waited for longer than `read_timeout`.
    wait = round(min(DIGIT_SECONDS, read_timeout / 2) * 1000)
    until = time.monotonic() + ENTRY_SECONDS
    digit = session.stream_file(session.get_variable(PROMPT_VARIABLE) or PROMPT, DIGITS + END)
    code = ""
    while digit != END and len(code) < LONGEST and time.monotonic() < until:
        code += digit if digit in DIGITS else ""
        digit = session.wait_for_digit(wait)
        if not digit:
            break
    return code


def caller(session: AgiSession) -> str:
    """Who calls, as the log and the audit may show it."""
    number = "".join(char for char in session.env.get("agi_callerid", "") if char.isalnum() or char in "+-_.")[:32]
    return number if 0 < len(number) <= INSIDE else mask_phone(number) or "unknown"
