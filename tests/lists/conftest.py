"""What the tests of lists and leads have in common: a time that moves only when told, and leads that were called."""

import itertools
from datetime import timedelta

import pytest

from dialerd.domain.dispositions import SYSTEM
from dialerd.store import audit, lists, selection
from dialerd.store.database import Database
from harness.office import Office
from harness.world import NOW, World, lead, phones

HOUR = timedelta(hours=1)
JANE, SIAN, BOB = phones(3)


class Desk:
    """The world of the store, and what its calls made of its leads. `now` is the clock of the services."""

    def __init__(self, world):
        self.world = world
        self.database = world.database
        self.now = NOW
        self.words = {"actor": "the tests"}
        self._numbers = itertools.count(1)

    def next(self):
        """Another number each time."""
        return next(self._numbers)

    def clock(self):
        return self.now

    def called(self, disposition, count=1, *, now=None, due=None, closed=None, **request):
        """Claims so many leads, calls them, and writes down that it ended so. Returns their ids."""
        at = now or self.now
        claimed = self.world.claim(count, now=max(at, self.now), **request)
        assert len(claimed) == count
        self.world.send(*claimed)
        flags = SYSTEM[disposition]
        for call in claimed:
            self.world.end(call.attempt_id, disposition, now=at)
            why = closed or (f"{disposition} is final" if flags.final else None)
            lead = self.world.lead(call.lead_id)
            self.world.recycle(
                call.lead_id,
                disposition=disposition,
                counted=lead.attempts + flags.counts,
                due=None if why else due or max(at, self.now) + HOUR,
                closed=why,
                now=at,
            )
        return [call.lead_id for call in claimed]

    def phones(self, list_name, *, live=True):
        """The numbers of the list's current version, in its order."""

        def look(conn):
            list_id = lists.require(conn, list_name).list_id
            return selection.page(conn, selection.live(list_id), 0, 100_000)

        return [self.world.lead(lead_id).phone for lead_id in self.world.read(look)]

    def audit(self, action):
        entries = self.world.read(lambda conn: audit.page(conn, limit=1000))
        return [entry for entry in entries if entry.action == action]


@pytest.fixture
def desk(world):
    return Desk(world)


@pytest.fixture
def sqlite_desk(sqlite_url):
    """A desk on SQLite only, for tests that go through many examples."""
    database = Database(sqlite_url)
    yield Desk(World(database))
    database.close()


@pytest.fixture
def people(desk):
    desk.world.add_list(
        [
            lead(JANE, first_name="Jane", last_name="Smith", city="São Paulo"),
            lead(SIAN, first_name="Siân", last_name="Évans"),
            lead(BOB, first_name="Bob", note='says "100%_!"'),
        ]
    )
    desk.world.add_list([lead("+442079460001", first_name="Jane", last_name="Doe")], name="second", campaign=None)
    return desk


@pytest.fixture
def office(desk):
    desk.world.campaign("autumn")
    return Office(desk)
