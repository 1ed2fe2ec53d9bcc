"""Do-not-call registries: the law wants numbers compared with a copy that is not too old.

The numbers of a copy are entries of do-not-call like others. Here is only how old the copy is, and whether a campaign that
is held to a registry may dial by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.verdicts import YES, Never, Verdict

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry by its name, and how old a copy of it may be at most when a call leaves."""

    name: str
    max_age: timedelta


def strictest(registries: Sequence[Registry]) -> tuple[Registry, ...]:
    """Each registry once, with the least of the ages that are asked of it."""
    least: dict[str, timedelta] = {}
    for each in registries:
        least[each.name] = min(each.max_age, least.get(each.name, each.max_age))
    return tuple(Registry(name, age) for name, age in least.items())


def judge_copies(registries: Sequence[Registry], copied: Mapping[str, datetime], now: datetime) -> Verdict:
    """Whether there is a copy of each that is young enough at `now`. `copied`: when the newest copy of a registry was taken.

    A copy is too old once more than its age is over. Only a newer one helps, so the answer is never a "no until".
    """
    for each in registries:
        at = copied.get(each.name)
        way_out = f"dialerd dnc import FILE --registry {each.name}"
        if at is None:
            return Never(f"no copy of the do-not-call registry {each.name} was imported: {way_out}")
        if now > at + each.max_age:
            return Never(
                f"the copy of the do-not-call registry {each.name} of {at:%Y-%m-%d} is {spell_age(now - at)} old, "
                f"{spell_age(each.max_age)} at most: {way_out}"
            )
    return YES


def too_old_at(registries: Sequence[Registry], copied: Mapping[str, datetime]) -> datetime | None:
    """The last instant at which all copies are young enough; None without registries, or where a copy is missing."""
    if not registries or any(each.name not in copied for each in registries):
        return None
    return min(copied[each.name] + each.max_age for each in registries)


def spell_age(age: timedelta) -> str:
    """In days, or in hours when it is less than two days."""
    return f"{age // timedelta(hours=1)} h" if age < 2 * _DAY else f"{age // _DAY} days"
