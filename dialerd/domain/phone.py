"""Is this text a number that may be dialed, and in which time zones may its owner be.

Where numbering plans are asked, the answer is libphonenumber's (the phonenumbers library).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from dialerd.domain.allowed import KINDS, ORDINARY, Allowed, NumberKind, country_of, is_emergency, is_short
from dialerd.domain.national import home
from dialerd.domain.places import REGION_BEGINS, region_of_number
from dialerd.domain.prefixes import PrefixVerdicts
from dialerd.domain.spelling import CLEANABLE, LONGEST_TEXT, WITHOUT_PUNCTUATION, wrong_characters


class PhonePolicy(StrEnum):
    """How a list's numbers are read.

    `STRICT`: E.164 as dialed today and nothing else. `CLEAN`: spaces, dashes, dots and parentheses, the prefix 00, and
    the national form of the list's region are repaired.
    """

    STRICT = "strict"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may be dialed. `zones` are all the IANA zones its owner may be in, sorted; () when unknown. `region`
    is where it belongs, as in domain.places: a country, or a state of the US.
    """

    e164: str
    zones: tuple[str, ...]
    region: str = ""


@dataclass(frozen=True, slots=True)
class BadPhone:
    """A text that must not be dialed, and why, in one short lower-case sentence for the person who has the file."""

    reason: str


_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_NOT_DIGITS = re.compile(r"[^0-9]")

_DIALABLE = frozenset(
    (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.MOBILE, PhoneNumberType.VOIP)
)
_REFUSED = {
    NumberKind.TOLL_FREE: "a toll-free number",
    NumberKind.PREMIUM: "a premium-rate number",
    NumberKind.SHARED_COST: "a shared-cost number",
    NumberKind.PERSONAL: "a personal (follow-me) number, charged like premium rate",
    NumberKind.PAGER: "a pager",
    NumberKind.COMPANY: "a company-wide number (UAN)",
    NumberKind.VOICEMAIL: "a voicemail access number",
    NumberKind.SHORT: "a short number",
}
# libphonenumber's name for codes of no country: satellite phones (870, 881), international networks (882, 883),
# universal toll-free, shared-cost and premium numbers (800, 808, 979).
_NO_COUNTRY = frozenset(code for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if "001" in regions)

# Ranges set aside for films and examples that libphonenumber does not count as in use. Sources: Ofcom, "Telephone
# numbers for use in TV and radio drama programmes"; ARCEP decision 2018-0881 (numbering plan). Those of other countries
# (+1 NPA 555 01xx, +49 30 23125 xxx, +61 2 5550 xxxx, +61 491 570 xxx, +33 1 99 00 xx xx) it counts as ordinary numbers.
_FICTION = re.compile(r"\+44(1632960|7700900|1154960)[0-9]{3}|\+3363998[0-9]{4}")
_FICTION_BEGINS = ("+441632960", "+447700900", "+441154960", "+3363998")

_Where = tuple[tuple[str, ...], str]

# A plus sign and so many digits: shorter and longer numbers are rare, and the library's business.
_USUAL_LENGTHS = range(8, 17)


@dataclass(frozen=True, slots=True)
class NumberRules:
    """How the numbers of a list are read. `region` is its default country (ISO 3166-1 alpha-2, upper case), used by the
    clean policy for national forms.
    """

    policy: PhonePolicy = PhonePolicy.STRICT
    region: str | None = None
    allowed: Allowed = ORDINARY


def phone_reader(rules: NumberRules) -> Callable[[str], Phone | BadPhone]:
    """What reads the cells of a list. It never raises, whatever the text is.

    A number passes when it lies in a range that its country has in use for fixed lines, mobiles or VoIP, or in a range
    set aside for fiction, and the list takes numbers of that country. Toll-free, premium, shared-cost, personal, pager,
    company-wide, voicemail and short numbers do only when the list allows them; emergency numbers and those of no
    country (satellite) never.
    """
    policy, region, allowed = rules.policy, rules.region, rules.allowed
    verdicts = _verdicts(allowed)

    def read(text: str) -> Phone | BadPhone:
        number = text if policy is PhonePolicy.STRICT else _cleaned(text, region)
        if number is not None and _is_plain(number):
            verdict = verdicts.of(number)
            if isinstance(verdict, tuple):
                return Phone(number, *verdict)
            if verdict is not None:
                return verdict
        return read_by_library(text, policy, region, allowed)

    return read


def read_phone(text: str, policy: PhonePolicy, region: str | None, allowed: Allowed = ORDINARY) -> Phone | BadPhone:
    """Reads one number as `phone_reader` does."""
    return phone_reader(NumberRules(policy, region, allowed))(text)


def refused(number: str, allowed: Allowed) -> str | None:
    """Why a number in E.164 may not be dialed, in the words that an import rejects it with; None when it may."""
    read = read_phone(number, PhonePolicy.STRICT, None, allowed)
    return read.reason if isinstance(read, BadPhone) else None


def read_by_library(
    text: str, policy: PhonePolicy, region: str | None, allowed: Allowed = ORDINARY
) -> Phone | BadPhone:
    """What `phone_reader` promises, with no short cut: the reference for it, about a hundred times slower."""
    dialed = _strict(text) if policy is PhonePolicy.STRICT else _clean(text, region)
    if isinstance(dialed, BadPhone):
        return dialed
    try:
        number = phonenumbers.parse(dialed, None if dialed.startswith("+") else region)
    except NumberParseException as error:
        return BadPhone(_unreadable(error))
    e164 = _in_e164(number)
    if policy is PhonePolicy.STRICT and e164 != text:
        return BadPhone(f"not in E.164 as dialed from abroad: write {e164}")
    return _judge(number, e164, allowed)


def is_region(text: str) -> bool:
    """Whether `text` is a country that national numbers can be read in (ISO 3166-1 alpha-2, upper case)."""
    return text in phonenumbers.SUPPORTED_REGIONS


def _is_plain(number: str) -> bool:
    return len(number) in _USUAL_LENGTHS and number[0] == "+" and number.isascii() and number[1:].isdigit()


def _cleaned(text: str, region: str | None) -> str | None:
    """The number in E.164 where the clean policy reads the text in the plainest way; None when it takes a second look."""
    # A dot near the end may be a spreadsheet's, and not the punctuation of a phone number.
    if len(text) > LONGEST_TEXT or "." in text[-3:]:
        return None
    dialed = text.translate(WITHOUT_PUNCTUATION)
    if not dialed.isascii():
        return None
    if dialed[:1] == "+":
        return dialed
    if not dialed.isdigit():
        return None
    rules = home(region) if region else None
    if dialed.startswith("00"):
        return None if rules is not None and rules.dials_abroad(dialed) else "+" + dialed[2:]
    return rules.in_e164(dialed) if rules is not None else None


def _strict(text: str) -> str | BadPhone:
    if _E164.fullmatch(text):
        return text
    return BadPhone(wrong_characters(text) or "not in E.164: a plus sign, the country code and digits, nothing else")


def _clean(text: str, region: str | None) -> str | BadPhone:
    """The digits as dialed from `region`, or with a plus sign."""
    problem = wrong_characters(text)
    if problem is not None:
        return BadPhone(problem)
    if not CLEANABLE.fullmatch(text):
        return BadPhone("not a phone number: a plus sign stands only in front")
    dialed = _compact(text, region)
    if not dialed.startswith("+") and region is None:
        return BadPhone("no country code, and the list has no default region")
    return dialed


@lru_cache(maxsize=16)
def _verdicts(allowed: Allowed) -> PrefixVerdicts[_Where | BadPhone]:
    # `_judge` looks at nothing but what PrefixVerdicts allows.
    return PrefixVerdicts(partial(_verdict, allowed), (*_FICTION_BEGINS, *REGION_BEGINS))


def _verdict(allowed: Allowed, e164: str) -> _Where | BadPhone | None:
    """The zones and region of a number that may be dialed, or why it may not; None when it is read as another number, or when all
    of its digits decide.
    """
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return None
    if _in_e164(number) != e164:
        return None
    if NumberKind.SHORT in allowed.kinds and phonenumbers.number_type(number) == PhoneNumberType.UNKNOWN:
        return None
    found = _judge(number, e164, allowed)
    return (found.zones, found.region) if isinstance(found, Phone) else found


def _in_e164(number: PhoneNumber) -> str:
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"


def _judge(number: PhoneNumber, e164: str, allowed: Allowed) -> Phone | BadPhone:
    if number.country_code in _NO_COUNTRY:
        return BadPhone("a satellite or international network number, of no country")
    kind = phonenumbers.number_type(number)
    if kind not in _DIALABLE and not (kind == PhoneNumberType.UNKNOWN and _FICTION.fullmatch(e164)):
        refused = _special(number, KINDS.get(kind), allowed)
        if refused is not None:
            return BadPhone(refused)
    region = region_of_number(e164)
    if allowed.countries:
        elsewhere = allowed.elsewhere(region.partition("-")[0] or country_of(number))
        if elsewhere is not None:
            return BadPhone(elsewhere)
    return Phone(e164, _zones(number, kind, e164), region)


def _special(number: PhoneNumber, kind: NumberKind | None, allowed: Allowed) -> str | None:
    """Why a number that is no ordinary one is refused; `kind` None means: of a kind that depends on all its digits."""
    if kind is None:
        if NumberKind.SHORT not in allowed.kinds or not is_short(number):
            return _unused(number)
        return "an emergency number: never dialed" if is_emergency(number) else None
    if kind in allowed.kinds:
        return None
    return f"{_REFUSED[kind]}: not dialed unless the list allows {kind}"


def _zones(number: PhoneNumber, kind: int, e164: str) -> tuple[str, ...]:
    """As phonenumbers.timezone, without its second look at the number's type, which costs as much as the first."""
    geographic = phonenumbers.is_number_type_geographical(kind, number.country_code or 0)
    digits = e164[1:] if geographic else str(number.country_code)
    for length in range(min(TIMEZONE_LONGEST_PREFIX, len(digits)), 0, -1):
        zones = TIMEZONE_DATA.get(digits[:length])
        if zones is not None:
            return tuple(zone for zone in zones if zone != "Etc/Unknown")
    return ()


def _compact(text: str, region: str | None) -> str:
    """The digits as dialed, with the international prefix 00 as a plus sign.

    In a region that dials abroad by another prefix that also begins with 00 (Australia's 0011), that one is left to
    the library.
    """
    digits = _NOT_DIGITS.sub("", text)
    if "+" in text:
        return "+" + digits
    if digits.startswith("00"):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region) if region else None
        own = metadata.international_prefix if metadata else None
        if own is None or not re.match(own, digits):
            return "+" + digits[2:]
    return digits


def _unreadable(error: NumberParseException) -> str:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return "no country has this country code"
    if error.error_type == NumberParseException.TOO_LONG:
        return "too long for a phone number"
    return "too short for a phone number"


def _unused(number: PhoneNumber) -> str:
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.TOO_SHORT:
        return f"too short for country code +{number.country_code}; short and emergency numbers are not dialed"
    if possible == ValidationResult.TOO_LONG:
        return f"too long for country code +{number.country_code}"
    if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return "a short number, or a local one without its area code"
    return f"not in a range that is in use in country code +{number.country_code}"
