"""Which numbers a list takes besides the ordinary ones (fixed lines, mobiles, VoIP), and of which countries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, shortnumberinfo

from dialerd.domain.errors import BadInput

ANY = "any"
"""Instead of countries: all of them."""


class NumberKind(StrEnum):
    """Kinds of numbers that are refused unless a list allows them. Emergency numbers and satellite phones are none of
    them: nothing allows those.
    """

    TOLL_FREE = "toll_free"
    PREMIUM = "premium"
    SHARED_COST = "shared_cost"
    PERSONAL = "personal"
    PAGER = "pager"
    COMPANY = "company"
    VOICEMAIL = "voicemail"
    SHORT = "short"


KINDS = {
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberKind.PREMIUM,
    PhoneNumberType.SHARED_COST: NumberKind.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER: NumberKind.PERSONAL,
    PhoneNumberType.PAGER: NumberKind.PAGER,
    PhoneNumberType.UAN: NumberKind.COMPANY,
    PhoneNumberType.VOICEMAIL: NumberKind.VOICEMAIL,
}
"""By what libphonenumber calls them; for short numbers it has other functions."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """`kinds` are taken besides ordinary numbers; `countries` (ISO 3166-1 alpha-2, upper case) are the only ones whose
    numbers are taken, all of them when there is none.
    """

    kinds: frozenset[NumberKind] = frozenset()
    countries: frozenset[str] = frozenset()

    def elsewhere(self, region: str | None) -> str | None:
        """Why a number of that country is refused; None when it is not. `region` None is a country nobody knows."""
        if not self.countries or region in self.countries:
            return None
        only = ", ".join(sorted(self.countries))
        return f"a number of {region or 'an unknown country'}, and the list takes only those of {only}"

    def takes_all_of(self, other: Allowed) -> bool:
        """Every number that the other takes is taken here too."""
        somewhere = not self.countries or bool(other.countries and other.countries <= self.countries)
        return other.kinds <= self.kinds and somewhere

    def of_file(self, kinds: Iterable[str], countries: Iterable[str] | None) -> Allowed:
        """What a file of the list is allowed that names `kinds` besides the list's, and `countries` instead of them.
        Raises BadInput for what there is not.
        """
        only = self.countries if countries is None else read_countries(countries)
        return Allowed(self.kinds | read_kinds(kinds), only)


ORDINARY = Allowed()
EVERY_NUMBER = Allowed(frozenset(NumberKind))
"""For looking numbers up, not for dialing them."""


def read_kinds(texts: Iterable[str]) -> frozenset[NumberKind]:
    """Kinds by their names, in any case, with a dash or an underscore. Raises BadInput."""
    found = set()
    for text in texts:
        name = text.strip().lower().replace("-", "_").replace(" ", "_").removesuffix("_rate")
        if name not in set(NumberKind):
            raise BadInput(f"kind of numbers {text.strip()[:40]!r}: is not one of {', '.join(NumberKind)}")
        found.add(NumberKind(name))
    return frozenset(found)


def read_countries(texts: Iterable[str]) -> frozenset[str]:
    """Countries by their codes, in any case; `any` alone is all of them, the empty set. Raises BadInput."""
    codes = frozenset(text.strip().upper() for text in texts)
    if codes == {ANY.upper()}:
        return frozenset()
    for code in sorted(codes):
        if code not in phonenumbers.SUPPORTED_REGIONS:
            raise BadInput(
                f"country {code[:40]!r}: is not a country code of two letters (ISO 3166), such as US, GB or DE; "
                f"{ANY} alone means every country"
            )
    return codes


def country_of(number: PhoneNumber) -> str | None:
    """The country of a number; of one that is not in use the main country of its calling code. None when there is none."""
    code = number.country_code or 0
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(code)
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def is_emergency(number: PhoneNumber) -> bool:
    """Whether dialing the number within any country of its calling code may reach the police, a fire brigade, an
    ambulance.
    """
    digits = phonenumbers.national_significant_number(number)
    regions = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return any(shortnumberinfo.connects_to_emergency_number(digits, region) for region in regions)


def is_short(number: PhoneNumber) -> bool:
    """Whether it is a short number that is in use in a country of its calling code."""
    return shortnumberinfo.is_valid_short_number(number)
