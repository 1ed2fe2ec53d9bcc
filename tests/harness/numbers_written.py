"""Numbers of every country as people write them, and whether the short cut reads each as the library does."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

from dialerd.domain.allowed import EVERY_NUMBER, ORDINARY, Allowed, NumberKind
from dialerd.domain.phone import NumberRules, PhonePolicy, phone_reader, read_by_library

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]
PUNCTUATION = ["", "", "", " ", "-", ".", "(", ")", "\u00a0"]
ALLOWED = (
    ORDINARY,
    Allowed(frozenset({NumberKind.TOLL_FREE, NumberKind.PREMIUM})),
    Allowed(countries=frozenset({"US", "GB", "DE", "RU"})),
    EVERY_NUMBER,
)


def nationals(region: str, chance: random.Random) -> str:
    """A national number of the region: an example of some type, mostly with a few digits changed, or any digits."""
    example = phonenumbers.example_number_for_type(region, chance.choice(KINDS))
    if example is None or chance.random() < 0.15:
        return "".join(chance.choices("0123456789", k=chance.randint(3, 13)))
    digits = list(phonenumbers.national_significant_number(example))
    for _ in range(chance.choice([0, 1, 2, 3, 8])):
        digits[chance.randrange(len(digits))] = chance.choice("0123456789")
    if chance.random() < 0.1:
        digits[chance.randrange(len(digits)) :] = chance.choices("0123456789", k=chance.randint(0, 4))
    return "".join(digits)


def written(national: str, region: str, chance: random.Random) -> str:
    """The number as somebody would write it, at home or abroad, with and without mistakes."""
    metadata = PhoneMetadata.metadata_for_region(region)
    code, prefix = str(metadata.country_code), metadata.national_prefix or "0"
    begin = chance.choice(
        ["+" + code, "+" + code, "", "", prefix, code, "00" + code, "011" + code, "+" + code + prefix]
    )
    digits = begin + national
    if chance.random() < 0.4:
        return digits
    return "".join(digit + chance.choice(PUNCTUATION) for digit in digits)


def texts(seed: int, count: int) -> Iterator[tuple[str, NumberRules]]:
    """`count` numbers of each region, made from the seed, each to be read by both policies: twice as many as that."""
    chance = random.Random(seed)
    for region in REGIONS:
        for _ in range(count):
            text = written(nationals(region, chance), region, chance)
            home = region if chance.random() < 0.9 else chance.choice(REGIONS)
            allowed = chance.choice(ALLOWED)
            for policy in PhonePolicy:
                yield text, NumberRules(policy, home, allowed)


def differing(seed: int, count: int) -> Iterator[tuple[str, NumberRules]]:
    """Those of the texts that the short cut and the library read differently."""
    for text, rules in texts(seed, count):
        if phone_reader(rules)(text) != read_by_library(text, rules.policy, rules.region, rules.allowed):
            yield text, rules
