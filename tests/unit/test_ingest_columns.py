"""Which column is which field."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.errors import BadInput
from dialerd.ingest.columns import choose_columns
from dialerd.ingest.spreadsheet import escaped, original
from dialerd.ingest.titles import FIELDS, field_name


def names(header, **options):
    columns = choose_columns(header, **options)
    return columns.phone, dict(columns.fields)


def test_phone_number_is_the_number_and_the_rest_are_fields():
    assert names(["first_name", "phone_number", "Loan Id"]) == (1, {0: "first_name", 2: "loan_id"})


@pytest.mark.parametrize("title", ["Phone", "MOBILE", "msisdn", "Phone Number", "phoneNumber", "Cell Phone", " tel. "])
def test_the_number_is_found_under_its_common_names(title):
    assert names(["id", title]) == (1, {0: "id"})


@pytest.mark.parametrize(
    ("title", "field"),
    [
        ("First Name", "first_name"),
        ("SURNAME", "last_name"),
        ("Zip", "postal_code"),
        ("TZ", "timezone"),
        ("Größe", "grösse"),
    ],
)
def test_common_titles_become_the_known_fields(title, field):
    assert field_name(title, 0) == field


@pytest.mark.parametrize(
    ("title", "field"),
    [("CHANNEL(x)", "channel_x"), ("__proto__", "proto"), ("${SHELL(id)}", "shell_id"), ("  ", "column_3")],
)
def test_hostile_titles_become_harmless_names(title, field):
    assert field_name(title, 2) == field


def test_phone_number_wins_over_other_phone_columns_which_stay_fields():
    assert names(["Mobile", "phone_number"]) == (1, {0: "mobile"})


def test_several_possible_numbers_must_be_chosen_from():
    with pytest.raises(BadInput, match=r"several columns may be the phone number \(Phone, Mobile\); .*--phone-column"):
        choose_columns(["Phone", "Mobile"])
    assert names(["Phone", "Mobile"], phone_column="mobile") == (1, {0: "phone"})


def test_a_chosen_column_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(BadInput, match="there is no column 'fax', only: Phone, Mobile"):
        choose_columns(["Phone", "Mobile"], "fax")


def test_a_missing_phone_column_is_refused_with_the_columns_there_are():
    with pytest.raises(BadInput, match="there is no phone_number column, only: name, city; rename one"):
        choose_columns(["name", "city"])


def test_a_missing_header_is_told_apart_from_a_missing_column():
    with pytest.raises(BadInput, match="there is no header: line 1 begins"):
        choose_columns(["+1 (202) 555-0143", "John"])


TITLES = {
    "first_name": ["First Name", "FIRSTNAME", "first-name", "Given name", "Vorname", "Prénom", "Nombre"],
    "last_name": ["Last Name", "lname", "Surname", "Family Name", "Nachname", "Nom", "Apellidos"],
    "email": ["E-Mail", "Email Address", "e_mail", "mail", "Correo electrónico"],
    "company": ["Company", "Company Name", "Organisation", "Employer", "Firma", "Société"],
    "address": ["Address", "Address 1", "Street", "street_address", "Straße", "Adresse", "Dirección"],
    "city": ["City", "TOWN", "Ort", "Ville", "Ciudad"],
    "state": ["State", "Province", "state/province", "Bundesland"],
    "postal_code": ["ZIP", "Zip Code", "postcode", "Postal Code", "PLZ", "Code postal"],
    "country": ["Country", "Country/Region", "Land", "Pays", "País"],
    "timezone": ["Time Zone", "TZ", "time_zone", "Zeitzone"],
    "priority": ["Priority", "prio"],
    "external_id": ["External ID", "externalId", "CRM-ID", "Customer ID", "Kundennummer"],
}


@pytest.mark.parametrize(("field", "titles"), TITLES.items(), ids=TITLES)
def test_every_field_is_found_under_its_common_names(field, titles):
    assert {title: field_name(title, 0) for title in titles} == dict.fromkeys(titles, field)


def test_every_field_of_dialerd_is_known_under_its_own_name():
    assert {*TITLES, "phone_number"} == set(FIELDS)
    assert [field_name(field, 0) for field in FIELDS] == list(FIELDS)


def test_of_two_columns_that_mean_a_field_the_exact_one_gets_it_and_else_the_first():
    assert names(["Phone", "Town", "City"])[1] == {1: "town", 2: "city"}
    assert names(["Phone", "Town", "Locality"])[1] == {1: "city", 2: "locality"}


def test_a_second_number_is_taken_only_when_there_is_no_other():
    assert names(["Work Phone", "Mobile"]) == (1, {0: "work_phone"})
    assert names(["Work Phone", "name"]) == (0, {1: "name"})


def test_a_mapping_decides_before_any_guess():
    mapping = {"cell": "phone_number", "City": "Home Town", "ZIP": "-", "Notes": "", "who": "First Name"}
    header = ["Phone", "Cell", "City", "ZIP", "Notes", "Who"]
    assert names(header, mapping=mapping) == (1, {0: "phone", 2: "home_town", 5: "first_name"})


def test_a_mapping_may_take_the_place_of_a_column_called_phone_number():
    assert names(["phone_number", "Cell"], mapping={"Cell": "phone"}) == (1, {0: "phone_number_column"})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"Fax": "fax"}, "there is no column 'Fax', only: Phone, City, Town"),
        ({"City": "city", "Town": "city"}, "the columns 'City' and 'Town' both mean city"),
        ({"City": "x" * 200}, "cannot be the name of a field"),
        ({"City": "rejected_because"}, "cannot be the name of a field"),
        ({"City": "${}"}, "cannot be the name of a field"),
        ({"Phone": "-"}, "there is no phone_number column"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(mapping, message):
    with pytest.raises(BadInput, match=re.escape(message)):
        choose_columns(["Phone", "City", "Town"], mapping=mapping)


def test_a_phone_column_and_a_mapping_that_disagree_are_refused():
    with pytest.raises(BadInput, match="disagree"):
        choose_columns(["Phone", "Cell"], "Phone", {"Cell": "phone_number"})
    assert choose_columns(["Phone", "Cell"], "Cell", {"Cell": "phone_number"}).phone == 1


def test_the_field_of_every_column_can_be_listed():
    columns = choose_columns(["Phone", "priority", "Fax", "TZ"], mapping={"Fax": "-"})
    assert columns.names(4) == ["phone_number", "priority", "-", "timezone"]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(BadInput, match="the columns 'First Name' and 'first_name' both mean first_name"):
        choose_columns(["phone_number", "First Name", "first_name"])


def test_priority_steers_and_is_no_field_while_timezone_is_both():
    columns = choose_columns(["phone_number", "priority", "timezone"])
    assert (columns.priority, columns.timezone, columns.fields) == (1, 2, ((2, "timezone"),))


def test_the_reason_and_line_of_our_rejects_are_no_fields():
    columns = choose_columns(["phone_number", "name", "rejected_because", "rejected_line"])
    assert columns.ours
    assert columns.fields == ((1, "name"),)


def test_a_file_of_somebody_else_with_titles_like_ours_keeps_its_columns():
    columns = choose_columns(["phone_number", "exported_id", "exported_at", "rejected_by"])
    assert not columns.ours
    assert columns.fields == ((1, "exported_id"), (2, "exported_at"), (3, "rejected_by"))


def test_our_own_columns_are_known_when_a_spreadsheet_has_changed_their_case():
    columns = choose_columns(["Phone", "Rejected because", " REJECTED_LINE"])
    assert columns.ours
    assert columns.fields == ()


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+cmd|x", "-2", "@SUM(A1)", "\tx", "\rx", "'=x", "''+x"])
def test_what_a_spreadsheet_would_run_is_written_behind_a_quote(text):
    assert escaped(text) == "'" + text


@pytest.mark.parametrize("text", ["+14155551234", "+1 (415) 555-1234", "John", "'n'", "", "a=b"])
def test_numbers_and_plain_text_are_written_as_they_are(text):
    assert escaped(text) == text


@given(st.text("'=+-@\t\ra1 ", max_size=8))
def test_every_text_comes_back_from_its_escaped_form(text):
    assert original(escaped(text)) == text
