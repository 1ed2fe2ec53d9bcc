"""A desk at which numbers are put on do-not-call."""

from __future__ import annotations

from dialerd.domain.dnc import Entry, Kind
from dialerd.service import dnc, statistics
from dialerd.service.dnc import DncTerms, DncWish
from harness.world import CAMPAIGN, NOW

CONFIGURED = (CAMPAIGN, "autumn")


def entry(number, kind=Kind.EXACT, campaign=None, expires_at=None):
    return Entry(number, kind, campaign, expires_at, "", "", NOW, "the tests")


class Office:
    """A desk at which numbers are put on do-not-call and taken off."""

    def __init__(self, desk):
        self.desk = desk
        self.world = desk.world
        self.database = desk.database

    def add(self, *numbers, prefix=False, campaign=None, expires_at=None):
        wish = DncWish(Kind.PREFIX if prefix else Kind.EXACT, campaign)
        return dnc.add(
            self.database,
            numbers,
            wish,
            DncTerms(expires_at),
            configured=CONFIGURED,
            clock=self.desk.clock,
            max_send_delay=0.1,
            **self.desk.words,
        )

    def remove(self, *numbers, prefix=False, campaign=None):
        wish = DncWish(Kind.PREFIX if prefix else Kind.EXACT, campaign)
        return dnc.remove(self.database, numbers, wish, configured=CONFIGURED, clock=self.desk.clock, **self.desk.words)

    def lead(self, phone, list_name="first"):
        (found,) = [lead for lead in self.world.leads() if (lead.phone, lead.list_name) == (phone, list_name)]
        return found

    def stands(self, phone, list_name="first"):
        lead = self.lead(phone, list_name)
        return lead.closed, lead.due_at

    def funnel(self, list_name="first"):
        found = statistics.of_list(self.database, list_name, campaigns={}, now=self.desk.now)
        return {part.part: part.leads for part in found.funnel if part.leads}
