"""dispositions.toml: the admin's own dispositions, and those flags of the system's that may be others.

One table each, named as it is stored. A flag that is not given follows from the others, else it is as with an answered
call; of a system one it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationError

from dialerd.domain.dispositions import (
    FLAG_NAMES,
    FLAGS,
    OURS,
    PICKED_UP,
    SYSTEM,
    Catalogue,
    Disposition,
    Flags,
    stored_name,
)
from dialerd.settings import values
from dialerd.settings.problems import told
from dialerd.settings.section import Section

Switch = Annotated[bool, PlainValidator(values.switch)]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_D = Disposition
_NOBODY_CALLED_AGAIN = frozenset({_D.INVALID_NUMBER, _D.OPTED_OUT, _D.DO_NOT_CALL})
_MAY_BE_FINAL = frozenset(
    {_D.ANSWERED, _D.CALLBACK, _D.VOICEMAIL, _D.NO_ANSWER, _D.BUSY, _D.REJECTED, _D.ABANDONED, _D.SHORT_CALL}
)
_CHANGEABLE: Mapping[str, frozenset[Disposition]] = {
    "contacted": frozenset({_D.VOICEMAIL, _D.ABANDONED, _D.SHORT_CALL, _D.CALLBACK}),
    "final": _MAY_BE_FINAL,
    "recyclable": _MAY_BE_FINAL,
    "do_not_call": frozenset({_D.REJECTED}),
    "counts": frozenset(),
    "human": frozenset(),
}


class DispositionForm(Section):
    """One disposition as the file has it; None: not given."""

    description: Annotated[str, PlainValidator(values.line)] = ""
    contacted: Switch | None = None
    final: Switch | None = None
    do_not_call: Switch | None = None
    recyclable: Switch | None = None
    counts: Switch | None = None
    human: Switch | None = None


def read_catalogue(raw: Mapping[str, Any]) -> tuple[Catalogue, list[str]]:
    """The system's dispositions with what the file says of them, then its own ones; and every mistake, `key: what`.

    A table with a mistake is in the catalogue all the same, so that rules which name it are not told to be wrong too.
    """
    flags = dict(SYSTEM.flags)
    descriptions: dict[str, str] = {}
    problems: list[str] = []
    for name, table in raw.items():
        wrong = _name_problem(name)
        if wrong:
            problems.append(f"{name}: {wrong}")
            continue
        try:
            form = DispositionForm.model_validate(table)
        except ValidationError as error:
            problems += [_below(name, line) for line in told(DispositionForm, error)]
            flags.setdefault(name, Flags())
            continue
        flags[name] = _flags(name, form)
        problems += [f"{name}.{line}" for line in _refusals(name, form) or _contradictions(flags[name])]
        if form.description:
            descriptions[name] = form.description
    return Catalogue(MappingProxyType(flags), MappingProxyType(descriptions)), problems


def _name_problem(name: str) -> str:
    if name == Disposition.NEW:
        return "is what a lead is before its first call, and no call ends so; it has no flags to change"
    if name in FLAGS:
        return ""
    if not _NAME.fullmatch(name):
        meant = stored_name(name)
        hint = f"; did you mean {meant}?" if _NAME.fullmatch(meant) else ""
        return f"will not do as a name; 1 to 40 of a-z, 0-9 and _, beginning with a letter{hint}"
    same = next((known for known in FLAGS if known.replace("_", "") == name.replace("_", "")), None)
    return f"is too much like {same} of the system; name it otherwise, or {same} to change its flags" if same else ""


def _below(name: str, line: str) -> str:
    """A line of the form's own mistakes, which begins with its key unless the table as a whole is none."""
    return f"{name}.{line}" if line.partition(":")[0] else f"{name}{line}"


def _flags(name: str, form: DispositionForm) -> Flags:
    base = SYSTEM[name]
    given = _given(form)
    if "final" not in given and given.get("do_not_call"):
        given["final"] = True
    if "final" not in given and given.get("recyclable"):
        given["final"] = False
    if "recyclable" not in given and "final" in given:
        given["recyclable"] = not given["final"]
    return replace(base, **given)


def _given(form: DispositionForm) -> dict[str, bool]:
    return {flag: getattr(form, flag) for flag in FLAG_NAMES if getattr(form, flag) is not None}


def _contradictions(flags: Flags) -> list[str]:
    if flags.do_not_call and not flags.final:
        return ["final: false, and do_not_call too; a number on do-not-call is not called again: final = true"]
    if flags.final and flags.recyclable:
        return ["recyclable: true, and final too; what is final is never dialed again: one of the two"]
    return []


def _refusals(name: str, form: DispositionForm) -> list[str]:
    """Why a flag of a system disposition has to stay as it is."""
    if name not in FLAGS:
        return []
    disposition = Disposition(name)
    before = FLAGS[disposition]
    return [
        f"{flag}: has to stay {_shown(getattr(before, flag))}: {_why(flag, disposition)}"
        for flag, value in _given(form).items()
        if value != getattr(before, flag) and disposition not in _CHANGEABLE[flag]
    ]


def _why(flag: str, disposition: Disposition) -> str:
    if disposition in _NOBODY_CALLED_AGAIN and flag in ("final", "recyclable", "do_not_call"):
        return "such a number is never dialed again"
    if disposition in OURS and flag in ("final", "recyclable", "do_not_call", "counts"):
        return "it is no fault of the lead, which comes back by itself"
    if disposition is Disposition.UNKNOWN and flag in ("final", "recyclable", "do_not_call", "counts"):
        return "the call may have been made, so it counts, and the lead rests before it is tried again"
    reasons = {
        "counts": "a call that was made uses up an attempt",
        "human": "who was on the line is what the call has shown",
        "do_not_call": "only who said no is not called again from any list; a disposition of your own can have it",
    }
    if flag in reasons:
        return reasons[flag]
    return "a person was reached" if disposition in PICKED_UP else "nobody was reached"


def _shown(value: object) -> str:
    return str(value).lower()
