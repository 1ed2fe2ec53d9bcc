from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.verdicts import Never, NoUntil, Yes
from dialerd.domain.ways import SLOT_WAIT, Traffic, Way, explain_ways, pace_kept, trunk_available

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FREE, FULL = Way("carrier", 3, 10), Way("backup", 5, 5)
SHUT = Way("carrier", 0, 10, "5 calls in a row failed", NOW + 30 * SECOND)


def traffic(*ways, calls=3, sent=(), pace=2.0):
    return Traffic(ways, calls, 10, pace, sent)


def test_one_trunk_that_is_free_is_enough():
    assert trunk_available(traffic(SHUT, FULL, FREE), NOW) == Yes()


def test_a_campaign_whose_calls_are_all_in_use_waits_for_one_to_end():
    verdict = trunk_available(traffic(FREE, calls=10), NOW)
    assert verdict == NoUntil(NOW + SLOT_WAIT, "all 10 calls of the campaign are in use")


def test_trunks_that_are_full_wait_for_a_call_to_end():
    assert trunk_available(traffic(FULL, SHUT), NOW) == NoUntil(NOW + SLOT_WAIT, "every call of backup is in use")


def test_trunks_that_are_all_left_alone_wait_for_the_next_try():
    verdict = trunk_available(traffic(SHUT), NOW)
    assert verdict == NoUntil(NOW + 30 * SECOND, "trunk carrier is left alone: 5 calls in a row failed")


def test_without_a_trunk_there_is_no_call():
    assert trunk_available(traffic(), NOW) == Never("the campaign has no trunk")


@pytest.mark.parametrize(
    ("pace", "ages", "at"),
    [
        (2.0, (), None),
        (2.0, (0.2,), None),
        (2.0, (0.4, 0.2), 0.6),
        (2.0, (1.0, 0.2), None),
        (0.5, (1.5,), 0.5),
        (0.5, (2.0,), None),
        (2.5, (0.9, 0.5), 0.1),
    ],
)
def test_the_next_call_leaves_when_a_second_holds_one_less(pace, ages, at):
    verdict = pace_kept(traffic(FREE, pace=pace, sent=[NOW - age * SECOND for age in ages]), NOW)
    assert verdict == (
        Yes() if at is None else NoUntil(NOW + at * SECOND, f"{pace:g} calls per second are on their way")
    )


def test_all_are_told_by_name_in_order():
    assert [name for name, _verdict in explain_ways(traffic(FREE), NOW)] == [
        "abandoned calls",
        "trunk available",
        "pace",
    ]
