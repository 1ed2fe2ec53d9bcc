"""Do-not-call: numbers, and beginnings of numbers, that must not be dialed, for all campaigns or for one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import phonenumbers

from dialerd.domain.allowed import EVERY_NUMBER
from dialerd.domain.phone import BadPhone, PhonePolicy, read_phone

ON_DNC = "on do-not-call"
"""Why a lead is closed whose number an entry without an end covers. Such leads come back when the entry is removed."""

_SHORTEST, LONGEST = 2, 16
"""Characters of a prefix and of a number, the plus sign among them."""
_PUNCTUATION = re.compile(r"[ ().\-\u00a0\u2010-\u2015]")
_FOREVER = datetime.max.replace(tzinfo=UTC)


class Kind(StrEnum):
    """EXACT covers one number, PREFIX all numbers that begin so."""

    EXACT = "exact"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is not to be called: `number` is E.164, or how E.164 numbers begin. `campaign` None: by no campaign.
    `expires_at` is the first instant at which it does not hold any more; None: it holds until it is removed.
    """

    number: str
    kind: Kind
    campaign: str | None
    expires_at: datetime | None
    source: str
    reason: str
    added_at: datetime
    added_by: str

    def holds(self, now: datetime) -> bool:
        """It has not expired."""
        return self.expires_at is None or now < self.expires_at

    def stops(self, phone: str, campaign: str | None, now: datetime) -> bool:
        """The campaign may not call the number now; None stands for a campaign nobody knows yet."""
        fits = phone == self.number or (self.kind is Kind.PREFIX and phone.startswith(self.number))
        return fits and self.campaign in (None, campaign) and self.holds(now)

    def outlasts(self, other: Entry) -> bool:
        """It holds longer than the other one."""
        return (self.expires_at or _FOREVER) > (other.expires_at or _FOREVER)


def stopping(entries: Iterable[Entry], phone: str, campaign: str | None, now: datetime) -> Entry | None:
    """The entry that keeps the campaign from calling the number for longest; None when none does."""
    found = [entry for entry in entries if entry.stops(phone, campaign, now)]
    return max(found, key=lambda entry: entry.expires_at or _FOREVER, default=None)


def beginnings(phone: str) -> list[str]:
    """Every prefix that may cover the number, the number itself last."""
    return [phone[:length] for length in range(_SHORTEST, len(phone) + 1)]


def read_number(text: str, kind: Kind, region: str | None) -> str | BadPhone:
    """What an entry of this kind is about, read as numbers of lists are; `region` is where national forms are at home."""
    if kind is Kind.PREFIX:
        return _read_prefix(text, region)
    phone = read_phone(text, PhonePolicy.CLEAN, region, EVERY_NUMBER)
    return phone if isinstance(phone, BadPhone) else phone.e164


def _read_prefix(text: str, region: str | None) -> str | BadPhone:
    digits = _PUNCTUATION.sub("", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return BadPhone("a prefix is a plus sign, the country code and digits, such as +1415")
    if not digits.startswith("+"):
        if region is None:
            return BadPhone(f"has no country code: write it with a plus sign, like +1{digits}, or say its region")
        trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
        digits = f"+{phonenumbers.country_code_for_region(region)}{digits.removeprefix(trunk)}"
    if len(digits) > LONGEST:
        return BadPhone("too long for a phone number")
    if not any(digits[1:end] in _COUNTRY_CODES for end in range(2, 5)):
        return BadPhone("no country has this country code")
    return digits


_COUNTRY_CODES = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
