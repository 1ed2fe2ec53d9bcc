"""`list edit` says also which of the numbers that are in are dialed: it closes the door, and opens it again."""

from dataclasses import replace
from datetime import timedelta

from dialerd.domain.allowed import Allowed, NumberKind
from dialerd.domain.dispositions import Disposition
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
    made = edit(office, ["toll_free"], ["US"])
    assert (made.let_in, made.kept_out) == (0, 1)
    assert office.stands(CANADA)[0] == "phone number: a number of CA, and the list takes only those of US"
    assert claimed(office) == {TOLL_FREE}
    assert office.funnel()[Part.INVALID] == 1
    view = edit(office, ["toll_free"], ["US", "CA"])
    assert (view.let_in, view.kept_out) == (1, 0)
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


def test_of_an_edit_that_lets_some_in_and_keeps_others_out_both_numbers_are_told(office):
    office.world.add_list([US, TOLL_FREE, CANADA])
    edit(office, ["toll_free"], ["US"])
    made = edit(office, [], ["CA"])
    assert (made.let_in, made.kept_out) == (1, 2)
    assert claimed(office) == {CANADA}


def test_who_waits_for_a_retry_is_kept_out_at_once_and_let_in_again_as_due_as_before(office):
    office.world.add_list([TOLL_FREE])
    edit(office, ["toll_free"])
    later = NOW + timedelta(hours=5)
    office.desk.called(Disposition.BUSY, due=later, judge=lambda lead: judge(lead, RULES, NOW))
    assert edit(office, []).kept_out == 1
    assert edit(office, ["toll_free"]).let_in == 1
    assert office.stands(TOLL_FREE) == (None, later)
