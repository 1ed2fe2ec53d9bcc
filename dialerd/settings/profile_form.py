"""A compliance profile as its file says it: places, and rules with hours, caps, gaps and blocks, each with its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

from phonenumbers import SUPPORTED_REGIONS
from pydantic import Field, PlainValidator, ValidationInfo

from dialerd.domain.compliance import CONTACTED, Abandon, Block, By, Cap, Per, Profile, Purpose, Rule
from dialerd.domain.dispositions import Catalogue
from dialerd.domain.holidays import holidays as yearly
from dialerd.domain.registries import Registry
from dialerd.domain.us_states import STATE_NAMES
from dialerd.domain.windows import Hours
from dialerd.settings import values
from dialerd.settings.section import ReadAs, Section

EVERYWHERE = "*"
_LONGEST = 20 * 366 * 86400
_WITHIN = values.seconds(1, 10)
_PERIOD = values.seconds(60, 400 * 86400)


def _places(value: object) -> tuple[str, ...]:
    """Countries and states, or "*" alone for everywhere, which is ()."""
    allowed = 'a list of countries and states such as ["US", "US-FL", "GB"], or ["*"] for everywhere'
    items = values.listed(value, allowed)
    for item in items:
        country, dash, state = str(item).partition("-")
        known = country in SUPPORTED_REGIONS and (not dash or (country == "US" and state in STATE_NAMES))
        if not known and list(items) != [EVERYWHERE]:
            raise values.UnfitError(f"{values.shown(item)} is no place; {allowed}")
    return () if EVERYWHERE in items else tuple(map(str, items))


def _purposes(value: object) -> frozenset[Purpose]:
    read = values.one_of(*Purpose)
    return frozenset(Purpose(read(item)) for item in values.listed(value, f"a list of {', '.join(Purpose)}"))


def _holidays(value: object) -> frozenset[date]:
    if isinstance(value, frozenset):
        return value
    given = values.listed(value, "a list of dates and texts, such as [2026-12-24, '12-25', '3 mon jan', 'easter+1']")
    texts = [item for item in given if isinstance(item, str)]
    return yearly(texts) | {values.day(item) for item in given if not isinstance(item, str)}


def _outcomes(value: object, info: ValidationInfo) -> frozenset[str]:
    """Names of dispositions. Those of an admin's files must be there, in the catalogue of the context; what comes with
    dialerd may name some that only others have.
    """
    allowed = 'a list of dispositions, such as ["abandoned"], or ["contacted"] for all that reached a person'
    read = values.matching(r"[a-z0-9_]{1,40}", "a disposition's name")
    names = frozenset(read(item) for item in values.listed(value, allowed))
    known: Catalogue | None = getattr(info.context, "dispositions", None)
    if known is not None:
        for name in sorted(names - {CONTACTED, *known.names}):
            hint = values.nearest(name, known.names)
            raise values.UnfitError(f"{values.shown(name)} is no disposition; see dialerd dispositions{hint}")
    return names


def _span(value: object, info: ValidationInfo) -> timedelta:
    longest = _LONGEST if info.field_name == "retention" else 400 * 86400
    return value if isinstance(value, timedelta) else timedelta(seconds=values.seconds(0, longest)(value))


def _within(value: object) -> timedelta:
    """Whole seconds: the calls of a minute are counted together that waited for as many (store.tables_tallies)."""
    found = value if isinstance(value, timedelta) else timedelta(seconds=_WITHIN(value))
    if found % timedelta(seconds=1):
        raise values.UnfitError(f"{values.shown(value)} is no whole number of seconds; 1s to 10s")
    return found


def _period(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else timedelta(seconds=_PERIOD(value))


Span = Annotated[timedelta, PlainValidator(_span)]
Period = Annotated[timedelta, PlainValidator(_period)]
Outcomes = Annotated[frozenset[str], PlainValidator(_outcomes)]
Each = Annotated[Per, PlainValidator(lambda value: Per(values.one_of(*Per)(value)))]


class CapForm(Section):
    """At most so many calls in any such period."""

    calls: Annotated[int, PlainValidator(values.whole(1, 1000, "a whole number of calls"))]
    period: Period
    outcomes: Outcomes = frozenset()
    per: Each = Per.NUMBER

    def finished(self) -> Cap:
        """In the domain's words."""
        return Cap(self.calls, self.period, self.outcomes, self.per)


class BlockForm(Section):
    """No call for a time after one that ended so."""

    outcomes: Outcomes
    period: Period
    per: Each = Per.NUMBER

    def finished(self) -> Block:
        """In the domain's words."""
        return Block(self.outcomes, self.period, self.per)


class AbandonForm(Section):
    """The limit for calls that a person answered and nobody took."""

    percent: Annotated[float, PlainValidator(values.number(0, 100, "percent"))]
    period: Period
    connect_within: Annotated[timedelta, PlainValidator(_within)]

    def finished(self) -> Abandon:
        """In the domain's words."""
        return Abandon(self.percent, self.period, self.connect_within)


class RegistryForm(Section):
    """A do-not-call registry, and how old a copy of it may be."""

    name: Annotated[str, PlainValidator(values.name)]
    max_age: Period

    def finished(self) -> Registry:
        """In the domain's words."""
        return Registry(self.name, self.max_age)


class Limits(Section):
    """What may be limited, by a rule or by a campaign. Hours are read where the called party is."""

    hours: Annotated[Hours, PlainValidator(values.hours)] | None = None
    holidays: Annotated[frozenset[date], PlainValidator(_holidays)] = frozenset()
    caps: tuple[Annotated[Cap, ReadAs(CapForm)], ...] = Field(default=(), strict=False)
    minimum_gap: Span = timedelta()
    blocks: tuple[Annotated[Block, ReadAs(BlockForm)], ...] = Field(default=(), strict=False)
    abandon: tuple[Annotated[Abandon, ReadAs(AbandonForm)], ...] = Field(default=(), strict=False)
    registries: tuple[Annotated[Registry, ReadAs(RegistryForm)], ...] = Field(default=(), strict=False)

    def rule(self) -> Rule:
        """A rule that says this and holds everywhere."""
        hours = replace(self.hours or Hours(), holidays=self.holidays) if self.hours or self.holidays else None
        return Rule(
            hours=hours,
            caps=self.caps,
            gap=self.minimum_gap,
            blocks=self.blocks,
            abandon=self.abandon,
            registries=self.registries,
        )


class ProfileRule(Limits):
    """One rule of a profile, with where it comes from. It holds in the profile's places unless it names its own."""

    source: Annotated[str, PlainValidator(values.line)]
    read: Annotated[date, PlainValidator(values.day)]
    places: Annotated[tuple[str, ...], PlainValidator(_places)] | None = None
    by: Annotated[By, PlainValidator(lambda value: By(values.one_of(*By)(value)))] = By.EITHER
    purposes: Annotated[frozenset[Purpose], PlainValidator(_purposes)] = frozenset()
    ring_minimum: Span = timedelta()
    retention: Span = timedelta()

    def finished(self, places: tuple[str, ...]) -> Rule:
        """In the domain's words."""
        return replace(
            self.rule(),
            places=places if self.places is None else self.places,
            by=self.by,
            purposes=self.purposes,
            ring=self.ring_minimum,
            retention=self.retention,
            source=self.source,
            read=self.read,
        )


class ProfileForm(Section):
    """A profile's file. `version` is its date, written into each attempt that was judged by it."""

    name: Annotated[str, PlainValidator(values.name)]
    version: Annotated[date, PlainValidator(values.day)]
    title: Annotated[str, PlainValidator(values.line)] = ""
    places: Annotated[tuple[str, ...], PlainValidator(_places)]
    ring_timeout: Span | None = None
    rules: tuple[ProfileRule, ...] = Field(default=(), strict=False)

    def finished(self) -> Profile:
        """In the domain's words."""
        rules = tuple(rule.finished(self.places) for rule in self.rules)
        return Profile(self.name, self.version, self.title, self.places, rules, self.ring_timeout)
