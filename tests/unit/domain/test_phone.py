from __future__ import annotations

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType
from phonenumbers.shortnumberinfo import connects_to_emergency_number

from dialerd.domain.allowed import EVERY_NUMBER, Allowed, NumberKind, read_kinds
from dialerd.domain.phone import BadPhone, Phone, PhonePolicy, is_region, read_phone, refused

STRICT, CLEAN = PhonePolicy.STRICT, PhonePolicy.CLEAN

HOSTILE = [
    ("+12025550123&PJSIP/1", "&"),
    ("+1202555/0123", "/"),
    ("+12025550123@trunk", "@"),
    ("+12025550123@", "@"),
    ("+12025550123;", ";"),
    ("+12025550123,,1", ","),
    ("+12025550123\r", "line break"),
    ("+12025550123\n", "line break"),
    ("\n+12025550123", "line break"),
    ("+1202\r\n5550123", "line break"),
    ("1-800-FLOWERS", "letters"),
    ("+12025550123 ext. 5", "letters"),
    ("+12025550123x5", "letters"),
    ("+12025550123w1", "letters"),
    ("*72", "*"),
    ("+1202555#0123", "#"),
    ("+", "no digits"),
    ("+-()", "no digits"),
    ("1" * 400, "400 characters"),
    ("+" + "1" * 400, "401 characters"),
    ("+١٢٠٢٥٥٥٠١٢٣", "0 to 9"),
    ("+\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13", "0 to 9"),
    ("+1²025550123", "0 to 9"),
    ("5.55E+09", "spreadsheet"),
    ("1.2025550123E+10", "spreadsheet"),
    ("1,20256E+10", "spreadsheet"),
    ("12015550123.0", "spreadsheet"),
    ("+12015550123.0", "spreadsheet"),
    ("12015550123.00", "spreadsheet"),
    ("", "empty"),
    ("   ", "empty"),
    ("\x00+12025550123", "U+0000"),
    ("\u202a+12025550123\u202c", "U+202A"),
    ("+1202555\u200b0123", "U+200B"),
    ("${EXTEN}", "$"),
    ("nan", "letters"),
    ("+1+2025550123", ""),
]


@pytest.mark.parametrize("policy", PhonePolicy)
@pytest.mark.parametrize(("text", "hint"), HOSTILE)
def test_what_must_not_be_dialed_is_refused_with_a_reason(text, hint, policy):
    for region in (None, "US", "DE"):
        found = read_phone(text, policy, region)
        assert isinstance(found, BadPhone)
        assert hint in found.reason
        assert found.reason == found.reason.strip()
        assert "\n" not in found.reason


SPECIAL = [
    ("+18005550123", "toll-free"),
    ("+19005551234", "premium"),
    ("+448712345678", "premium|shared"),
    ("+449098790123", "premium"),
    ("+443069990123", "company-wide"),
    ("+447012345678", "personal"),
    ("+15005550006", "personal"),
    ("+447640123456", "pager"),
    ("+881612345678", "no country"),
    ("+870773111632", "no country"),
    ("+80012345678", "no country"),
    ("+979123456789", "no country"),
    ("+999123456789", "no country has"),
    ("+210123456789", "no country has"),
    ("+1911", "too short"),
    ("+12", "too short"),
    ("+44999", "too short"),
    ("+493012", "too short|not in a range|local"),
    ("+120255501234", "too long"),
    ("+10000000000", "not in a range"),
    ("+11111111111", "not in a range"),
    ("+19115551234", "not in a range"),
    ("+15555550123", "not in a range"),
]


@pytest.mark.parametrize("policy", PhonePolicy)
@pytest.mark.parametrize(("text", "hint"), SPECIAL)
def test_numbers_of_kinds_that_are_not_dialed_are_refused_by_kind(text, hint, policy):
    found = read_phone(text, policy, None)
    assert isinstance(found, BadPhone)
    assert any(word in found.reason for word in hint.split("|")), found.reason


FICTION = [
    "+12025550123",
    "+14165550199",
    "+14155551234",
    "+442079460123",
    "+447700900123",
    "+441632960123",
    "+441154960123",
    "+441614960123",
    "+61255501234",
    "+61370101234",
    "+61491570156",
    "+33199001234",
    "+33639981234",
    "+493023125123",
    "+4930231251",
    "+498999998123",
    "+46846500412",
]


@pytest.mark.parametrize("policy", PhonePolicy)
@pytest.mark.parametrize("text", FICTION)
def test_numbers_set_aside_for_fiction_can_be_imported(text, policy):
    found = read_phone(text, policy, None)
    assert isinstance(found, Phone)
    assert found.e164 == text
    assert found.zones


@pytest.mark.parametrize(
    "text",
    ["12025550123", "+1 2025550123", "+1-202-555-0123", " +12025550123", "+12025550123 ", "0012025550123", "++1202"],
)
def test_strict_takes_e164_and_nothing_else(text):
    found = read_phone(text, STRICT, "US")
    assert isinstance(found, BadPhone)
    assert "E.164" in found.reason


@pytest.mark.parametrize(("text", "better"), [("+4402079460123", "+442079460123"), ("+353015551234", "+35315551234")])
def test_strict_names_the_form_that_is_dialed(text, better):
    found = read_phone(text, STRICT, None)
    assert isinstance(found, BadPhone)
    assert better in found.reason
    assert read_phone(text, CLEAN, None).e164 == better


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("+1 (202) 555-0123", None, "+12025550123"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("202.555.0123", "US", "+12025550123"),
        ("1-202-555-0123", "US", "+12025550123"),
        ("12025550123", "US", "+12025550123"),
        ("011 44 20 7946 0123", "US", "+442079460123"),
        ("00 44 20 7946 0123", "US", "+442079460123"),
        ("0044 20 7946 0123", None, "+442079460123"),
        ("0044 20 7946 0123", "DE", "+442079460123"),
        ("0011 44 20 7946 0123", "AU", "+442079460123"),
        ("0044 20 7946 0123", "AU", "+442079460123"),
        ("020 7946 0123", "GB", "+442079460123"),
        ("+44 (0)20 7946 0123", None, "+442079460123"),
        ("442079460123", "GB", "+442079460123"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+39 06 1234 5678", None, "+390612345678"),
        ("030-23125123", "DE", "+493023125123"),
        (" +12025550123 ", None, "+12025550123"),
        ("+1\u00a0202\u2011555\u20130123", None, "+12025550123"),
        ("(+44) 20 7946 0123", None, "+442079460123"),
    ],
)
def test_clean_repairs_what_people_write(text, region, e164):
    assert read_phone(text, CLEAN, region) == read_phone(e164, STRICT, None)
    assert read_phone(text, CLEAN, region).e164 == e164


@pytest.mark.parametrize(
    ("text", "region", "hint"),
    [
        ("2025550123", None, "no default region"),
        ("5550123", "US", "area code"),
        ("911", "US", "short"),
        ("112", "DE", "short"),
        ("999", "GB", "short"),
        ("000", "AU", "short"),
        ("0800 1111", "GB", "toll-free"),
        ("202 555 0123 4567 8901", "US", "too long"),
        ("00", "US", "short"),
        ("2025550123", "XX", "country"),
    ],
)
def test_clean_says_what_it_could_not_repair(text, region, hint):
    found = read_phone(text, CLEAN, region)
    assert isinstance(found, BadPhone)
    assert hint in found.reason


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_no_emergency_number_of_a_country_is_dialed_from_its_lists(region):
    for text in ("000", "100", "101", "102", "110", "111", "112", "115", "117", "118", "119", "190", "911", "999"):
        assert isinstance(read_phone(text, CLEAN, region), BadPhone), text
        found = read_phone(text, CLEAN, region, EVERY_NUMBER)
        assert isinstance(found, BadPhone) or not connects_to_emergency_number(text, region), text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+18005550123", "toll_free"),
        ("+19005551234", "premium"),
        ("+448712345678", "premium shared_cost"),
        ("+447012345678", "personal"),
        ("+447640123456", "pager"),
        ("+443069990123", "company"),
        ("+44116123", "short"),
        ("+1611", "short"),
    ],
)
def test_a_special_number_is_read_when_its_kind_is_allowed_and_only_then(text, kind):
    allowed = Allowed(read_kinds(kind.split()))
    assert read_phone(text, STRICT, None, allowed).e164 == text
    others = Allowed(frozenset(NumberKind) - allowed.kinds)
    assert isinstance(read_phone(text, STRICT, None, others), BadPhone)


@pytest.mark.parametrize("text", ["+881612345678", "+870773111632", "+979123456789", "+1911", "+44999", "+49112"])
def test_nothing_allows_satellite_phones_and_emergency_numbers(text):
    assert isinstance(read_phone(text, STRICT, None, EVERY_NUMBER), BadPhone)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("+12025550123", "US"),
        ("+14165550199", "CA"),
        ("+17875550123", "US"),
        ("+18005550123", "US"),
        ("+447781123456", "GB"),
        ("+441632960123", "GB"),
        ("+33639981234", "FR"),
        ("+77011234567", "KZ"),
    ],
)
def test_a_number_is_of_the_country_of_its_calling_code_and_in_north_america_of_its_area_code(text, country):
    kinds = frozenset(NumberKind)
    assert isinstance(read_phone(text, STRICT, None, Allowed(kinds, frozenset({country}))), Phone)
    found = read_phone(text, STRICT, None, Allowed(kinds, frozenset({"DE"})))
    assert found == BadPhone(f"a number of {country}, and the list takes only those of DE")


examples = [
    number
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]


@given(st.sampled_from(examples), st.sampled_from(list(phonenumbers.SUPPORTED_REGIONS)))
def test_every_country_s_numbers_are_read_alike_however_they_are_written(number, elsewhere):
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    found = read_phone(e164, STRICT, elsewhere)
    assert isinstance(found, Phone)
    assert found.e164 == e164
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert read_phone(international.replace("/", " "), CLEAN, elsewhere) == found
    assert read_phone("00" + e164[1:], CLEAN, None) == found


@given(st.text(max_size=60) | st.from_regex(r"[+0-9 ().\-]{0,25}", fullmatch=True), st.sampled_from(PhonePolicy))
def test_any_text_at_all_is_a_number_in_e164_or_a_reason(text, policy):
    found = read_phone(text, policy, "US")
    if isinstance(found, Phone):
        assert found.e164.isascii()
        assert found.e164[0] == "+"
        assert found.e164[1:].isdigit()
        assert 7 <= len(found.e164) - 1 <= 15
        assert read_phone(found.e164, STRICT, None) == found
    else:
        assert found.reason


def test_a_region_is_a_country_in_upper_case():
    assert is_region("US")
    assert not is_region("us")
    assert not is_region("XX")
    assert not is_region("001")


def test_a_text_of_a_million_digits_costs_nothing():
    text = "1" * 1_000_000
    started = time.process_time()
    for _ in range(1000):
        read_phone(text, CLEAN, "US")
    assert time.process_time() - started < 0.5


def test_a_number_that_was_allowed_is_refused_by_other_rules():
    assert refused("+18005550123", Allowed(frozenset({NumberKind.TOLL_FREE}))) is None
    assert refused("+18005550123", Allowed()) == "a toll-free number: not dialed unless the list allows toll_free"
    assert refused("+14165550199", Allowed(countries=frozenset({"US"}))).startswith("a number of CA, ")
