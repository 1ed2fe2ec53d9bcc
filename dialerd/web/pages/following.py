"""Tables that go on by themselves: what of them is followed changes as their viewer turns pages and filters."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from dialerd.web.pages.visit import Visit
from dialerd.web.site import Site

T = TypeVar("T")


class Following:
    """What one table of a page shows: one thing at a time. What was asked for last is shown, even if what was asked for
    before it is read later.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._key: Hashable = None
        self._asked = 0

    async def turn(self, key: Hashable, read: Callable[[Site], T], show: Callable[[T], None]) -> None:
        """Shows what `read` says, and from then on whatever it says; `key` is as for Live.follow. Raises what `read` raises."""
        mine = self._ask()
        found = await self._visit.follow(key, read, show)
        if mine != self._asked:
            if key != self._key:
                self._visit.unfollow(key)
            return
        if key != self._key:
            self._rest()
            self._key = key
        show(found)

    async def still(self, read: Callable[[Site], T], show: Callable[[T], None]) -> bool:
        """Shows what `read` says now, and leaves it standing; whether that is what was asked for last. Raises what `read`
        raises.
        """
        mine = self._ask()
        self._rest()
        found = await self._visit.read(read, self._visit.site)
        if mine != self._asked:
            return False
        show(found)
        return True

    def _ask(self) -> int:
        self._asked += 1
        return self._asked

    def _rest(self) -> None:
        if self._key is not None:
            self._visit.unfollow(self._key)
            self._key = None
