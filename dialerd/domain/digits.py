"""Regular expressions over digits as automata: what the first digits of a number decide before the rest is known.

libphonenumber describes numbering plans by such expressions. A regex engine can say whether a whole number matches; an
automaton also says that every number, or none, that begins with these digits and has this length will match.
"""

from __future__ import annotations

from functools import reduce

DIGITS = "0123456789"

State = frozenset[int]
"""Where the automaton may be after some digits; empty when nothing can match any more."""

_END = 0


class Unsupported(Exception):
    """The expression is more than digits, classes, groups, alternatives and bounded repetition."""


class Automaton:
    """One expression, matched from the beginning of a text of digits. Raises Unsupported.

    `$` is read as nothing, so a match found may be one too many; a match excluded is certain.
    """

    def __init__(self, pattern: str) -> None:
        self._moves: list[tuple[frozenset[str], State]] = [(frozenset(), frozenset())]
        self._steps: dict[tuple[State, str], State] = {}
        self._fates: dict[tuple[State, int], bool | None] = {}
        parser = _Parser(pattern)
        self.start: State = self._built(parser.whole(), frozenset((_END,)))

    def step(self, state: State, digit: str) -> State:
        """Where one more digit leads."""
        found = self._steps.get((state, digit))
        if found is None:
            targets = [target for digits, target in map(self._moves.__getitem__, state) if digit in digits]
            found = self._steps[state, digit] = frozenset().union(*targets)
        return found

    def after(self, digits: str) -> State:
        """Where these digits lead from the start."""
        return reduce(self.step, digits, self.start)

    def matched(self, state: State) -> bool:
        """Whether what was read up to here is a match."""
        return _END in state

    def fate(self, state: State, more: int) -> bool | None:
        """Whether all texts with so many more digits match (True), none does (False), or it depends on them (None)."""
        if not state:
            return False
        if more == 0:
            return _END in state
        known = (state, more)
        if known not in self._fates:
            found = {self.fate(target, more - 1) for target in {self.step(state, digit) for digit in DIGITS}}
            self._fates[known] = found.pop() if len(found) == 1 else None
        return self._fates[known]

    def _built(self, node: _Node, then: State) -> State:
        """Adds the states of a node that is followed by `then`; returns where it begins."""
        if isinstance(node, frozenset):
            self._moves.append((node, then))
            return frozenset((len(self._moves) - 1,))
        if isinstance(node, _Repeat):
            entry = then
            for _ in range(node.most - node.least):
                entry = self._built(node.what, entry) | then
            for _ in range(node.least):
                entry = self._built(node.what, entry)
            return entry
        if isinstance(node, _Choice):
            return frozenset().union(*(self._built(option, then) for option in node.options))
        return reduce(lambda entry, part: self._built(part, entry), reversed(node), then)


class _Repeat:
    def __init__(self, what: _Node, least: int, most: int) -> None:
        self.what, self.least, self.most = what, least, most


class _Choice:
    def __init__(self, options: list[_Node]) -> None:
        self.options = options


# A set of digits, a sequence, or one of the above.
_Node = frozenset[str] | list["_Node"] | _Repeat | _Choice


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._left = pattern

    def whole(self) -> _Node:
        node = self._choice()
        if self._left:
            raise Unsupported(self._left)
        return node

    def _choice(self) -> _Node:
        options: list[_Node] = [self._sequence()]
        while self._took("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else _Choice(options)

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._left and self._left[0] not in "|)":
            if not self._took("$"):
                parts.append(self._repeated(self._atom()))
        return parts

    def _atom(self) -> _Node:
        if self._took("(?:") or (not self._left.startswith("(?") and self._took("(")):
            node = self._choice()
            self._need(")")
            return node
        if self._took("\\d"):
            return frozenset(DIGITS)
        if self._took("["):
            inside, _, self._left = self._left.partition("]")
            return self._class(inside)
        char, self._left = self._left[0], self._left[1:]
        return self._class(char)

    def _class(self, inside: str) -> frozenset[str]:
        found: set[str] = set()
        while inside:
            if inside.startswith("\\d"):
                found.update(DIGITS)
                inside = inside[2:]
                continue
            first, last = (inside[0], inside[2]) if inside[1:2] == "-" and len(inside) > 2 else (inside[0], inside[0])
            if first not in DIGITS or last not in DIGITS:
                raise Unsupported(inside)
            found.update(DIGITS[int(first) : int(last) + 1])
            inside = inside[3:] if inside[1:2] == "-" else inside[1:]
        return frozenset(found)

    def _repeated(self, node: _Node) -> _Node:
        if self._took("?"):
            return _Repeat(node, 0, 1)
        if self._took("{"):
            counts, _, self._left = self._left.partition("}")
            least, _, most = counts.partition(",")
            if not (least.isdigit() and (most.isdigit() or counts == least)):
                raise Unsupported(counts)
            return _Repeat(node, int(least), int(most or least))
        return node

    def _took(self, text: str) -> bool:
        if self._left.startswith(text):
            self._left = self._left[len(text) :]
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._took(text):
            raise Unsupported(self._left)
