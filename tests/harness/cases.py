"""Leads, campaigns and instants made up at random: near clock changes, closings, caps and holidays."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dialerd.domain.compliance import Block, By, Cap, Compliance, Dial, Per, Profile, Purpose, Rule
from dialerd.domain.dispositions import FLAGS, Disposition
from dialerd.domain.dnc import Entry, Kind
from dialerd.domain.eligibility import CampaignRules, LeadState
from dialerd.domain.windows import Hours, parse_hours
from dialerd.settings import profiles

MINUTE = timedelta(minutes=1)
KEYS = [
    "America/New_York@US-FL",
    "America/Chicago|America/New_York@US-FL",
    "America/Chicago|America/Denver@US-FL/US-TX",
    "America/Chicago@US-AL",
    "America/New_York@US-ME",
    "America/New_York@US",
    "Asia/Kolkata@IN",
    "America/St_Johns@CA",
    "Australia/Adelaide|Australia/Lord_Howe|Australia/Perth@AU",
    "Europe/Paris@FR",
    "Europe/London@GB",
    "Europe/Berlin@DE",
    "Europe/Berlin",
    "@US-FL",
    "",
]
# Days around clock changes and holidays of those zones.
DAYS = [
    date(2026, 3, 7),
    date(2026, 3, 28),
    date(2026, 4, 3),
    date(2026, 10, 24),
    date(2026, 10, 31),
    date(2026, 11, 25),
]
HOURS = [
    Hours(),
    parse_hours(["mon-fri 09:00-20:00"]),
    parse_hours(["daily 22:00-02:30"]),
    parse_hours(["sun 01:15-02:45", "sat 10:00-24:00"]),
    Hours(parse_hours(["daily 08:00-21:00"]).spans, frozenset({date(2026, 3, 29), date(2026, 11, 26)})),
]
ENDINGS = [name.value for name in Disposition if name is not Disposition.NEW]


class Cases:
    """Made up from one seed: the same ones each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._profiles = [profiles.shipped(name) for name in profiles.shipped_names() if name != "none"]

    def instant(self) -> datetime:
        day = datetime.combine(self._random.choice(DAYS), datetime.min.time(), UTC)
        at = day + timedelta(seconds=self._random.randint(0, 3 * 86400))
        # Whole minutes are where windows open and close.
        return at.replace(second=0) if self._random.random() < 0.6 else at

    def minutes(self) -> int:
        """Up to a week of them."""
        return self._random.randint(0, 7 * 1440)

    def rules(self) -> CampaignRules:
        pick = self._random
        first = pick.choice(DAYS)
        return CampaignRules(
            max_attempts=pick.randint(1, 4),
            zone=ZoneInfo(pick.choice(["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])),
            hours=pick.choice(HOURS) if pick.random() < 0.5 else Hours(),
            start=first if pick.random() < 0.1 else None,
            end=first + timedelta(days=pick.randint(0, 4)) if pick.random() < 0.2 else None,
            retry_hours={"busy": pick.choice(HOURS)} if pick.random() < 0.5 else {},
            compliance=self.compliance(),
            name="spring",
        )

    def compliance(self) -> Compliance:
        pick = self._random
        how = pick.random()
        if how < 0.1:
            chosen = (profiles.shipped("none"),)
        elif how < 0.7:
            chosen = tuple(pick.sample(self._profiles, pick.randint(1, 4)))
        else:
            chosen = (self._made_up(),)
        own = self._rule() if pick.random() < 0.3 else Rule()
        return Compliance(chosen, pick.choice(list(Purpose)), own)

    def lead(self, now: datetime) -> LeadState:
        pick = self._random
        open_kinds = [name for name in ENDINGS if not FLAGS[Disposition(name)].final]
        return LeadState(
            disposition=pick.choice(["new", "new", *open_kinds, pick.choice(ENDINGS)]),
            attempts=pick.choice([0, 0, 1, 2, 3]),
            due_at=now + pick.randint(-300, 600) * MINUTE if pick.random() < 0.3 else None,
            busy=pick.random() < 0.03,
            zone=pick.choice(KEYS),
            dialed=self.dialed(now),
            live=pick.random() > 0.02,
            stopped_by=self._entry(now) if pick.random() < 0.05 else None,
            refused="a pager" if pick.random() < 0.02 else None,
        )

    def dialed(self, now: datetime) -> tuple[Dial, ...]:
        pick = self._random
        return tuple(self._dial(now) for _ in range(pick.choice([0, 0, 1, 2, 3, 5, 8])))

    def _entry(self, now: datetime) -> Entry:
        ends = self._random.choice([None, now + self._random.randint(-60, 3000) * MINUTE])
        return Entry("+1", Kind.PREFIX, None, ends, "cases", "", now, "cases")

    def _dial(self, now: datetime) -> Dial:
        pick = self._random
        outcome = pick.choice([None, *ENDINGS, "answered", "abandoned", "not_interested"])
        span = timedelta(minutes=pick.choice([90, 600, 1440, 10080, 86400]))
        at = now - span * pick.random()
        flags = FLAGS.get(outcome) if outcome else None
        return Dial(
            at.replace(second=0, microsecond=0) if pick.random() < 0.5 else at,
            pick.choice(["spring", "autumn"]),
            outcome,
            at + timedelta(seconds=pick.randint(0, 3600)) if outcome else None,
            rang=pick.random() < 0.8,
            contacted=bool(flags and flags.contacted),
        )

    def _made_up(self) -> Profile:
        pick = self._random
        covers = tuple(pick.sample(["US", "US-FL", "GB", "AU", "IN", "DE", "FR", "CA"], pick.randint(0, 6)))
        rules = tuple(self._rule(covers) for _ in range(pick.randint(1, 3)))
        return Profile("house", date(2026, 11, 25), "made up", covers, rules)

    def _rule(self, places: tuple[str, ...] = ()) -> Rule:
        pick = self._random
        outcomes = frozenset(pick.sample(["contacted", "abandoned", "busy", "no_answer", "not_interested"], 2))
        per = pick.choice(list(Per))
        caps = (Cap(pick.randint(1, 4), pick.choice([60, 480, 1440, 10080]) * MINUTE, outcomes, per),)
        return Rule(
            places=tuple(pick.sample(places, pick.randint(0, len(places)))),
            by=pick.choice(list(By)),
            purposes=frozenset(pick.sample(list(Purpose), pick.choice([0, 0, 2]))),
            hours=pick.choice([None, *HOURS]),
            caps=pick.choice([(), caps, (Cap(2, 1440 * MINUTE), Cap(5, 10080 * MINUTE, per=per))]),
            gap=pick.choice([timedelta(), 30 * MINUTE, 240 * MINUTE]),
            blocks=pick.choice([(), (Block(outcomes, pick.choice([60, 4320]) * MINUTE, per),)]),
        )
