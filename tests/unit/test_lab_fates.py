"""The mix, the deck that is dealt from it, and the table of endings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.errors import BadInput
from dialerd.lab.fates import DECK_SIZE, ENDINGS, SIP_CODES, Fate, deal, parse_mix

ROOT = Path(__file__).parents[2]
HUNDRED = 100


@st.composite
def mixes(draw) -> dict[Fate, int]:
    left, mix = HUNDRED, {}
    for fate in draw(st.lists(st.sampled_from(Fate), unique=True)):
        mix[fate] = draw(st.integers(0, left))
        left -= mix[fate]
    return mix


@given(mixes(), st.integers())
def test_each_hundred_calls_hold_the_mix_exactly_and_the_rest_is_answered(mix, seed):
    deck = deal(mix, seed)
    assert len(deck) == DECK_SIZE
    for start in range(0, DECK_SIZE, HUNDRED):
        hand = deck[start : start + HUNDRED]
        for fate in Fate:
            rest = HUNDRED - sum(mix.values()) if fate is Fate.ANSWERED else 0
            assert hand.count(fate) == mix.get(fate, 0) + rest


@given(mixes(), st.integers())
def test_the_seed_alone_decides_the_order(mix, seed):
    assert deal(mix, seed) == deal(mix, seed)


def test_another_seed_gives_another_order():
    assert deal({Fate.BUSY: 50}, 1) != deal({Fate.BUSY: 50}, 2)


@given(mixes().filter(bool))
def test_a_mix_reads_back_as_it_was_written(mix):
    assert parse_mix(", ".join(f"{fate}={percent}" for fate, percent in mix.items())) == mix


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no fate; choose from: answered, answer-stay, "),
        ("buzy=1", "'buzy' is no fate"),
        ("busy", "'busy' is not FATE=PERCENT with a whole percent from 0 to 100"),
        ("busy=", "'busy=' is not FATE=PERCENT"),
        ("busy=-1", "'busy=-1' is not FATE=PERCENT"),
        ("busy=1.5", "'busy=1.5' is not FATE=PERCENT"),
        ("busy=٣", "'busy=٣' is not FATE=PERCENT"),
        ("busy=101", "'busy=101' is not FATE=PERCENT"),
        ("busy=1,busy=2", "busy is given twice"),
        ("busy=60,rejected=41", "the percents add up to 101, the most is 100 (the rest is answered)"),
    ],
)
def test_a_mix_that_is_none_is_told_with_what_is_allowed(text, words):
    with pytest.raises(BadInput) as told:
        parse_mix(text)
    assert words in str(told.value)


def test_every_fate_can_be_asked_for_by_a_number_and_every_code_by_itself():
    assert set(ENDINGS.values()) == set(Fate)
    assert all(ENDINGS[str(code)] is fate for fate, code in SIP_CODES.items())


def test_a_call_can_be_refused_with_every_code_that_has_a_disposition_of_its_own():
    refusals = "401 403 404 407 408 410 480 483 484 485 486 488 500 501 502 503 504 600 603 604 606 607 608"
    assert set(SIP_CODES.values()) == set(map(int, refusals.split()))


def test_the_documented_table_is_the_real_one():
    rows = [line.split("|") for line in (ROOT / "docs/lab.md").read_text().splitlines()]
    documented = {row[1].strip(): row[2].strip(" `") for row in rows if len(row) == 5 and row[1].strip().isdigit()}
    assert documented == {ending: fate.value for ending, fate in ENDINGS.items()}
