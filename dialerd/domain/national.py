"""A number as people of a country write it -> E.164, where libphonenumber's rules leave no doubt."""

from __future__ import annotations

import re
from functools import cache

from phonenumbers import PhoneMetadata

# Shorter ones are short numbers, or local ones without their area code: the library tells them apart.
_SHORTEST = 7


class Home:
    """The rules for numbers dialed within one country (ISO 3166-1 alpha-2, upper case). Raises KeyError when the
    metadata has none for it.
    """

    def __init__(self, region: str) -> None:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata is None or metadata.general_desc is None or not metadata.general_desc.national_number_pattern:
            raise KeyError(region)
        self._code = str(metadata.country_code)
        self._general = re.compile(metadata.general_desc.national_number_pattern)
        self._lengths = frozenset(metadata.general_desc.possible_length)
        self._abroad = re.compile(metadata.international_prefix or r"(?!)")
        self._prefix = re.compile(metadata.national_prefix_for_parsing or r"(?!)")
        self._transforms = bool(metadata.national_prefix_transform_rule)

    def in_e164(self, digits: str) -> str | None:
        """The number that phonenumbers.parse reads these digits as; None when that is not plain to see."""
        if len(digits) < _SHORTEST or self._abroad.match(digits):
            return None
        is_whole = self._general.fullmatch(digits) is not None
        if digits.startswith(self._code):
            return self._with_code(digits, is_whole=is_whole)
        return self._without_prefix(digits, is_whole=is_whole)

    def dials_abroad(self, digits: str) -> bool:
        """Whether these digits begin as a call to another country does."""
        return self._abroad.match(digits) is not None

    def _with_code(self, digits: str, *, is_whole: bool) -> str | None:
        """The calling code without a plus sign: taken for one when the digits are no number of the country but what
        follows is.
        """
        if is_whole:
            return self._without_prefix(digits, is_whole=True) if len(digits) in self._lengths else None
        national = digits[len(self._code) :]
        if self._prefix.match(national) or not self._general.fullmatch(national):
            return None
        return "+" + digits

    def _without_prefix(self, digits: str, *, is_whole: bool) -> str | None:
        prefix = self._prefix.match(digits)
        if prefix is None:
            return f"+{self._code}{digits}"
        if self._transforms and prefix[prefix.re.groups] is not None:
            return None
        national = digits[prefix.end() :]
        if (is_whole and national != digits) or len(national) not in self._lengths:
            return None
        return f"+{self._code}{national}"


@cache
def home(region: str) -> Home | None:
    """The rules of a country, None when libphonenumber knows no such country."""
    try:
        return Home(region)
    except KeyError:
        return None
