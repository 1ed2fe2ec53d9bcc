from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers.geodata import GEOCODE_DATA

from dialerd.domain.area_codes import REGION_OF_AREA_CODE
from dialerd.domain.phone import PhonePolicy, read_phone
from dialerd.domain.places import (
    Place,
    country_of,
    lies_in,
    may_lie_in,
    place_key,
    place_of_lead,
    read_place,
    region_of_number,
)
from dialerd.domain.us_states import STATE_NAMES, STATE_ZONES, state_of_zip
from dialerd.domain.windows import find_zone

EAST = ("America/New_York",)


@pytest.mark.parametrize(
    "place",
    [
        Place(),
        Place(("Europe/Berlin",)),
        Place(("America/Chicago", "America/New_York"), "US-FL"),
        Place((), "US"),
        Place(("America/Chicago",), "US-FL", ("US-TX",)),
        Place(("America/Chicago",), "", ("US-NY", "US-TX")),
    ],
)
def test_a_place_comes_back_from_its_key(place):
    assert read_place(place.key) == place


def test_the_key_does_not_depend_on_order_and_leaves_out_what_adds_nothing():
    assert place_key(("B/b", "A/a", "B/b"), "GB") == "A/a|B/b@GB"
    assert place_key(EAST, "US-FL", ("US-FL",)) == "America/New_York@US-FL"
    assert place_key(EAST, "US-FL", ("US",)) == "America/New_York@US-FL"
    assert place_key(EAST, "US", ("US-FL",)) == "America/New_York@US/US-FL"
    assert place_key(()) == ""


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+13055550123", "US-FL"),
        ("+12025550123", "US-DC"),
        ("+17875550123", "US-PR"),
        ("+14165550123", "CA"),
        ("+18765551234", "JM"),
        ("+18005550123", ""),
        ("+447700900123", "GB"),
        ("+61491570156", "AU"),
        ("+74951234567", "RU"),
        ("+77012345678", "KZ"),
        ("+33199001234", "FR"),
        ("+881612345678", ""),
    ],
)
def test_a_number_belongs_to_a_country_or_a_state(number, region):
    assert region_of_number(number) == region


@pytest.mark.parametrize("number", ["+13055550123", "+14165550123", "+447700900123", "+77012345678"])
def test_a_number_that_is_read_says_where_it_belongs(number):
    found = read_phone(number, PhonePolicy.STRICT, None)
    assert found.region == region_of_number(number)


def test_neighbouring_area_codes_are_not_taken_for_each_other():
    for code, region in REGION_OF_AREA_CODE.items():
        found = read_phone(f"+1{code}2345678", PhonePolicy.STRICT, None)
        assert getattr(found, "region", region) == region, code


def test_area_codes_are_in_the_state_that_libphonenumber_s_geocoder_names():
    names = {name: code for code, name in STATE_NAMES.items()} | {"washington d.c.": "DC", "washington state": "WA"}
    for prefix, said in GEOCODE_DATA.items():
        text = said.get("en", "")
        state = names.get(text.casefold(), text[-2:] if text[-4:-2] == ", " else None)
        if len(prefix) == 4 and prefix[0] == "1" and state in STATE_NAMES:
            assert REGION_OF_AREA_CODE.get(prefix[1:]) == f"US-{state}", prefix


def test_no_area_code_of_a_country_is_missing():
    for code in range(200, 1000):
        number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{code}2345678"))
        kind = phonenumbers.number_type(number)
        if kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
            country = phonenumbers.region_code_for_number(number)
            region = REGION_OF_AREA_CODE.get(str(code), "")
            assert region.removeprefix("US-") == country or region.startswith(f"{country}-"), code


@pytest.mark.parametrize("state", sorted(STATE_NAMES))
def test_every_state_has_zones_that_exist(state):
    assert STATE_ZONES[state]
    assert all(find_zone(zone) for zone in STATE_ZONES[state])


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("33101", "FL"),
        ("07030", "NJ"),
        ("7030", "NJ"),
        ("90210-1234", "CA"),
        ("902101234", "CA"),
        ("06390", "NY"),
        ("96799", "AS"),
        ("96950", "MP"),
        ("09012", None),
        ("96940", None),
        ("SW1A 1AA", None),
        ("123", None),
        ("", None),
        ("\uff13\uff13\uff11\uff10\uff11", None),
    ],
)
def test_a_zip_code_says_its_state(code, state):
    assert state_of_zip(code) == state


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ({}, "America/New_York@US-FL"),
        ({"state": "TX"}, "America/Chicago|America/Denver@US-FL/US-TX"),
        ({"state": " texas "}, "America/Chicago|America/Denver@US-FL/US-TX"),
        ({"state": "d.c."}, "America/New_York@US-FL/US-DC"),
        ({"postal_code": "78701"}, "America/Chicago|America/Denver@US-FL/US-TX"),
        ({"state": "NY", "postal_code": "78701"}, "America/Chicago|America/Denver|America/New_York@US-FL/US-NY/US-TX"),
        ({"state": "FL"}, "America/Chicago|America/New_York@US-FL"),
        ({"state": "Bavaria"}, "America/New_York@US-FL"),
        ({"country": "USA", "state": "TX"}, "America/Chicago|America/Denver@US-FL/US-TX"),
        ({"country": "Canada", "state": "ON"}, "America/New_York@US-FL/CA"),
        ({"country": "Atlantis", "state": "TX"}, "America/Chicago|America/Denver@US-FL/US-TX"),
        ({"country": "PR"}, "America/Puerto_Rico@US-FL/US-PR"),
        ({"state": "TX", "timezone": "America/Denver"}, "America/Denver@US-FL/US-TX"),
    ],
)
def test_an_american_lead_is_where_its_list_says_else_where_its_number_is(address, key):
    assert place_of_lead(EAST, "US-FL", **address) == key


def test_a_state_is_one_of_the_united_states_only_for_a_lead_that_is_there():
    assert place_of_lead(("Australia/Perth",), "AU", state="WA") == "Australia/Perth@AU"
    assert place_of_lead(("Australia/Perth",), "AU", country="US", state="WA") == "America/Los_Angeles@AU/US-WA"


def test_countries_are_known_by_code_and_by_common_names():
    assert [country_of(text) for text in ("us", "U.S.A.", "UK", " india ", "DE", "PR")] == [
        "US",
        "US",
        "GB",
        "IN",
        "DE",
        "US-PR",
    ]
    assert country_of("Germany") is None
    assert country_of("001") is None


def test_what_is_not_known_exactly_may_lie_in_more_places():
    assert lies_in("US-FL", "US")
    assert not lies_in("US", "US-FL")
    assert not lies_in("USX", "US")
    assert may_lie_in("US", "US-FL")
    assert may_lie_in("", "GB")
    assert not may_lie_in("US-FL", "US-TX")
