from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.parts import part

totals = st.one_of(st.floats(0.01, 1000), st.integers(1, 1000).map(float))
sharers = st.integers(1, 40)


def parts(total, sharers):
    return [part(total, sharers, place) for place in range(sharers)]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (20, [20]),
        (20, [10, 10]),
        (20, [7, 7, 6]),
        (2, [1, 1, 0]),
        (1, [1, 0]),
        (0.5, [0.5, 0, 0]),
        (7.25, [3.25, 2, 2]),
    ],
)
def test_a_pace_is_shared_in_whole_calls_and_the_first_has_what_is_none(total, expected):
    assert parts(total, len(expected)) == expected


@given(totals, sharers)
def test_the_parts_add_up_to_the_total(total, sharers):
    assert sum(parts(total, sharers)) == pytest.approx(total)


@given(totals, sharers)
def test_no_second_of_all_together_holds_more_calls_than_one_of_the_total(total, sharers):
    assert sum(math.ceil(one) for one in parts(total, sharers)) == math.ceil(total)


@given(totals, sharers)
def test_the_parts_differ_by_a_call_and_what_is_none_at_most(total, sharers):
    each = [math.floor(one) for one in parts(total, sharers)]
    assert max(each) - min(each) <= 1
    assert each == sorted(each, reverse=True)


@given(totals, sharers, st.data())
def test_one_more_makes_nobodys_part_larger_wherever_it_stands(total, sharers, data):
    newcomer = data.draw(st.integers(0, sharers))
    for place in range(sharers):
        after = part(total, sharers + 1, place + (newcomer <= place))
        assert after <= part(total, sharers, place)


@pytest.mark.parametrize(("sharers", "place"), [(0, 0), (2, 2), (2, -1)])
def test_who_is_not_among_them_has_no_part(sharers, place):
    with pytest.raises(ValueError, match="no place"):
        part(10, sharers, place)
