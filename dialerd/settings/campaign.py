"""A campaign as its file describes it: where answered calls go, how fast, when, and who is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dialerd.domain.callerid import Pool, Strategy
from dialerd.domain.compliance import UNLIMITED, Compliance
from dialerd.domain.dispositions import SYSTEM, Catalogue, known
from dialerd.domain.eligibility import CampaignRules
from dialerd.domain.openings import Openings
from dialerd.domain.order import Order
from dialerd.domain.recycle import RecyclePlan, Rule
from dialerd.domain.windows import Hours
from dialerd.settings import values
from dialerd.settings.amd import Amd
from dialerd.settings.compliance import ComplianceForm, by_default
from dialerd.settings.context import context_of
from dialerd.settings.destinations import Destination
from dialerd.settings.section import ReadAs, Section

RATE: Literal["rate"] = "rate"
_FOLLOW_AGENTS = ("progressive", "ratio", "predictive")
RING_TIMEOUT = 30.0
"""Seconds it rings where neither the campaign nor its compliance profiles say."""


class Schedule(Section):
    """When the campaign may dial, in its own zone. `start` and `end` are its first and last day, both included."""

    timezone: Annotated[ZoneInfo, PlainValidator(values.zone)]
    holidays: Annotated[frozenset[date], PlainValidator(values.dates)] = frozenset()
    hours: Annotated[Hours, PlainValidator(values.hours)]
    start: Annotated[date, PlainValidator(values.day)] | None = None
    end: Annotated[date, PlainValidator(values.day)] | None = None

    @field_validator("hours", mode="after")
    @classmethod
    def _closed_on_holidays(cls, hours: Hours, info: ValidationInfo) -> Hours:
        return replace(hours, holidays=hours.holidays | info.data.get("holidays", frozenset()))

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}; the last day, not before the first")
        return self


class RuleForm(Section):
    """A recycling rule as written in the file; `Rule` is what it becomes."""

    attempts: Annotated[int, PlainValidator(values.whole(1, 100, "a whole number of attempts"))]
    wait: Annotated[tuple[float, ...], PlainValidator(values.waits)]
    hours: Annotated[Hours, PlainValidator(values.hours)] | None = None
    caller_id: Annotated[str, PlainValidator(values.e164)] | None = None

    def finished(self) -> Rule:
        """The rule in the domain's words."""
        return Rule(self.attempts, tuple(timedelta(seconds=wait) for wait in self.wait), self.hours, self.caller_id)


class CallerIdForm(Section):
    """Several caller IDs as a table of the file; `Pool` is what they become."""

    numbers: Annotated[tuple[str, ...], PlainValidator(values.e164s)]
    strategy: Annotated[Strategy, PlainValidator(values.one_of_enum(Strategy))] = Strategy.ROUND_ROBIN
    sticky: Annotated[bool, PlainValidator(values.switch)] = False

    def finished(self) -> Pool:
        """The pool in the domain's words."""
        return Pool(self.numbers, self.strategy, self.sticky)


def _one_number(value: object) -> object:
    """One number is a pool of one; anything else is the form's to read."""
    return value if isinstance(value, Mapping | Pool) else Pool((values.e164(value),))


def _recyclable(key: object, info: ValidationInfo) -> str:
    """A disposition that a rule can be made for: of the catalogue that is the context of the reading."""
    allowed = context_of(info.context).dispositions.for_rules
    if key not in allowed:
        raise ValueError(f"no rule can be made for {values.shown(key)}; one of {', '.join(allowed)}")
    return known(str(key))


def _mode(value: object) -> str:
    """How many calls are made: by a fixed pace. Those that follow agents are told to be missing rather than unknown."""
    if value in _FOLLOW_AGENTS:
        raise ValueError(
            f"{values.shown(value)} follows the agents of a queue, which is not supported; "
            f"rate: calls_per_second and max_calls, fixed"
        )
    return values.one_of(RATE)(value)


def _ring_timeout(read: dict[str, Any]) -> float:
    """How long it rings where the file does not say: as its profiles have it."""
    compliance = read.get("compliance")
    given = compliance.ring_timeout if isinstance(compliance, Compliance) else None
    return given.total_seconds() if given is not None else RING_TIMEOUT


class Campaign(Section):
    """One campaign. Times are seconds, the pace is calls per second; trunks are used in turn, in the order given.

    What its context says when it is read goes into its rules.
    """

    name: Annotated[str, PlainValidator(values.name)]
    description: Annotated[str, PlainValidator(values.line)] = ""
    trunks: Annotated[tuple[str, ...], PlainValidator(values.names)]
    caller_id: Annotated[Pool, ReadAs(CallerIdForm), BeforeValidator(_one_number)]
    mode: Annotated[Literal["rate"], PlainValidator(_mode)] = RATE
    calls_per_second: Annotated[float, PlainValidator(values.number(0.01, 1000, "calls per second"))]
    max_calls: Annotated[int, PlainValidator(values.whole(1, 100_000, "a whole number of calls"))]
    # Before the ring timeout, which may not be shorter than it asks for.
    compliance: Annotated[Compliance, ReadAs(ComplianceForm)] = Field(default_factory=by_default)
    weight: Annotated[float, PlainValidator(values.number(0.01, 1000, "shares"))] = 1.0
    ring_timeout: Annotated[float, PlainValidator(values.seconds(1, 300))] = Field(default_factory=_ring_timeout)
    max_talk_time: Annotated[float, PlainValidator(values.seconds(1, 86400))] = 3600.0
    max_attempts: Annotated[int, PlainValidator(values.whole(1, 100, "a whole number of attempts"))] = 3
    order: Annotated[Order, PlainValidator(values.one_of_enum(Order))] = Order.LIST
    destination: Annotated[Destination, Field(discriminator="type")]
    amd: Amd = Amd()
    optout_key: Annotated[str, PlainValidator(values.matching(r"[0-9*#]", "one key: 0 to 9, * or #"))] | None = None
    optout_scope: Annotated[Literal["global", "campaign"], PlainValidator(values.one_of("global", "campaign"))] = (
        "global"
    )
    schedule: Schedule
    recycle: Annotated[
        Mapping[Annotated[str, PlainValidator(_recyclable)], Annotated[Rule, ReadAs(RuleForm)]],
        AfterValidator(MappingProxyType),
    ] = Field(default_factory=lambda: MappingProxyType({}))
    unknown_hold: Annotated[float, PlainValidator(values.seconds(0, 30 * 86400))] = 86400.0
    uncounted_wait: Annotated[float, PlainValidator(values.seconds(1, 86400))] = 60.0
    _dispositions: Catalogue = PrivateAttr(default_factory=lambda: SYSTEM)

    def model_post_init(self, context: Any, /) -> None:
        """Keeps the catalogue it was read with."""
        self._dispositions = context_of(context).dispositions

    @property
    def dispositions(self) -> Catalogue:
        """What the dispositions mean, by the catalogue it was read with."""
        return self._dispositions

    @property
    def optout_campaign(self) -> str | None:
        """For whom the number of a called party who says no is on do-not-call: this campaign, or (None) all."""
        return self.name if self.optout_scope == "campaign" else None

    @property
    def warnings(self) -> list[str]:
        """What is allowed and may be a mistake, `key: what it means`."""
        return [warning for warning in (self.amd.warning(self.compliance),) if warning]

    @field_validator("ring_timeout", mode="after")
    @classmethod
    def _rings_long_enough(cls, ring_timeout: float, info: ValidationInfo) -> float:
        compliance = info.data.get("compliance", UNLIMITED)
        least = compliance.ring.total_seconds()
        if ring_timeout < least:
            names = ", ".join(profile.name for profile in compliance.profiles)
            raise ValueError(
                f"{values.spell(ring_timeout)} is shorter than its compliance ({names}) lets it ring; "
                f"{values.spell(least)} or longer"
            )
        return ring_timeout

    @cached_property
    def plan(self) -> RecyclePlan:
        """What decides about another try. The schedule's holidays hold for the hours of each rule as well."""
        holidays = self.schedule.hours.holidays
        rules = {
            disposition: rule if rule.hours is None else replace(rule, hours=replace(rule.hours, holidays=holidays))
            for disposition, rule in self.recycle.items()
        }
        return RecyclePlan(
            rules=rules,
            max_attempts=self.max_attempts,
            hours=self.schedule.hours,
            zone=self.schedule.timezone,
            unknown_hold=timedelta(seconds=self.unknown_hold),
            uncounted_wait=timedelta(seconds=self.uncounted_wait),
            dispositions=self._dispositions,
            compliance=self.compliance,
        )

    @cached_property
    def openings(self) -> Openings:
        """Which places are open for it, remembered from one question to the next."""
        return Openings(self.rules)

    @cached_property
    def rules(self) -> CampaignRules:
        """What decides whether a lead may be dialed now."""
        plan = self.plan
        return CampaignRules(
            max_attempts=self.max_attempts,
            zone=self.schedule.timezone,
            hours=self.schedule.hours,
            start=self.schedule.start,
            end=self.schedule.end,
            retry_hours={name: rule.hours for name, rule in plan.rules.items() if rule.hours is not None},
            dispositions=self._dispositions,
            compliance=self.compliance,
            name=self.name,
        )
