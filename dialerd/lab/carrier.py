"""The simulated carrier: a second Asterisk that decides what becomes of each call and writes it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dialerd.lab.carrier_log import (
    AGENT_HEADER,
    HEADER,
    INVITE_HEADER,
    TYPIST_HEADER,
    agents_path,
    invites_path,
    typists_path,
)
from dialerd.lab.fates import DECK_SIZE, ENDINGS, SIP_CODES, Fate, deal
from dialerd.lab.instance import Instance, fill
from dialerd.lab.provision import Asterisk
from dialerd.lab.tap import STAMP_HEADER

# Where an Asterisk without PJSIPHangup gets a SIP status from: Hangup's Q.850 cause. What has none is sent as 403.
_CAUSES: Mapping[int, int] = {
    404: 1,
    408: 18,
    410: 22,
    480: 19,
    484: 28,
    486: 17,
    488: 58,
    500: 38,
    501: 29,
    502: 27,
    503: 34,
}
_REJECTED_CAUSE = 21
_RINGS_FIRST = (Fate.REJECTED,)


@dataclass(frozen=True, slots=True)
class CarrierTimes:
    """How long the called parties take, in seconds; `speak` False saves the sound (a bench of many calls)."""

    ring: float = 0.2  # before an answer, or before 603
    talk: float = 1.0  # of a call, after the greeting
    late: float = 3.0  # before a late answer
    early: float = 0.5  # of early media
    keyed: float = 0.7  # before a key is pressed
    speak: bool = True


@dataclass(frozen=True, slots=True)
class CarrierPlan:
    """What the carrier is told once: `mix` None decides by number (`fates.ENDINGS`), else by percent."""

    mix: Mapping[Fate, int] | None = None
    seed: int = 1
    times: CarrierTimes = CarrierTimes()


def configure_carrier(
    carrier: Instance, asterisk: Asterisk, plan: CarrierPlan, *, port: int, dialer_port: int, log: Path, sounds: Path
) -> None:
    """Writes the carrier's configuration and begins its log. `port` is its own SIP port on 127.0.0.1, behind the
    tap; `dialer_port` that of the dialing Asterisk.
    """
    invites = invites_path(log)
    log.write_text(",".join(HEADER) + "\n")
    invites.write_text(",".join(INVITE_HEADER) + "\n")
    agents = agents_path(log)
    agents.write_text(",".join(AGENT_HEADER) + "\n")
    typists = typists_path(log)
    typists.write_text(",".join(TYPIST_HEADER) + "\n")
    times = plan.times
    values = {
        "stamp": STAMP_HEADER,
        "log": log,
        "invites": invites,
        "sounds": sounds,
        "agents": agents,
        "typists": typists,
        "ring": times.ring,
        "talk": times.talk,
        "late": times.late,
        "early": times.early,
        "keyed": times.keyed,
        "speak": "yes" if times.speak else "no",
        "choose": "${EXTEN:-3}" if plan.mix is None else f"$[${{CUT(UNIQUEID,.,2)}} % {DECK_SIZE}]",
        "choices": "\n".join(_choices(plan)),
        "refusals": "\n".join(_refusals(asterisk)),
    }
    carrier.configure(
        {
            "pjsip.conf": fill("carrier-pjsip.conf", {"carrier_port": port, "dialer_port": dialer_port}),
            "extensions.conf": fill("carrier-extensions.conf", values),
            "manager.conf": "[general]\nenabled = no\n",
        }
    )


def _choices(plan: CarrierPlan) -> list[str]:
    cards = (
        dict(ENDINGS) if plan.mix is None else {str(card): fate for card, fate in enumerate(deal(plan.mix, plan.seed))}
    )
    cards["_[+0-9]!"] = Fate.ANSWERED
    return [
        line for card, fate in cards.items() for line in (f"exten => {card},1,Set(CARD={fate})", " same => n,Return()")
    ]


def _refusals(asterisk: Asterisk) -> list[str]:
    lines: list[str] = []
    for fate, code in SIP_CODES.items():
        end = f"PJSIPHangup({code})" if _has_pjsip_hangup(asterisk) else f"Hangup({_CAUSES.get(code, _REJECTED_CAUSE)})"
        ring = ["Ringing()", "Wait(${RING})"] if fate in _RINGS_FIRST else []
        first, *rest = [*ring, "Set(BY=callee)", end]
        lines += [f"exten => {fate},1,{first}", *(f" same => n,{step}" for step in rest)]
    return lines


def _has_pjsip_hangup(asterisk: Asterisk) -> bool:
    numbers = [int(part) for part in asterisk.version.split(".")]
    since = {18: (18, 21), 20: (20, 6), 21: (21, 1)}.get(asterisk.major)
    return tuple(numbers[:2]) >= since if since else asterisk.major >= 22
