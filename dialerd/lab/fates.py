"""What the simulated carrier does with a call: by the number's last three digits, or by a mix in percent."""

from __future__ import annotations

import random
from collections.abc import Mapping
from enum import StrEnum

from dialerd.domain.errors import BadInput


class Fate(StrEnum):
    """What becomes of a call at the carrier; the value is its name in `--mix` and in the carrier's log."""

    ANSWERED = "answered"  # rings, a person answers, talks, hangs up
    ANSWER_STAY = "answer-stay"  # answers and stays until the caller hangs up
    ANSWER_HANGUP = "answer-hangup"  # answers and hangs up at once
    LATE_ANSWER = "late-answer"  # rings long, then as ANSWERED
    EARLY_MEDIA = "early-media"  # 183 with sound, then as ANSWERED
    MACHINE = "machine"  # a long greeting and a beep, then listens
    OPT_OUT = "opt-out"  # answers and presses 9 until the caller hangs up
    OPT_OUT_HANGUP = "opt-out-hangup"  # answers, presses 9 and hangs up at once
    NO_ANSWER = "no-answer"  # rings until the caller gives up
    SILENT = "silent"  # says 100 Trying and nothing more
    REDIRECT = "redirect"  # 302 to another number
    UNAUTHORIZED = "unauthorized"  # 401
    FORBIDDEN = "forbidden"  # 403
    UNALLOCATED = "unallocated"  # 404
    PROXY_UNAUTHORIZED = "proxy-unauthorized"  # 407
    TIMEOUT = "timeout"  # 408
    GONE = "gone"  # 410
    UNAVAILABLE = "unavailable"  # 480
    TOO_MANY_HOPS = "too-many-hops"  # 483
    INCOMPLETE = "incomplete"  # 484
    AMBIGUOUS = "ambiguous"  # 485
    BUSY = "busy"  # 486
    NOT_ACCEPTABLE = "not-acceptable"  # 488
    SERVER_ERROR = "server-error"  # 500
    NOT_IMPLEMENTED = "not-implemented"  # 501
    BAD_GATEWAY = "bad-gateway"  # 502
    CONGESTION = "congestion"  # 503
    SERVER_TIMEOUT = "server-timeout"  # 504
    BUSY_EVERYWHERE = "busy-everywhere"  # 600
    REJECTED = "rejected"  # rings, then 603
    DOES_NOT_EXIST = "does-not-exist"  # 604
    NOWHERE_ACCEPTABLE = "nowhere-acceptable"  # 606
    UNWANTED = "unwanted"  # 607
    BLOCKED = "blocked"  # 608


SIP_CODES: Mapping[Fate, int] = {
    Fate.UNAUTHORIZED: 401,
    Fate.FORBIDDEN: 403,
    Fate.UNALLOCATED: 404,
    Fate.PROXY_UNAUTHORIZED: 407,
    Fate.TIMEOUT: 408,
    Fate.GONE: 410,
    Fate.UNAVAILABLE: 480,
    Fate.TOO_MANY_HOPS: 483,
    Fate.INCOMPLETE: 484,
    Fate.AMBIGUOUS: 485,
    Fate.BUSY: 486,
    Fate.NOT_ACCEPTABLE: 488,
    Fate.SERVER_ERROR: 500,
    Fate.NOT_IMPLEMENTED: 501,
    Fate.BAD_GATEWAY: 502,
    Fate.CONGESTION: 503,
    Fate.SERVER_TIMEOUT: 504,
    Fate.BUSY_EVERYWHERE: 600,
    Fate.REJECTED: 603,
    Fate.DOES_NOT_EXIST: 604,
    Fate.NOWHERE_ACCEPTABLE: 606,
    Fate.UNWANTED: 607,
    Fate.BLOCKED: 608,
}

ENDINGS: Mapping[str, Fate] = {
    "100": Fate.SILENT,
    "180": Fate.NO_ANSWER,
    "181": Fate.LATE_ANSWER,
    "183": Fate.EARLY_MEDIA,
    "200": Fate.ANSWERED,
    "201": Fate.ANSWER_STAY,
    "202": Fate.ANSWER_HANGUP,
    "203": Fate.MACHINE,
    "209": Fate.OPT_OUT,
    "219": Fate.OPT_OUT_HANGUP,
    "302": Fate.REDIRECT,
    **{str(code): fate for fate, code in SIP_CODES.items()},
}

DECK_SIZE = 1000
_HAND = 100


def parse_mix(text: str) -> dict[Fate, int]:
    """Whole percents by fate from "busy=20,no-answer=30". Raises BadInput naming what is wrong and what is allowed."""
    mix: dict[Fate, int] = {}
    for part in text.split(","):
        name, equals, percent = part.strip().partition("=")
        if name not in set(Fate):
            raise BadInput(f"--mix: {name!r} is no fate; choose from: {', '.join(Fate)}")
        if not equals or not (percent.isascii() and percent.isdigit()) or not 0 <= int(percent) <= 100:
            raise BadInput(f"--mix: {part.strip()!r} is not FATE=PERCENT with a whole percent from 0 to 100")
        if Fate(name) in mix:
            raise BadInput(f"--mix: {name} is given twice")
        mix[Fate(name)] = int(percent)
    if sum(mix.values()) > 100:
        raise BadInput(f"--mix: the percents add up to {sum(mix.values())}, the most is 100 (the rest is answered)")
    return mix


def deal(mix: Mapping[Fate, int], seed: int) -> list[Fate]:
    """The fates of calls in their order of arrival, repeating after DECK_SIZE: what `mix` leaves over is answered.

    Each hundred calls holds exactly the mix, in an order that only `seed` decides.
    """
    hand = [fate for fate, percent in mix.items() for _ in range(percent)]
    hand += [Fate.ANSWERED] * (_HAND - len(hand))
    shuffle = random.Random(seed)  # noqa: S311 - a repeatable order is wanted, not a secret
    return [fate for _ in range(DECK_SIZE // _HAND) for fate in shuffle.sample(hand, _HAND)]
