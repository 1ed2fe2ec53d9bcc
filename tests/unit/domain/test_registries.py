"""Copies of do-not-call registries: whether a campaign may dial by them."""

from datetime import UTC, datetime, timedelta

from dialerd.domain.compliance import Compliance, Purpose, Rule
from dialerd.domain.registries import Registry, judge_copies, too_old_at
from dialerd.domain.verdicts import YES
from dialerd.settings.profiles import shipped

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def held_to(*names, purpose=Purpose.SALE, own=Rule()):  # noqa: B008 - frozen
    return Compliance(tuple(map(shipped, names)), purpose, own)


NATIONAL = Registry("us-national", 31 * DAY)


def test_a_copy_is_good_up_to_its_last_instant_and_not_after_it():
    copied = {"us-national": NOW - 31 * DAY}
    assert judge_copies([NATIONAL], copied, NOW) == YES
    assert too_old_at([NATIONAL], copied) == NOW
    assert judge_copies([NATIONAL], copied, NOW + SECOND).reason == (
        "the copy of the do-not-call registry us-national of 2026-10-25 is 31 days old, 31 days at most: "
        "dialerd dnc import FILE --registry us-national"
    )


def test_without_a_copy_nobody_is_called_and_it_says_how_to_get_one():
    assert judge_copies([NATIONAL], {"other": NOW}, NOW).reason == (
        "no copy of the do-not-call registry us-national was imported: dialerd dnc import FILE --registry us-national"
    )
    assert too_old_at([NATIONAL], {}) is None
    assert too_old_at([], {}) is None


def test_who_is_held_to_several_registries_needs_a_copy_of_each():
    both = [NATIONAL, Registry("ca-national", 31 * DAY)]
    assert judge_copies(both, {"us-national": NOW, "ca-national": NOW}, NOW) == YES
    assert "ca-national" in judge_copies(both, {"us-national": NOW}, NOW).reason


def test_the_registries_of_the_united_states_and_canada_are_asked_for_sales_with_copies_of_31_days():
    assert held_to("us-federal", "ca").registries == (NATIONAL, Registry("ca-national", 31 * DAY))
    assert held_to("us-federal", purpose=Purpose.COLLECTION).registries == ()
    assert held_to("us-default").registries == ()


def test_of_two_ages_the_lesser_counts():
    own = Rule(registries=(Registry("us-national", 7 * DAY),))
    assert held_to("us-federal", own=own).registries == (Registry("us-national", 7 * DAY),)
    assert Compliance(own=own).registries == own.registries
