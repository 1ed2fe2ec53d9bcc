"""The short cut through the numbering plans says what the library says, for every country and every way of writing."""

import random
import time
from datetime import UTC, datetime

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from dialerd.domain.digits import Automaton, Unsupported
from dialerd.domain.numbering import Plan
from dialerd.domain.phone import NumberRules, Phone, PhonePolicy, phone_reader, read_by_library, read_phone
from dialerd.domain.prefixes import PrefixVerdicts
from harness.numbers_written import REGIONS, differing

PARTS = 4
COUNT = 105
"""Numbers of each region in each part: 206,000 verdicts in all. `make bench ONLY=numbers` compares millions."""


# Four tests, for as many cores; other numbers every day.
@pytest.mark.parametrize("part", range(PARTS))
def test_numbers_of_every_region_in_every_form_get_the_library_s_verdict(part):
    seed = datetime.now(UTC).date().toordinal() * PARTS + part
    assert len(REGIONS) * COUNT * 2 * PARTS >= 200_000
    assert list(differing(seed, COUNT)) == [], f"seed {seed}"


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

    def seconds(read, some):
        started = time.process_time()
        assert all(isinstance(read(text), Phone) for text in some if "555" not in text)
        return (time.process_time() - started) / len(some)

    quick = phone_reader(NumberRules())
    seconds(quick, texts)
    library = seconds(lambda text: read_by_library(text, PhonePolicy.STRICT, None), texts[:1000])
    assert seconds(quick, texts) < library / 10


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
