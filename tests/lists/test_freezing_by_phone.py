"""The codes of the emergency brake: what they stand for, and how many wrong ones are too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.errors import Refused
from dialerd.service import freezes
from dialerd.service.freezing_by_phone import Deed, WrongCode, enter
from dialerd.settings import FreezeCodes
from dialerd.store import audit
from dialerd.store import freezes as stored

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
FREEZE, THAW, WRONG = "481526", "937205", "111222"
BOTH = FreezeCodes(pin=FREEZE, thaw_pin=THAW)


@pytest.fixture
def type_code(database):
    def type_it(code, *, telephone="101", codes=BOTH, now=NOW):
        return enter(
            database,
            code,
            telephone=telephone,
            codes=codes,
            campaigns=["spring"],
            clock=lambda: now,
            max_send_delay=0.1,
        )

    return type_it


def frozen(database):
    with database.read() as conn:
        return [(freeze.campaign, freeze.actor) for freeze in stored.all(conn)]


def deeds(database):
    with database.read() as conn:
        return [(entry.action, entry.actor, entry.subject) for entry in audit.page(conn)][::-1]


def test_one_code_freezes_everything_the_other_thaws_it_and_both_are_in_the_audit(database, type_code):
    assert type_code(FREEZE) is Deed.FROZEN
    assert type_code(FREEZE, telephone="102") is Deed.FROZEN
    assert frozen(database) == [("", "telephone 101")]
    assert type_code(THAW) is Deed.THAWED
    assert type_code(THAW) is Deed.THAWED
    assert frozen(database) == []
    assert deeds(database) == [
        ("campaign.freeze", "telephone 101", "everything"),
        ("campaign.unfreeze", "telephone 101", "everything"),
    ]


def test_a_telephone_thaws_no_campaign_that_was_frozen_by_itself(database, type_code):
    freezes.freeze(database, "spring", configured=["spring"], actor="anna", now=NOW, max_send_delay=0.1)
    assert type_code(THAW) is Deed.THAWED
    assert frozen(database) == [("spring", "anna")]


@pytest.mark.parametrize("code", [WRONG, "", FREEZE[:-1], FREEZE + "0"])
def test_a_wrong_code_changes_nothing_and_is_in_the_audit_without_the_code(database, type_code, code):
    with pytest.raises(WrongCode, match="wrong code from telephone 101"):
        type_code(code)
    assert frozen(database) == []
    assert deeds(database) == [("freeze.refused", "nobody", "telephone 101")]


def test_after_five_wrong_codes_a_telephone_is_not_listened_to_for_a_quarter_of_an_hour_and_others_are(type_code):
    for second in range(5):
        with pytest.raises(WrongCode):
            type_code(WRONG, now=NOW + timedelta(seconds=second))
    with pytest.raises(WrongCode, match=r"too many wrong codes; telephone 101 may try again at 12:15:00 UTC"):
        type_code(FREEZE, now=NOW + timedelta(minutes=14))
    assert type_code(FREEZE, telephone="102", now=NOW + timedelta(minutes=14)) is Deed.FROZEN
    assert type_code(FREEZE, now=NOW + timedelta(minutes=15, seconds=5)) is Deed.FROZEN


def test_after_fifteen_wrong_codes_no_telephone_is_listened_to_whatever_number_it_shows(type_code):
    for number in range(15):
        with pytest.raises(WrongCode):
            type_code(WRONG, telephone=f"{200 + number}")
    with pytest.raises(WrongCode, match="too many wrong codes"):
        type_code(FREEZE, telephone="300")


def test_without_a_thawing_code_a_telephone_can_only_freeze(database, type_code):
    codes = FreezeCodes(pin=FREEZE)
    assert type_code(FREEZE, codes=codes) is Deed.FROZEN
    with pytest.raises(WrongCode):
        type_code(THAW, codes=codes)
    assert frozen(database) == [("", "telephone 101")]


def test_without_codes_in_the_settings_a_telephone_is_refused_with_the_way_out(type_code):
    with pytest.raises(Refused, match=r"give freeze\.pin_file in dialerd\.toml"):
        type_code(FREEZE, codes=FreezeCodes())
