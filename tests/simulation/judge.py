"""The judge: what must never happen is checked at each send, each INVITE and each commit, and once more at the end."""

from __future__ import annotations

import math
from collections import deque

from simulation.tables import PUT_RIGHT, BrokenRule

# Of these the lead loses no attempt: nobody may have been called, or the carrier itself said that it was not.
UNCOUNTED = frozenset({"cancelled", "failed"})
PLANS = ("busy", "busy", "silent", "silent", "answer", "answer", "answer", "congestion", "invalid")
AGREES = {
    "busy": {"busy"},
    "silent": {"no_answer"},
    "answer": {"answered", "abandoned"},
    "congestion": {"congestion"},
    "invalid": {"invalid_number"},
}


class Judge:
    """Knows what was really sent and called, beside what the database says."""

    def __init__(self, world):
        self._world = world
        self.invites = {}
        self._sends = {}
        self._recent = deque()
        self._stops = {}
        self._acknowledged = set()
        self._live = {}
        self._heard_out = {}

    @property
    def last_send(self):
        """The second in which an Originate left an engine for the last time, -inf before the first."""
        return self._recent[-1] if self._recent else -math.inf

    def sent(self, attempt_id, engine):
        """The bytes of an Originate leave an engine."""
        world, row = self._world, self._world.attempt(attempt_id)
        world.say(f"{engine}: sends {world.short(attempt_id)}")
        self._rule(attempt_id not in self._sends, f"{attempt_id} is sent twice")
        self._sends[attempt_id] = world.time.now
        self._rule(row is not None, f"{attempt_id} is sent without being in the database")
        self._rule(row["sending_at"] is not None, f"{attempt_id} is sent before `sending` was committed")
        for name, stops in self._stops.items():
            self._rule(not stops(row["phone"]), f"{attempt_id} leaves after the answer to {name}")
        self._keep_pace()

    def invite(self, attempt_id, number):
        """The carrier is asked to call somebody; what the callee will do."""
        world, row = self._world, self._world.attempt(attempt_id)
        self._rule(attempt_id not in self.invites, f"{attempt_id} is called twice")
        self._rule(row is not None and row["sending_at"] is not None, f"{attempt_id} is called but not committed")
        others = [other for other, phone in self._live.items() if phone == number]
        self._rule(not others, f"{number} is called by {attempt_id} while {others} is up")
        self._live[attempt_id] = number
        # Whoever is called often gets an answer in the end, so that every world ends.
        plan = world.random.choice(PLANS)
        self.invites[attempt_id] = "answer" if len(self.invites) > 12 else plan
        world.say(f"carrier: INVITE {world.short(attempt_id)} to {number}, {self.invites[attempt_id]}")
        return self.invites[attempt_id]

    def ended(self, channel, tech):
        """The call is over at the carrier, by the end that was planned or because an engine hung it up."""
        self._live.pop(channel.attempt_id, None)
        if tech:
            self._heard_out[channel.attempt_id] = channel.plan

    def dropped(self):
        """Asterisk died with all its calls."""
        self._live.clear()

    def committed(self, attempt_id, before, after):
        """A transaction changed the attempt."""
        world = self._world
        if after is None:
            self._rule(
                before is None or before["state"] == "claimed", f"{attempt_id} is gone, and was not only claimed"
            )
            return
        state, was = after["state"], None if before is None else before["state"]
        if state != was:
            world.say(f"database: {world.short(attempt_id)} {was} -> {state} {after['disposition'] or ''}")
            if state == "sending":
                world.point_of_no_return()
        self._rule(was != "ended" or state == "ended", f"{attempt_id} lives again after its end")
        if state != "ended":
            return
        old = None if before is None else before["disposition"]
        if after["disposition"] != old:
            allowed = old in (None, "unknown") or (old in PUT_RIGHT and after["disposition"] == "congestion")
            self._rule(allowed, f"{attempt_id} ended as {old} and then as {after['disposition']}")

    def acknowledged(self, attempt_id):
        """The dialplan was told that the end is on disk."""
        self._acknowledged.add(attempt_id)

    def stopped(self, stops, name):
        """Somebody was told that no such call leaves any more."""
        self._world.say(f"people: {name} is answered")
        self._stops[name] = stops

    def resumed(self, name):
        self._stops.pop(name, None)

    def final(self, rows, leads):
        """Everything is quiet; now the database must agree with the carrier."""
        by_id = {row["id"]: row for row in rows}
        for attempt_id, plan in self.invites.items():
            row = by_id.get(attempt_id)
            self._rule(row is not None, f"{attempt_id} was called, and the database has forgotten it")
            said = row["disposition"]
            agrees = said == "unknown" or attempt_id not in self._heard_out or said in AGREES[plan]
            self._rule(agrees, f"{attempt_id} was called ({plan}) and is {said}")
            lost = attempt_id in self._acknowledged and said == "unknown"
            self._rule(not lost, f"{attempt_id}: its end was acknowledged, and it is unknown")
            self._rule(said not in UNCOUNTED, f"{attempt_id} was called ({plan}), and is {said}, which counts nothing")
        for row in rows:
            self._rule(row["state"] == "ended", f"{row['id']} is {row['state']} for ever")
        for lead in leads:
            counted = sum(row["counts"] for row in rows if row["lead_id"] == lead["id"])
            self._rule(lead["attempts"] == counted, f"lead {lead['id']}: {lead['attempts']} attempts, {counted} count")

    def _keep_pace(self):
        now, limit = self._world.time.now, self._world.pace
        self._recent.append(now)
        while self._recent[0] <= now - 1.0:
            self._recent.popleft()
        self._rule(len(self._recent) <= limit, f"{len(self._recent)} calls in one second, {limit} at most")

    def _rule(self, kept, broken):
        if not kept:
            raise BrokenRule(self._world.shortened(broken))
