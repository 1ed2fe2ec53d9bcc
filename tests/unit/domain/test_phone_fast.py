"""The short cut through the numbering plans says what the library says, for every country and every way of writing."""

import random
import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumberType

from dialerd.domain.digits import Automaton, Unsupported
from dialerd.domain.numbering import Plan
from dialerd.domain.phone import Phone, PhonePolicy, read_by_library, read_phone
from dialerd.domain.prefixes import PrefixVerdicts

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = [kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN]
PUNCTUATION = ["", "", "", " ", "-", ".", "(", ")", "\u00a0"]


def nationals(region, chance):
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


def written(national, region, chance):
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


def differing(seed, count):
    """Texts read differently by the short cut and by the library, of `count` made from the seed for each region."""
    chance = random.Random(seed)
    for region in REGIONS:
        for _ in range(count):
            text = written(nationals(region, chance), region, chance)
            home = region if chance.random() < 0.9 else chance.choice(REGIONS)
            for policy in PhonePolicy:
                if read_phone(text, policy, home) != read_by_library(text, policy, home):
                    yield text, policy, home


# Four tests, for as many cores; other seeds were run by the million.
@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_every_region_in_every_form_get_the_library_s_verdict(seed):
    assert list(differing(seed, 60)) == []


@given(st.from_regex(r"\+?[1-9][0-9]{5,15}", fullmatch=True), st.sampled_from(REGIONS), st.sampled_from(PhonePolicy))
def test_any_digits_get_the_library_s_verdict(text, region, policy):
    assert read_phone(text, policy, region) == read_by_library(text, policy, region)


@given(st.text("+0123456789 ().-\u2013eE,x\u0661", max_size=18), st.sampled_from([None, "US", "GB", "AR", "XX"]))
def test_any_text_gets_the_library_s_verdict(text, region):
    for policy in PhonePolicy:
        assert read_phone(text, policy, region) == read_by_library(text, policy, region)


def test_most_numbers_of_most_countries_take_the_short_cut():
    chance, asked = random.Random(5), 0

    def judge(number):
        return number

    for region in REGIONS:
        verdicts = PrefixVerdicts(judge, ())
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if example is not None:
            digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[:-2]
            asked += verdicts.of(digits + str(chance.randrange(10, 100))) is None
    assert asked <= 5


def test_numbers_are_read_in_a_fraction_of_the_library_s_time():
    chance = random.Random(7)
    texts = [f"+1{chance.choice((202, 212, 305, 415))}{chance.randrange(2_000_000, 9_999_999)}" for _ in range(20_000)]

    def seconds(reader, some):
        started = time.process_time()
        assert all(isinstance(reader(text, PhonePolicy.STRICT, None), Phone) for text in some if "555" not in text)
        return (time.process_time() - started) / len(some)

    seconds(read_phone, texts)
    assert seconds(read_phone, texts) < seconds(read_by_library, texts[:1000]) / 10


@pytest.mark.parametrize(
    ("pattern", "text", "fate"),
    [
        (r"[2-9]\d{2}", "2", True),
        (r"[2-9]\d{2}", "1", False),
        (r"2(?:01|1\d)", "2", None),
        (r"2(?:01|1\d)", "21", True),
        (r"2(?:0?1|1\d)", "211", True),
        (r"12?3{0,2}", "123", True),
        (r"12?3{0,2}", "1", None),
        (r"(1|2)3|45", "45", False),
    ],
)
def test_the_first_digits_tell_whether_all_none_or_some_numbers_of_three_digits_match(pattern, text, fate):
    automaton = Automaton(pattern)
    assert automaton.fate(automaton.after(text), 3 - len(text)) is fate


def test_an_expression_that_is_not_understood_is_left_to_the_library():
    for pattern in ("1+", "1*", "(?=1)", "[^1]", "a", "(1", "1{2,}"):
        with pytest.raises(Unsupported):
            Automaton(pattern)
    with pytest.raises(Unsupported):
        Plan(881)


def test_the_memory_of_verdicts_is_bounded():
    verdicts = PrefixVerdicts(lambda number: number, (), most_nodes=50)
    chance = random.Random(3)
    for _ in range(300):
        verdicts.of(f"+44{chance.randrange(10**9, 10**10)}")
        assert len(verdicts) < 80
