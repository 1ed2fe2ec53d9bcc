"""The zones a number may be in: those that libphonenumber knows, and all of them."""

from __future__ import annotations

from zoneinfo import available_timezones

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType
from phonenumbers.tzdata import TIMEZONE_DATA

from dialerd.domain.phone import Phone, PhonePolicy, read_phone

STRICT = PhonePolicy.STRICT


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_our_zones_are_the_library_s(text):
    found = read_phone(text, STRICT, None)
    number = phonenumbers.parse(text, None) if isinstance(found, Phone) else None
    if number is not None and phonenumbers.number_type(number) != PhoneNumberType.UNKNOWN:
        from phonenumbers.timezone import time_zones_for_number

        assert found.zones == tuple(zone for zone in time_zones_for_number(number) if zone != "Etc/Unknown")


def test_a_number_gets_every_zone_its_owner_may_be_in():
    assert read_phone("+12025550123", STRICT, None).zones == ("America/New_York",)
    assert read_phone("+61491570156", STRICT, None).zones[0] == "Australia/Adelaide"
    assert len(read_phone("+61491570156", STRICT, None).zones) == 8
    assert "Europe/London" in read_phone("+447700900123", STRICT, None).zones


def test_every_zone_of_every_number_is_in_the_zone_database():
    zones = {zone for found in TIMEZONE_DATA.values() for zone in found} - {"Etc/Unknown"}
    assert zones <= available_timezones()
