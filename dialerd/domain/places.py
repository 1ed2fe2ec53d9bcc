"""Where the owner of a number may be: time zones, for the hours; states and countries, for the law that holds there.

Both are kept with each lead as one text, its zone key, such as "America/New_York@US-FL": leads with the same key are
judged alike, and a claim walks only the keys that are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS

from dialerd.domain.area_codes import REGION_OF_AREA_CODE
from dialerd.domain.us_states import STATE_NAMES, STATE_ZONES, state_of_zip

_REMEMBERED = 8192
_LONGEST_CODE = 3
_UNITED_STATES = "US"
_KAZAKHSTAN = ("76", "77")

REGION_BEGINS = (*(f"+1{code}" for code in REGION_OF_AREA_CODE), *(f"+{code}" for code in _KAZAKHSTAN))
"""Beginnings of numbers whose region is another than that of others with their calling code."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lead may be. `zones` are IANA names, all in which its owner may be; () when nobody knows.

    `number` is the region its number belongs to, `address` those its address lies in: ISO 3166-1 ("GB") or, in the
    United States, 3166-2 ("US-FL"). "" and (): not known.
    """

    zones: tuple[str, ...] = ()
    number: str = ""
    address: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The place as one text; equal places have equal keys."""
        return place_key(self.zones, self.number, self.address)

    @property
    def zone_text(self) -> str:
        """The zones alone, joined by '|'; "" when nobody knows."""
        return "|".join(self.zones)

    @property
    def regions(self) -> tuple[str, ...]:
        """All regions that are known, the number's first."""
        return ((self.number,) if self.number else ()) + self.address


@lru_cache(maxsize=_REMEMBERED)
def place_key(zones: tuple[str, ...], number: str = "", address: tuple[str, ...] = ()) -> str:
    """The key of a place: zones joined by '|', then '@', the number's region, and each region of the address behind a
    '/'. An address that adds nothing to the number's region is left out, so that there are few keys.
    """
    where = "|".join(sorted(set(zones)))
    more = sorted({region for region in address if region != number and not number.startswith(region + "-")})
    if not number and not more:
        return where
    return f"{where}@{'/'.join([number, *more])}"


@lru_cache(maxsize=_REMEMBERED)
def read_place(key: str) -> Place:
    """The place of a zone key."""
    where, _, regions = key.partition("@")
    number, *address = regions.split("/")
    return Place(tuple(where.split("|")) if where else (), number, tuple(address))


def region_of_number(e164: str) -> str:
    """The region a number in E.164 belongs to: in the North American plan by area code, elsewhere the main country of
    the calling code (Jersey is GB, Aland is FI), Kazakhstan apart from Russia. "" when none is known.
    """
    digits = e164[1:]
    if digits[:1] == "1":
        return REGION_OF_AREA_CODE.get(digits[1:4], "")
    if digits[:2] in _KAZAKHSTAN:
        return "KZ"
    for length in range(1, _LONGEST_CODE + 1):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0))
        if regions is not None:
            return "" if regions[0] == "001" else str(regions[0])
    return ""


@lru_cache(maxsize=_REMEMBERED)
def place_of_lead(
    zones: tuple[str, ...], number: str, country: str = "", state: str = "", postal_code: str = "", timezone: str = ""
) -> str:
    """The zone key of a lead, from what its number says (`zones`, and `number`, its region) and its list.

    An explicit `timezone` (an IANA name) is the zone. Else the state or the ZIP code of an address in the United States
    says the zones, else the number. An address is in the country it names; without one that is known, in the United
    States when the number is. What is no country, state or ZIP code is passed over.
    """
    named = country_of(country) if country else None
    home = named or number
    states: set[str | None] = set()
    if lies_in(home, _UNITED_STATES):
        territory = named.partition("-")[2] if named else ""
        states = {_state(state), state_of_zip(postal_code), territory} - {None, ""}
    found = sorted(name for name in states if name)
    if timezone:
        zones = (timezone,)
    elif found:
        zones = tuple(zone for name in found for zone in STATE_ZONES[name])
    address = tuple(f"{_UNITED_STATES}-{name}" for name in found) or ((named,) if named else ())
    return place_key(zones, number, address)


def country_of(text: str) -> str | None:
    """The region of a country as people write it: its code of two letters, or a common name of one that has rules of its
    own here; None when it is neither. Puerto Rico and its like are the United States' own.
    """
    bare = text.strip().replace(".", "").casefold()
    code = _COUNTRY_NAMES.get(bare, bare.upper())
    if code in _TERRITORIES:
        return f"{_UNITED_STATES}-{code}"
    return code if code in SUPPORTED_REGIONS else None


def lies_in(region: str, place: str) -> bool:
    """Whether the whole region is in the place: US-FL is in US and in US-FL."""
    return region == place or region.startswith(place + "-")


def may_lie_in(region: str, place: str) -> bool:
    """Whether some of the region is in the place: somewhere in the US may be in US-FL, nobody knows where may be
    anywhere.
    """
    return not region or lies_in(region, place) or place.startswith(region + "-")


def _state(text: str) -> str | None:
    return _STATES.get(text.strip().replace(".", "").casefold())


_STATES = {code.casefold(): code for code in STATE_NAMES} | {name: code for code, name in STATE_NAMES.items()}
_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
_COUNTRY_NAMES = {
    **dict.fromkeys(("usa", "united states", "united states of america", "america"), "US"),
    **dict.fromkeys(
        ("uk", "united kingdom", "great britain", "england", "scotland", "wales", "northern ireland"), "GB"
    ),
    "canada": "CA",
    "can": "CA",
    "australia": "AU",
    "aus": "AU",
    "france": "FR",
    "fra": "FR",
    "india": "IN",
    "ind": "IN",
}
