"""What happened: the facts of one witness become a disposition.

SIP code first, then Q.850 cause. Codes are those of RFC 3261 section 21 (607: RFC 8197, 608: RFC 8688), causes those of
ITU-T Q.850 table 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dialerd.domain.dispositions import FLAGS, Disposition
from dialerd.domain.facts import ChannelState, EndFacts, OriginateFault

_TECH = re.compile(r"SIP ([1-6][0-9]{2})(?: (.*))?")
_WORDS = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt's end. `counts`: uses up an attempt of the lead. `detail`: one line for people."""

    disposition: str
    counts: bool
    detail: str


_BUSY, _NO_ANSWER, _INVALID = Disposition.BUSY, Disposition.NO_ANSWER, Disposition.INVALID_NUMBER
_REJECTED, _CONGESTION, _FAILED = Disposition.REJECTED, Disposition.CONGESTION, Disposition.FAILED

# 400, 409, 433, 481, 491 and others that are not here are left to the cause: carriers use them for anything.
_BY_SIP: dict[int, Disposition] = {
    **dict.fromkeys((486, 600), _BUSY),
    **dict.fromkeys((408, 480, 482, 483, 487), _NO_ANSWER),
    **dict.fromkeys((404, 410, 484, 485, 604), _INVALID),
    **dict.fromkeys((403, 603, 607, 608), _REJECTED),
    # The request itself was not acceptable: credentials, media, extensions, identity (RFC 8224), URI scheme.
    **dict.fromkeys(
        (401, 402, 405, 406, 407, 413, 414, 415, 416, 420, 421, 422, 423, 428, 429, 436, 437, 438), _FAILED
    ),
    **dict.fromkeys((488, 489, 493, 494, 606), _FAILED),
}
_BY_CAUSE: dict[int, Disposition] = {
    17: _BUSY,
    **dict.fromkeys((18, 19, 20, 26), _NO_ANSWER),
    **dict.fromkeys((1, 22, 28), _INVALID),
    **dict.fromkeys((21, 55, 127), _REJECTED),
    **dict.fromkeys((2, 3, 25, 27, 29, 34, 38, 41, 42, 43, 44, 46, 47, 102), _CONGESTION),
    **dict.fromkeys((50, 57, 58, 63, 65, 66, 69, 70, 79, 88, 95, 96, 97, 99, 100, 101, 111), _FAILED),
}
# Clearing that says nothing about why: not given, normal, unspecified.
_VAGUE_CAUSES = frozenset({0, 16, 31})


def classify(facts: EndFacts) -> Outcome:
    """The one disposition of a call that ended so.

    A fault of ours before the call comes first, then an answer, then the final SIP code, our own ring timeout, the
    cause. A provisional code (1xx) as the last SIP message means that nobody answered, unless the cause knows better. A
    final code in no table is REJECTED: the far side said no. What is left, such as cause 0 without a SIP message, is
    UNKNOWN: never guessed, counted, and held.
    """
    if facts.fault is not None:
        return _of_fault(facts, facts.fault)
    if _was_answered(facts):
        if facts.connected is False:
            return _outcome(Disposition.ABANDONED, facts.detail or "answered, nothing to connect to")
        return _outcome(Disposition.ANSWERED, facts.detail)
    disposition = _of_sip(facts) or _of_timeout(facts) or _of_cause(facts)
    return _outcome(disposition, _words(facts))


def parse_tech(text: str) -> tuple[int, str] | None:
    """The code and words of Asterisk's last SIP message, as in 'SIP 486 Busy Here'; None for any other text.

    The words come from the network: they are cut to 80 characters, and what is not printable is dropped.
    """
    match = _TECH.fullmatch(text.strip())
    if match is None:
        return None
    words = "".join(character for character in match[2] or "" if character.isprintable())
    return int(match[1]), words[:_WORDS].strip()


def _of_fault(facts: EndFacts, fault: OriginateFault) -> Outcome:
    match fault:
        case OriginateFault.NOT_SENT:
            return _outcome(Disposition.CANCELLED, facts.detail or "not sent")
        case OriginateFault.LOST:
            return _outcome(Disposition.UNKNOWN, facts.detail or "no witness")
        case OriginateFault.REFUSED:
            return _outcome(_FAILED, facts.detail or "Asterisk refused the Originate")
        case OriginateFault.NO_CHANNEL:
            return _outcome(_FAILED, facts.detail or "no channel: unknown endpoint, or it has no contact")


def _was_answered(facts: EndFacts) -> bool:
    """A 200 alone is an answer only when nothing says how far the channel got."""
    if facts.answered is not None:
        return facts.answered
    if facts.channel_state is not None:
        return facts.channel_state is ChannelState.UP
    return facts.sip_code == 200


def _of_sip(facts: EndFacts) -> Disposition | None:
    code = facts.sip_code
    if code is None or code < 200:
        return None
    if code < 300:
        # The callee's 200 crossed our CANCEL: somebody picked up and heard nothing.
        return Disposition.ABANDONED
    if code in _BY_SIP:
        return _BY_SIP[code]
    if 500 <= code < 600:
        return _CONGESTION
    if 400 <= code < 500 and facts.cause in _BY_CAUSE:
        return _BY_CAUSE[facts.cause]
    return _REJECTED


def _of_timeout(facts: EndFacts) -> Disposition | None:
    return _NO_ANSWER if facts.ring_timed_out else None


def _of_cause(facts: EndFacts) -> Disposition:
    if facts.cause in _BY_CAUSE:
        return _BY_CAUSE[facts.cause]
    if facts.sip_code is not None or (facts.cause in _VAGUE_CAUSES and facts.cause != 0):
        return _NO_ANSWER
    return Disposition.UNKNOWN


def _words(facts: EndFacts) -> str:
    if facts.ring_timed_out:
        return "our ring timeout"
    if facts.sip_code is not None and facts.sip_code >= 200:
        return f"SIP {facts.sip_code} {facts.sip_text or ''}".strip()
    if facts.detail:
        return facts.detail
    return f"cause {facts.cause}" if facts.cause is not None else ""


def _outcome(disposition: Disposition, detail: str) -> Outcome:
    return Outcome(disposition, FLAGS[disposition].counts, detail)
