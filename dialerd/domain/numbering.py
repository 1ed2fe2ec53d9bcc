"""What the first digits of a number decide about it, by libphonenumber's own metadata.

libphonenumber judges whole numbers, at 100 microseconds each. Most of a verdict hangs on the first few digits: here is
proven, automaton by automaton, that all numbers of one length with the same first digits get the same type, so that one
of them may stand for all. What cannot be proven stays with the library.
"""

from __future__ import annotations

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType
from phonenumbers.phonemetadata import PhoneNumberDesc

from dialerd.domain.digits import Automaton, Unsupported


class Plan:
    """The numbering plan of one calling code. Raises Unsupported when its metadata says what we cannot follow."""

    def __init__(self, code: int) -> None:
        regions = COUNTRY_CODE_TO_REGION_CODE[code]
        if "001" in regions:
            raise Unsupported(f"+{code} is of no country")
        self._regions = [_Region(_metadata(region)) for region in regions]
        self._only = len(regions) == 1
        # The first region of a code is the one whose rules its international numbers are read by.
        main = _metadata(regions[0])
        self._prefix = _optional(main.national_prefix_for_parsing)
        self._transforms = bool(main.national_prefix_transform_rule)
        self._general = general = _needed(main.general_desc)
        self._shortest = next(length for length in range(20) if general.fate(general.start, length) is not False)

    def kind(self, digits: str, length: int) -> int | None:
        """The PhoneNumberType that phonenumbers.number_type gives every national number of this length that begins
        with these digits, None when it is not one for all. Then phonenumbers.region_code_for_number, which looks at the
        same rules in the same order, is one for all too.
        """
        for region in self._regions:
            # Where a code has several regions, leading digits tell them apart, or else the first that knows the number.
            mine = self._only or region.leads(digits, length)
            if mine is None:
                return None
            kind = region.kind(digits, length) if mine else PhoneNumberType.UNKNOWN
            if mine and (kind != PhoneNumberType.UNKNOWN or region.has_leading):
                return kind
        return PhoneNumberType.UNKNOWN

    def kept(self, digits: str, length: int) -> bool | None:
        """Whether phonenumbers.parse leaves all national numbers of this length and beginning as they are, and does
        not read a national prefix into them; None when more digits are needed. False may be too cautious.
        """
        prefix = self._prefix
        if prefix is None:
            return True
        state = prefix.start
        for digit in digits:
            state = prefix.step(state, digit)
            if prefix.matched(state):
                return self._viable(digits, length) if not self._transforms and length <= self._shortest else False
            if not state:
                return True
        return None if len(digits) < length else True

    def _viable(self, digits: str, length: int) -> bool | None:
        # A prefix is not taken off a number of the plan when what is left would be none.
        return self._general.fate(self._general.after(digits), length - len(digits))


class _Region:
    def __init__(self, metadata: PhoneMetadata) -> None:
        kinds = PhoneNumberType
        self._leading = _optional(metadata.leading_digits)
        self.has_leading = self._leading is not None
        self._general = _Desc(metadata.general_desc)
        # The order of libphonenumber's _number_type_helper.
        self._special = [
            (_Desc(metadata.premium_rate), kinds.PREMIUM_RATE),
            (_Desc(metadata.toll_free), kinds.TOLL_FREE),
            (_Desc(metadata.shared_cost), kinds.SHARED_COST),
            (_Desc(metadata.voip), kinds.VOIP),
            (_Desc(metadata.personal_number), kinds.PERSONAL_NUMBER),
            (_Desc(metadata.pager), kinds.PAGER),
            (_Desc(metadata.uan), kinds.UAN),
            (_Desc(metadata.voicemail), kinds.VOICEMAIL),
        ]
        self._fixed = _Desc(metadata.fixed_line)
        self._mobile = _Desc(metadata.mobile)
        self._same = bool(metadata.same_mobile_and_fixed_line_pattern)

    def leads(self, digits: str, length: int) -> bool | None:
        """Whether numbers that begin so are of this region by their leading digits; True when it has none."""
        leading = self._leading
        if leading is None:
            return True
        state = leading.start
        for digit in digits:
            state = leading.step(state, digit)
            if leading.matched(state):
                return True
            if not state:
                return False
        return None if len(digits) < length else False

    def kind(self, digits: str, length: int) -> int | None:
        """The type in this region of all numbers that begin so, None when it differs."""
        general = self._general.fate(digits, length)
        if not general:
            return None if general is None else PhoneNumberType.UNKNOWN
        for desc, kind in self._special:
            matches = desc.fate(digits, length)
            if matches is None:
                return None
            if matches:
                return kind
        return self._ordinary(digits, length)

    def _ordinary(self, digits: str, length: int) -> int | None:
        fixed = self._fixed.fate(digits, length)
        # Where the two have one expression the library does not ask the second.
        mobile = fixed if self._same else self._mobile.fate(digits, length)
        if fixed is None or mobile is None:
            return None
        if fixed:
            return PhoneNumberType.FIXED_LINE_OR_MOBILE if mobile else PhoneNumberType.FIXED_LINE
        return PhoneNumberType.MOBILE if mobile else PhoneNumberType.UNKNOWN


class _Desc:
    """One kind of number in a region: its lengths and its expression."""

    def __init__(self, desc: PhoneNumberDesc | None) -> None:
        pattern = desc.national_number_pattern if desc is not None else None
        self._lengths = frozenset(desc.possible_length if desc is not None else ())
        self._automaton = _optional(pattern)

    def fate(self, digits: str, length: int) -> bool | None:
        automaton = self._automaton
        if automaton is None or (self._lengths and length not in self._lengths):
            return False
        return automaton.fate(automaton.after(digits), length - len(digits))


def _metadata(region: str) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region(region)
    if found is None:
        raise Unsupported(region)
    return found


def _optional(pattern: str | None) -> Automaton | None:
    return Automaton(pattern) if pattern else None


def _needed(desc: PhoneNumberDesc | None) -> Automaton:
    found = _optional(desc.national_number_pattern if desc is not None else None)
    if found is None:
        raise Unsupported("a plan without a general description")
    return found
