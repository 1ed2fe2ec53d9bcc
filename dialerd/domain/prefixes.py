"""Verdicts about numbers by their first digits: learned from one number, and proven to hold for all like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Generic, TypeVar

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA

from dialerd.domain.digits import Unsupported
from dialerd.domain.numbering import Plan

Verdict = TypeVar("Verdict")

MOST_NODES = 200_000
"""A node takes some hundred bytes; when there are so many, the tree begins anew."""
_LONGEST_CODE = 3


class PrefixVerdicts(Generic[Verdict]):
    """What `judge` says about a number in E.164, looked up by its length and its first digits.

    `judge` must depend only on the type, region and zones that phonenumbers gives a number, its calling code, its length,
    and on whether it begins with one of `special`. It returns None for what only the library can tell.
    """

    def __init__(
        self, judge: Callable[[str], Verdict | None], special: Iterable[str], most_nodes: int = MOST_NODES
    ) -> None:
        self._judge = judge
        self._special = _beginnings(special)
        # One tree for each length: a dict by the next digit, whose values are dicts again or verdicts.
        self._trees: dict[int, dict[str, Any]] = {}
        self._nodes = 0
        self._most_nodes = most_nodes

    def __len__(self) -> int:
        """How many beginnings of numbers are remembered."""
        return self._nodes

    def of(self, number: str) -> Verdict | None:
        """The verdict on a number written as `+` and ASCII digits; None when only the library can tell."""
        node = self._trees.get(len(number))
        if node is None:
            node = self._trees[len(number)] = {}
        for digit in number[1:]:
            below = node.get(digit, node)
            if below is node:
                return self._learned(number)
            if below.__class__ is not dict:
                found: Verdict | None = below
                return found
            node = below
        return None

    def _learned(self, number: str) -> Verdict | None:
        """Grows the tree until it has an answer for this number."""
        if self._nodes > self._most_nodes:
            self._trees, self._nodes = {}, 0
        node = self._trees.setdefault(len(number), {})
        for place, digit in enumerate(number[1:], start=2):
            if digit not in node:
                self._nodes += 1
                node[digit] = self._below(number[:place], len(number))
            if not isinstance(node[digit], dict):
                found: Verdict | None = node[digit]
                return found
            node = node[digit]
        return None

    def _below(self, start: str, length: int) -> Any:
        """The verdict on all numbers of this length that begin so, or {} when they are not judged alike."""
        digits = start[1:]
        code = _calling_code(digits)
        if code is None:
            return {} if len(digits) < _LONGEST_CODE else None
        plan = _plan(code)
        if plan is None:
            return None
        national, size = digits[len(str(code)) :], length - 1 - len(str(code))
        kind, kept = plan.kind(national, size), plan.kept(national, size)
        if kept is False:
            return None
        forks = start in self._special or (kind is not None and _zones_differ(digits, kind, code))
        if kind is None or kept is None or forks:
            return {}
        return self._judge(start.ljust(length, "0"))


def _zones_differ(digits: str, kind: int, code: int) -> bool:
    return bool(is_number_type_geographical(kind, code)) and digits in _zone_beginnings()


def _calling_code(digits: str) -> int | None:
    codes = (int(digits[:size]) for size in range(1, min(_LONGEST_CODE, len(digits)) + 1))
    return next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), None)


@cache
def _plan(code: int) -> Plan | None:
    try:
        return Plan(code)
    except Unsupported:
        return None


@cache
def _zone_beginnings() -> frozenset[str]:
    return _beginnings(TIMEZONE_DATA)


def _beginnings(texts: Iterable[str]) -> frozenset[str]:
    """Every text that one of these goes on from."""
    return frozenset(text[:size] for text in texts for size in range(1, len(text)))
