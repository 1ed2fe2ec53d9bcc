"""Which copies of do-not-call registries are noted, and for whom they hold."""

from datetime import timedelta

from dialerd.store import dnc_copies
from dialerd.store.dnc_copies import RegistryCopy
from harness.world import CAMPAIGN, NOW

DAY = timedelta(days=1)


def copy(days_old, *, campaign=None, registry="us-national"):
    return RegistryCopy(registry, campaign, NOW - days_old * DAY, NOW, "the tests", "copy.csv", 7)


def keep(world, *copies):
    return world.write(lambda conn: [dnc_copies.keep(conn, each) for each in copies])


def newest(world, campaign=CAMPAIGN):
    return world.read(lambda conn: dnc_copies.newest(conn, campaign))


def test_the_newest_copy_counts_whichever_is_imported_last(world):
    assert keep(world, copy(10), copy(3), copy(5), copy(3)) == [True, True, False, True]
    assert newest(world) == {"us-national": NOW - 3 * DAY}
    assert world.read(dnc_copies.all) == [copy(3)]


def test_a_copy_for_one_campaign_holds_for_that_one_only(world):
    keep(world, copy(20), copy(1, campaign=CAMPAIGN), copy(2, registry="ca-national", campaign="autumn"))
    assert newest(world) == {"us-national": NOW - DAY}
    assert newest(world, "autumn") == {"us-national": NOW - 20 * DAY, "ca-national": NOW - 2 * DAY}


def test_without_copies_there_is_nothing(world):
    assert (newest(world), world.read(dnc_copies.all)) == ({}, [])
