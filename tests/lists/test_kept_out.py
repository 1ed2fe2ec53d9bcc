"""`list edit` says also which of the numbers that are in are dialed: it closes the door, and opens it again."""

from dataclasses import replace

from dialerd.domain.allowed import Allowed, NumberKind
from dialerd.domain.dnc import ON_DNC
from dialerd.domain.eligibility import CampaignRules, judge
from dialerd.domain.funnel import Part
from dialerd.service import lists
from dialerd.settings.values import zone
from dialerd.store import dnc, dnc_leads
from harness.office import entry
from harness.world import NOW

US, TOLL_FREE, CANADA = "+14155551234", "+18005550123", "+14165550199"
RULES = CampaignRules(max_attempts=3, zone=zone("UTC"))


def edit(office, kinds, countries=()):
    allowed = Allowed(frozenset(map(NumberKind, kinds)), frozenset(countries))
    change = lambda rules: replace(rules, allowed=allowed)  # noqa: E731 - a name for the change
    return lists.edit(office.database, "first", change=change, actor="ann", now=office.desk.now)


def claimed(office):
    return {lead.phone for lead in office.world.claim(judge=lambda lead: judge(lead, RULES, NOW), now=NOW)}


def test_an_edit_closes_the_door_and_another_one_opens_it_again(office):
    office.world.add_list([TOLL_FREE, CANADA])
    edit(office, ["toll_free"], ["US"])
    assert claimed(office) == {TOLL_FREE}
    assert office.funnel()[Part.INVALID] == 1
    view = edit(office, ["toll_free"], ["US", "CA"])
    assert view.leads.dialable == 1
    assert claimed(office) == {CANADA}
    assert office.world.read(lambda conn: dnc_leads.pending(conn, NOW)) == []


def test_who_asked_not_to_be_called_meanwhile_stays_closed(office):
    office.world.add_list([TOLL_FREE, US])
    assert claimed(office) == {US}
    office.world.write(lambda conn: dnc.add(conn, [entry(TOLL_FREE)]))
    edit(office, ["toll_free"])
    assert office.stands(TOLL_FREE)[0] == ON_DNC


def test_an_edit_that_keeps_nobody_in_or_out_leaves_nothing_to_be_done(office, monkeypatch):
    office.world.add_list([US])
    monkeypatch.setattr(dnc_leads, "step", lambda *_: (_ for _ in ()).throw(AssertionError("nothing is to be walked")))
    edit(office, ["toll_free"])
    assert claimed(office) == {US}
