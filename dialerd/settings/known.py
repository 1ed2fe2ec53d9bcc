"""Campaigns that are looked for once more, in their files, when one is asked for that nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from dialerd.settings.campaign import Campaign


class KnownCampaigns(Mapping[str, Campaign]):
    """These campaigns, and what `find` brings for a name that is not among them.

    A process that was not told to reload meets the calls of a campaign that others already dial for.
    """

    def __init__(self, known: Mapping[str, Campaign], find: Callable[[str], Campaign | None]) -> None:
        """`find` is asked each time; it says itself how often it is worth looking."""
        self._known = known
        self._find = find

    def __getitem__(self, name: str) -> Campaign:
        if name in self._known:
            return self._known[name]
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
