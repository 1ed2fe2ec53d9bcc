"""The engines of one database as each of them sees the others: who has which part of a pace, and from when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.engine.crew import APART_SECONDS, LEASE_SECONDS, WINDOW_SECONDS, Crew
from dialerd.store.nodes import NodeRecord
from harness.crews import PACE, TICKS, Play
from harness.world import NOW

WITHIN_SECONDS = 5.0
LOOK_SECONDS = 0.7


@pytest.fixture
def two():
    """Engines a and b, who have shared twenty calls per second for a while."""
    play = Play(20)
    play.come("a")
    play.come("b")
    play.run(WITHIN_SECONDS)
    assert (play.rate("a"), play.rate("b")) == (10, 10)
    return play


def why(play, name):
    return play.players[name].crew.share(PACE, play.pace, play.now).why


def test_an_engine_alone_has_the_whole_pace_as_soon_as_it_has_said_that_it_wants_it():
    play = Play(20)
    play.come("a")
    assert play.players["a"].crew.obstacle(play.now)
    assert why(play, "a") == "it is being made known to the other engines"
    play.run(0.15)
    assert play.rate("a") == 20


def test_on_a_database_of_one_engine_everything_is_its_own_and_nothing_is_waited_for():
    crew = Crew("a", single=True)
    assert crew.obstacle(99.0) is None
    assert crew.share(PACE, 0.3, 99.0).calls_per_second == 0.3
    assert not crew.in_haste


def test_a_newcomer_waits_until_the_others_must_have_made_room_and_they_make_it_at_once(two):
    two.come("c")
    two.run(LOOK_SECONDS)
    assert (two.rate("a"), two.rate("b"), two.rate("c")) == (7, 7, 0)
    assert why(two, "c") == "the other engines make room for this one"
    two.run(APART_SECONDS - 2 * LOOK_SECONDS)
    assert two.rate("c") == 0
    two.run(2 * LOOK_SECONDS)
    assert two.rate("c") == 6


def test_a_killed_engines_part_goes_to_the_other_when_none_of_its_calls_can_count_any_more(two):
    two.kill("b")
    two.run(APART_SECONDS - LOOK_SECONDS)
    assert two.rate("a") == 10
    two.run(2 * LOOK_SECONDS)
    assert two.rate("a") == 20


def test_an_engine_that_leaves_is_waited_for_no_longer_than_its_last_second(two):
    two.leave("b")
    two.run(WINDOW_SECONDS - 0.05)
    assert two.rate("a") == 10
    two.run(LOOK_SECONDS)
    assert two.rate("a") == 20


def test_an_engine_that_wants_no_part_any_more_is_waited_for_no_longer_either(two):
    two.players["b"].crew.ask([], two.now)
    two.run(WINDOW_SECONDS - 0.05)
    assert two.rate("a") == 10
    two.run(2 * LOOK_SECONDS)
    assert (two.rate("a"), two.rate("b")) == (20, 0)


def test_who_comes_just_when_another_leaves_waits_until_that_ones_last_calls_count_no_more():
    play = Play(20)
    play.come("a")
    play.run(1.0)
    play.leave("a")
    play.come("b")
    play.run(WINDOW_SECONDS - 0.05)
    assert play.rate("b") == 0
    play.run(2 * LOOK_SECONDS)
    assert play.rate("b") == 20


def test_a_new_life_of_an_engine_asks_for_what_the_last_one_had_until_that_ones_calls_count_no_more():
    play = Play(20)
    play.come("a")
    play.run(1.0)
    play.kill("a")
    play.come("a")
    play.players["a"].crew.ask([], play.now)
    play.come("b")
    play.run(WINDOW_SECONDS - 0.05)
    assert play.rate("b") == 0
    play.run(2 * LOOK_SECONDS)
    assert play.rate("b") == 20


def test_an_engine_that_cannot_reach_the_database_stops_and_then_comes_back_like_a_newcomer(two):
    two.players["b"].cut_off = two.step + 10 * TICKS
    two.run(LEASE_SECONDS + LOOK_SECONDS)
    assert (two.rate("a"), two.rate("b")) == (10, 0)
    assert "the database has not answered for 2.25 s" in two.players["b"].crew.obstacle(two.now)
    two.run(9.9 - LEASE_SECONDS - LOOK_SECONDS)
    assert (two.rate("a"), two.rate("b")) == (20, 0)
    two.run(0.3)
    assert two.rate("b") == 0
    assert why(two, "b") == "the other engines make room for this one"
    two.run(WITHIN_SECONDS)
    assert (two.rate("a"), two.rate("b")) == (10, 10)


def test_an_engine_that_was_frozen_and_wakes_up_may_send_nothing_before_it_has_looked(two):
    two.players["b"].frozen = two.step + 5 * TICKS
    two.run(5.0 - 0.05)
    assert two.rate("a") == 20
    two.players["b"].frozen = 0
    assert two.rate("b") == 0


def test_where_the_pace_is_too_small_for_all_the_last_ones_have_none_and_say_so():
    play = Play(0.5)
    play.come("a")
    play.come("b")
    play.run(WITHIN_SECONDS)
    assert (play.rate("a"), play.rate("b")) == (0.5, 0)
    assert why(play, "b") == "other engines have its whole pace, which leaves none for engine b"
    play.kill("a")
    play.run(WITHIN_SECONDS)
    assert play.rate("b") == 0.5


def test_the_row_of_an_engine_that_died_long_ago_shares_nothing():
    play = Play(20)
    play.come("b")
    play.run(1.0)
    play.kill("b")
    play.run(APART_SECONDS + 1.0)
    play.come("a")
    play.run(0.15)
    assert play.rate("a") == 20


def test_an_engine_that_renews_its_row_just_behind_anothers_look_is_not_taken_for_gone():
    east, west = Crew("east"), Crew("west")
    signs = {"east": 0.0, "west": 0.0}

    def look(crew, name, began, ended):
        rows = [
            NodeRecord(node, "1", 1, "host", "1", NOW, NOW + timedelta(seconds=sign), {}, frozenset([PACE]))
            for node, sign in signs.items()
        ]
        crew.looked(crew.asked, rows, began, ended)
        signs[name] = ended

    for crew in (east, west):
        crew.ask([PACE], 0.0)
    for tenths in range(100):
        for name, crew in (("east", east), ("west", west)):
            look(crew, name, tenths / 10, tenths / 10)
    # From 9.9 on the database is slow: west sees nothing new, and a moment later east is told that its row is renewed.
    late = 9.9 + LEASE_SECONDS
    look(west, "west", late - 0.1, late - 0.1)
    look(east, "east", late - 0.2, late - 0.05)

    for hundredths in range(300):
        now = late + hundredths / 100
        shares = [0.0 if crew.obstacle(now) else crew.share(PACE, 1.0, now).calls_per_second for crew in (east, west)]
        assert sum(shares) <= 1.0, (now, shares)


@pytest.mark.parametrize("jump", [7200.0, -7200.0])
def test_a_database_whose_clock_jumps_makes_nobody_think_that_another_is_gone(two, jump):
    two.clock_off = jump
    for _ in range(round(WITHIN_SECONDS * TICKS)):
        two.run(0.05)
        assert (two.rate("a"), two.rate("b")) == (10, 10)


@settings(max_examples=100)
@given(st.sampled_from([0.5, 1, 2, 7, 10.5, 20]), st.integers(0, 2**32), st.data())
def test_whatever_happens_to_engines_they_never_have_more_than_the_pace_and_soon_have_all_of_it(pace, seed, data):
    play = Play(pace, seed=seed)
    names = "abcd"
    for _ in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from(names))
        if name not in play.players:
            play.come(name)
        else:
            happen(play, name, data.draw(st.sampled_from(["kill", "leave", "freeze", "cut off", "no part", "a part"])))
        play.run(data.draw(st.floats(0.05, 6.0)))
    if not play.players:
        play.come("a")
    for player in play.players.values():
        player.frozen = player.cut_off = 0
        player.crew.ask([PACE], play.now)
    play.run(2 * WITHIN_SECONDS)
    assert play.total() == pytest.approx(pace)
    if len(play.players) > 1:
        play.kill(min(play.players))
        # Their looks take up to two seconds each here.
        play.run(WITHIN_SECONDS + 2.0)
        assert play.total() == pytest.approx(pace)


def happen(play, name, what):
    player = play.players[name]
    match what:
        case "kill":
            play.kill(name)
        case "leave":
            play.leave(name)
        case "freeze":
            player.frozen = play.step + play.random.randint(1, 8 * TICKS)
        case "cut off":
            player.cut_off = play.step + play.random.randint(1, 8 * TICKS)
        case "no part":
            player.crew.ask([], play.now)
        case _:
            player.crew.ask([PACE], play.now)
