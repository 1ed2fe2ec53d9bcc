"""Whatever is added to do-not-call and removed, leads stand as its entries say."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text

from dialerd.domain.dnc import ON_DNC, Kind, stopping
from dialerd.store.types import UtcDateTime
from harness.brute import counted, tallied
from harness.office import entry
from harness.world import CAMPAIGN, NOW, phones

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_added_and_removed_each_lead_stands_as_its_entries_say(office, seed):
    chance = random.Random(seed)
    numbers = phones(40)
    lists = {name: office.world.add_list(numbers, name=name, campaign=home) for name, home in LISTS.items()}
    before = {}
    for lead in office.world.leads():
        due = NOW + chance.randint(-9, 9) * HOUR
        closed = chance.choice([None, None, None, "answered is final", "closed by hand"])
        before[lead.lead_id] = (closed, None if closed else due)
        values = {"due": None if closed else due, "closed": closed, "id": lead.lead_id}
        office.world.write(lambda conn, values=values: conn.execute(SET, values))
    entries = {}
    for _ in range(60):
        change(office, chance, numbers, entries)
        for lead in office.world.leads():
            closed, due = before[lead.lead_id]
            stop = stopping(entries.values(), lead.phone, LISTS[lead.list_name], NOW)
            if closed is None and stop is not None:
                closed, due = (ON_DNC, None) if stop.expires_at is None else (None, max(due, stop.expires_at))
            assert (lead.closed, lead.due_at) == (closed, due), (lead, stop)
    assert tallied(office.database, list(lists.values()), NOW) == counted(office.database, list(lists.values()), NOW)


LISTS = {"first": CAMPAIGN, "second": "autumn", "third": None}
SET = text("UPDATE leads SET due_at = :due, closed = :closed WHERE id = :id").bindparams(
    bindparam("due", type_=UtcDateTime)
)


def change(office, chance, numbers, entries):
    """Adds or removes an entry, also in `entries`."""
    if entries and chance.random() < 0.4:
        number, kind, campaign = chance.choice(list(entries))
        office.remove(number, prefix=kind is Kind.PREFIX, campaign=campaign)
        del entries[number, kind, campaign]
        return
    kind = chance.choice([Kind.EXACT, Kind.EXACT, Kind.PREFIX])
    number = chance.choice(numbers)
    number = number if kind is Kind.EXACT else number[: chance.randint(9, 12)]
    campaign = chance.choice([None, CAMPAIGN, "autumn"])
    expires_at = chance.choice([None, NOW + chance.randint(1, 9) * HOUR])
    office.add(number, prefix=kind is Kind.PREFIX, campaign=campaign, expires_at=expires_at)
    key, new = (number, kind, campaign), entry(number, kind, campaign, expires_at)
    if key not in entries or new.outlasts(entries[key]):
        entries[key] = new
