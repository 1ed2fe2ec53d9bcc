from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.callerid import Pool, Strategy, Uses, choose

NEW_YORK, OTHER_NEW_YORK, CHICAGO, LONDON = "+12125550100", "+12125550101", "+13125550100", "+442079460123"
NUMBERS = (NEW_YORK, CHICAGO, LONDON)
SOMEBODY = "+12125550199"


def chosen(pool, phones):
    """What each of these sees, one call after the other."""
    last, when, seen = None, {}, []
    for turn, phone in enumerate(phones):
        last = choose(pool, phone, Uses(last, when))
        when[last] = turn
        seen.append(last)
    return seen


def test_numbers_take_turns_in_the_order_given():
    assert chosen(Pool(NUMBERS), [SOMEBODY] * 4) == [NEW_YORK, CHICAGO, LONDON, NEW_YORK]


def test_turns_go_on_behind_the_number_that_was_used_last():
    assert choose(Pool(NUMBERS), SOMEBODY, Uses(last=CHICAGO)) == LONDON


def test_a_last_number_that_is_not_in_the_pool_any_more_begins_the_turns_anew():
    assert choose(Pool(NUMBERS), SOMEBODY, Uses(last=OTHER_NEW_YORK)) == NEW_YORK


@given(st.integers(1, 200))
def test_turns_are_even(calls):
    used = Counter(chosen(Pool(NUMBERS), [SOMEBODY] * calls))
    assert max(used.values()) - min(used[number] for number in NUMBERS) <= 1


def test_the_least_recently_used_number_is_the_one_that_rested_longest_whoever_used_it():
    pool = Pool(NUMBERS, Strategy.LEAST_RECENTLY_USED)
    assert choose(pool, SOMEBODY, Uses(when={NEW_YORK: 3, CHICAGO: 9, LONDON: 5})) == NEW_YORK
    assert choose(pool, SOMEBODY, Uses(when={NEW_YORK: -3, CHICAGO: 9})) == LONDON


@pytest.mark.parametrize(
    ("phone", "sees"),
    [
        ("+12125550199", {NEW_YORK, OTHER_NEW_YORK}),
        ("+13125550199", {CHICAGO}),
        ("+442079460999", {LONDON}),
        # No number of that area: of the same country.
        ("+14155550199", {NEW_YORK, OTHER_NEW_YORK, CHICAGO}),
        ("+441614960999", {LONDON}),
        # No number of that country: any.
        ("+4930123456", {NEW_YORK, OTHER_NEW_YORK, CHICAGO, LONDON}),
    ],
)
def test_the_called_party_sees_a_number_of_its_area_or_its_country(phone, sees):
    pool = Pool((NEW_YORK, OTHER_NEW_YORK, CHICAGO, LONDON), Strategy.SAME_AREA_CODE)
    assert set(chosen(pool, [phone] * 8)) == sees


@pytest.mark.parametrize("strategy", list(Strategy))
def test_who_is_called_again_sees_the_same_number_if_that_is_asked(strategy):
    sticky, other = Pool(NUMBERS, strategy, sticky=True), Pool(NUMBERS, strategy)
    uses = Uses(last=LONDON, when={LONDON: 9, CHICAGO: 8})
    assert choose(sticky, SOMEBODY, uses, seen=LONDON) == LONDON
    assert choose(other, SOMEBODY, uses, seen=LONDON) == NEW_YORK
    assert choose(sticky, SOMEBODY, uses, seen="+12125550177") == NEW_YORK


@given(
    st.sampled_from(list(Strategy)),
    st.sampled_from(["+12125550199", "+4930123456"]),
    st.booleans(),
    st.none() | st.sampled_from(NUMBERS),
    st.dictionaries(st.sampled_from(NUMBERS), st.integers(-5, 5)),
    st.none() | st.sampled_from([*NUMBERS, SOMEBODY]),
)
def test_what_is_chosen_is_always_of_the_pool(strategy, phone, sticky, last, when, seen):
    assert choose(Pool(NUMBERS, strategy, sticky), phone, Uses(last, when), seen) in NUMBERS


@pytest.mark.parametrize("numbers", [(), (CHICAGO, CHICAGO)])
def test_a_pool_has_a_number_and_each_once(numbers):
    with pytest.raises(ValueError, match="at least one"):
        Pool(numbers)
