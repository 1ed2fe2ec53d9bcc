"""What can become of an attempt, and what each outcome means for the lead.

There are the system's dispositions and those an admin adds. A `Catalogue` has all of them; whoever decides by a flag is
given one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType


class Disposition(StrEnum):
    """The system dispositions, as stored. `NEW` is a lead's only: no attempt ends with it."""

    NEW = "new"
    ANSWERED = "answered"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTION = "congestion"
    FAILED = "failed"
    ABANDONED = "abandoned"
    SHORT_CALL = "short_call"
    OPTED_OUT = "opted_out"
    DO_NOT_CALL = "do_not_call"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Flags:
    """contacted: a person was reached, or by agreement a message was left. final: never dialed again. do_not_call: the
    number is not called again from any list. recyclable: a campaign's recycling rule may bring the lead back. counts:
    uses up one attempt of the lead. human: a person, not a machine, was on the line.
    """

    contacted: bool = False
    final: bool = False
    do_not_call: bool = False
    recyclable: bool = True
    counts: bool = True
    human: bool = False

    @property
    def over(self) -> str:
        """Why no rule can bring the lead back, as in "sale is final"; empty when one may."""
        if self.final:
            return "final"
        return "" if self.recyclable else "not recyclable"


FLAG_NAMES = tuple(flag.name for flag in fields(Flags))

_COMES_BACK = Flags(counts=False)
_REACHED = Flags(contacted=True, human=True, final=True, recyclable=False)

FLAGS: Mapping[Disposition, Flags] = MappingProxyType(
    {
        Disposition.NEW: Flags(counts=False),
        Disposition.ANSWERED: _REACHED,
        Disposition.CALLBACK: Flags(contacted=True, human=True),
        Disposition.VOICEMAIL: Flags(),
        Disposition.NO_ANSWER: Flags(),
        Disposition.BUSY: Flags(),
        Disposition.REJECTED: Flags(),
        Disposition.INVALID_NUMBER: Flags(final=True, recyclable=False),
        Disposition.CONGESTION: _COMES_BACK,
        Disposition.FAILED: _COMES_BACK,
        Disposition.ABANDONED: Flags(human=True),
        Disposition.SHORT_CALL: Flags(contacted=True, human=True),
        Disposition.OPTED_OUT: Flags(contacted=True, human=True, final=True, do_not_call=True, recyclable=False),
        Disposition.DO_NOT_CALL: Flags(final=True, do_not_call=True, recyclable=False, counts=False),
        Disposition.UNKNOWN: Flags(),
        Disposition.CANCELLED: _COMES_BACK,
    }
)
"""The flags of the system dispositions, unless a catalogue says otherwise."""

AS_ANSWERED = FLAGS[Disposition.ANSWERED]
"""The flags of a name that nobody defined (any more): only answered calls get such names, and nobody is called again by
mistake.
"""

PICKED_UP = frozenset(
    {
        Disposition.ANSWERED,
        Disposition.CALLBACK,
        Disposition.VOICEMAIL,
        Disposition.ABANDONED,
        Disposition.SHORT_CALL,
        Disposition.OPTED_OUT,
    }
)
"""Endings of calls that a person or a machine answered; all custom ones are such endings too."""

NOT_DIALED = frozenset({Disposition.CANCELLED, Disposition.DO_NOT_CALL})
"""Endings of attempts that never left."""

OURS = frozenset({Disposition.CONGESTION, Disposition.FAILED, Disposition.CANCELLED})
"""Endings that are no fault of the lead: it comes back without a rule."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every disposition there is, by its stored name. `descriptions` are the admin's words about some of them."""

    flags: Mapping[str, Flags]
    descriptions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, name: str) -> Flags:
        """Its flags; those of AS_ANSWERED for a name that nobody defined."""
        return self.flags.get(name, AS_ANSWERED)

    def __contains__(self, name: object) -> bool:
        return name in self.flags

    @property
    def names(self) -> tuple[str, ...]:
        """The system ones first, then the custom ones in the order of the file."""
        return tuple(self.flags)

    @property
    def for_rules(self) -> tuple[str, ...]:
        """Those a recycling rule can be made for. What is in OURS comes back by itself, and a new lead needs no rule."""
        unfit = {*OURS, Disposition.NEW}
        return tuple(name for name, flags in self.flags.items() if not flags.over and name not in unfit)

    @property
    def of_answered_calls(self) -> tuple[str, ...]:
        """Those that may be said of a call that was answered, by the dialplan or a person; all custom ones may."""
        return tuple(name for name in self.flags if was_picked_up(name))

    @property
    def protected(self) -> frozenset[str]:
        """What no reset, copy or move may make dialable by the way: who said no, and numbers that do not exist."""
        said_no = {name for name, flags in self.flags.items() if flags.do_not_call}
        return frozenset(said_no | {Disposition.INVALID_NUMBER})


SYSTEM = Catalogue(MappingProxyType({name.value: flags for name, flags in FLAGS.items()}))
"""The dispositions there are when an admin adds and changes none."""


def known(name: str) -> str:
    """The Disposition of that stored name, or the name itself when it is a custom one."""
    return _BY_NAME.get(name, name)


def stored_name(text: str) -> str:
    """What somebody calls a disposition, as it would be stored: "Not interested" is not_interested."""
    return text.strip().lower().replace("-", "_").replace(" ", "_")


def was_picked_up(name: str) -> bool:
    """Whether a call that ended so was answered, by a person or a machine."""
    return name in PICKED_UP or name not in FLAGS


_BY_NAME = {name.value: name for name in Disposition}
