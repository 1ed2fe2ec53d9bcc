"""What goes wrong in a world: drawn from its seed before it begins, each kind in some worlds only, so that some have much
of one kind and little of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dialerd.ops.crash import CrashPoint

FAULTS_END = 5.0
"""From this second on nothing goes wrong any more, and what is down is started."""

RATES = {
    # Of each commit: refused; cut off before, or after it was done.
    "commit_failed": 0.15,
    "commit_lost": 0.1,
    "commit_kept": 0.1,
    # Of each Originate.
    "refused": 0.15,
    "no_channel": 0.15,
    "unanswered": 0.2,
    "late": 0.3,
    # Of each event, and of each call one event that is lost.
    "event_twice": 0.2,
    "event_delayed": 0.2,
    "event_lost": 0.3,
    # Of each question and report of the dialplan.
    "report_lost": 0.3,
    # Of each commit, and of each message.
    "slow_database": 0.1,
    "slow_wire": 0.1,
}
POINTS = tuple(CrashPoint)


@dataclass(frozen=True, slots=True)
class Death:
    """How a life of an engine ends: before a step of its event loop, or at a crash point passed so often; or not at all."""

    step: int = 0
    point: CrashPoint | None = None
    passes: int = 0


@dataclass
class Plan:
    """`rates` are of the kinds that this world has; `moments` say what happens when, by itself; `strikes` what happens just
    when the next attempt has passed the point of no return.
    """

    nodes: tuple[str, ...]
    leads: int
    calls_per_second: int
    trunk_pace: int
    max_attempts: int
    rates: dict[str, float] = field(default_factory=dict)
    moments: list[tuple[float, str, float]] = field(default_factory=list)
    strikes: list[tuple[str, float]] = field(default_factory=list)
    deaths: dict[str, list[Death]] = field(default_factory=dict)


def draw(random, stress=()):
    """The plan of a world. `stress` are the kinds that it has for sure, and much of."""
    chance = 0.2 if "two engines" not in stress else 1.0
    nodes = ("east", "west") if random.random() < chance else ("east",)
    plan = Plan(
        nodes=nodes,
        leads=random.choice((1, 2, 2, 3, 3, 4)),
        calls_per_second=random.choice((1, 2, 5)),
        trunk_pace=random.choice((1, 3, 6)),
        max_attempts=random.choice((1, 2, 2, 3)),
    )
    for kind, rate in RATES.items():
        if kind in stress or random.random() < 0.35:
            plan.rates[kind] = random.random() * (4 if kind in stress else 2) * rate
    plan.deaths = {node: [_death(random) for _ in range(random.choice((0, 0, 1, 1, 2)))] for node in nodes}
    for kind, chance, longest in MOMENTS:
        left = 0.9 if kind in stress else chance
        while random.random() < left:
            seconds = 0.05 + random.random() ** 2 * longest
            if random.random() < 0.25:
                plan.strikes.append((kind, seconds))
            else:
                plan.moments.append((random.uniform(0.1, FAULTS_END - 0.5), kind, seconds))
            left /= 2
    plan.moments.sort()
    return plan


MOMENTS = (
    ("kill engine", 0.25, 1.0),
    ("freeze engine", 0.25, 14.0),
    ("leave", 0.15, 1.0),
    ("cut link", 0.35, 1.0),
    ("freeze asterisk", 0.2, 3.0),
    ("restart asterisk", 0.2, 2.0),
    ("database away", 0.25, 4.0),
    ("kill fastagi", 0.2, 4.0),
    ("pause", 0.25, 5.0),
    ("do not call", 0.25, 1.0),
)


def _death(random):
    if random.random() < 0.5:
        return Death(step=int(random.uniform(1.0, 2.0) ** 10))
    return Death(point=random.choice(POINTS), passes=random.choice((1, 1, 1, 2, 3)))
