"""The funnel: every lead in one part, and the parts add up."""

from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.dispositions import Catalogue, Disposition, Flags
from dialerd.domain.eligibility import CampaignRules, Wait
from dialerd.domain.funnel import WITHDRAWN, Group, Part, Standing, funnel, place
from dialerd.domain.windows import parse_hours

NOW = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ALWAYS = CampaignRules(3, ZoneInfo("UTC"))
MORNINGS = CampaignRules(3, ZoneInfo("UTC"), parse_hours(["daily 08:00-10:00"]))


def group(standing, disposition="new", *, attempts=0, contacted=False, reason="", leads=1, until=None):
    return Group(standing, disposition, attempts, contacted, reason, leads, until)


groups = st.builds(
    Group,
    st.sampled_from(Standing),
    st.sampled_from([name.value for name in Disposition]),
    st.integers(0, 5),
    st.booleans(),
    st.sampled_from(["", WITHDRAWN, "closed by hand", *Wait]),
    st.integers(0, 10**7),
    st.sampled_from([None, LATER]),
)


@given(st.lists(st.tuples(groups, st.sampled_from([None, ALWAYS, MORNINGS]))))
def test_the_parts_add_up_to_all_leads_whatever_they_are(judged):
    found = funnel(judged, NOW)
    assert list(found.parts) == list(Part)
    assert sum(cut.leads for cut in found.parts.values()) == found.total
    assert sum(found.dispositions.values()) == found.total == sum(one.leads for one, _ in judged)
    assert 0 <= found.penetration <= 1


@pytest.mark.parametrize(
    ("who", "rules", "part", "until"),
    [
        (group(Standing.DUE), None, Part.DIALABLE, None),
        (group(Standing.DUE), ALWAYS, Part.DIALABLE, None),
        (group(Standing.DUE), MORNINGS, Part.HOURS, datetime(2026, 7, 7, 8, tzinfo=UTC)),
        (group(Standing.DUE, "busy", attempts=3), ALWAYS, Part.FINISHED, None),
        (group(Standing.WAITING, "busy", until=LATER), MORNINGS, Part.RETRY, LATER),
        (group(Standing.WAITING, reason=Wait.HOURS, until=LATER), ALWAYS, Part.HOURS, LATER),
        (group(Standing.WAITING, reason=Wait.CAP, until=LATER), ALWAYS, Part.CAP, LATER),
        (group(Standing.IN_CALL), MORNINGS, Part.IN_CALL, None),
        (group(Standing.CLOSED, "answered", reason="answered is final"), ALWAYS, Part.FINISHED, None),
        (group(Standing.CLOSED, "opted_out", reason="opted_out is final"), None, Part.DO_NOT_CALL, None),
        (group(Standing.CLOSED, "do_not_call", reason="do_not_call is final"), None, Part.DO_NOT_CALL, None),
        (group(Standing.CLOSED, "invalid_number", reason="invalid_number is final"), None, Part.INVALID, None),
        (group(Standing.CLOSED, "busy", reason="phone number: a pager"), None, Part.INVALID, None),
        (group(Standing.CLOSED, "invalid_number", reason=WITHDRAWN), None, Part.WITHDRAWN, None),
    ],
)
def test_each_lead_has_its_place(who, rules, part, until):
    assert place(who, rules, NOW) == (part, until)


def test_the_hours_of_a_recycling_rule_hold_only_for_leads_that_ended_so():
    rules = CampaignRules(3, ZoneInfo("UTC"), retry_hours={"busy": parse_hours(["daily 18:00-19:00"])})
    assert place(group(Standing.DUE, "busy", attempts=1), rules, NOW) == (
        Part.HOURS,
        datetime(2026, 7, 6, 18, tzinfo=UTC),
    )
    assert place(group(Standing.DUE, "no_answer", attempts=1), rules, NOW)[0] is Part.DIALABLE


def test_after_the_last_day_of_a_campaign_its_leads_are_not_finished_but_have_no_hours_left():
    over = CampaignRules(3, ZoneInfo("UTC"), end=date(2026, 7, 1))
    assert place(group(Standing.DUE), over, NOW) == (Part.HOURS, None)


def test_a_part_waits_until_the_first_of_its_leads_goes_on():
    waiting = [group(Standing.WAITING, until=at) for at in (LATER + timedelta(hours=1), LATER)]
    found = funnel([(one, None) for one in waiting], NOW)
    assert (found.parts[Part.RETRY].leads, found.parts[Part.RETRY].until) == (2, LATER)


def test_nobody_is_no_penetration():
    assert funnel([], NOW).penetration == 0


def test_a_disposition_of_the_admin_that_is_do_not_call_is_in_its_part():
    never = Catalogue(MappingProxyType({"never": Flags(final=True, do_not_call=True, recyclable=False)}))
    who = group(Standing.CLOSED, "never", reason="never is final")
    assert place(who, ALWAYS, NOW, never) == (Part.DO_NOT_CALL, None)
    assert place(who, ALWAYS, NOW) == (Part.FINISHED, None)
