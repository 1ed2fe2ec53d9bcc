"""`optout`: the called party says never again; it holds once the dialplan goes on, and the call ends so."""

from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.dnc import ON_DNC
from dialerd.store import audit, dnc, trials
from harness.desk import Desk

STRANGER = "01890a5d-ac96-774b-bcce-b302099a8057"
PHONE = "+12025550100"
UP = "16|Up|||SIP 200 OK"


@pytest.fixture
def make_desk(tmp_path, sqlite_url):
    made = []

    def make(**campaign):
        made.append(Desk(tmp_path, sqlite_url, **campaign))
        made[0].start()
        return made[0]

    yield make
    made[0].close()


@pytest.fixture
def desk(make_desk):
    return make_desk(max_attempts=3)


@pytest.fixture
def attempt(desk):
    return routed(desk)


def routed(desk):
    attempt = desk.sent(PHONE)
    desk.call("route", attempt).obey()
    return attempt


def opt_out(desk, attempt, *, uniqueid=None, argument=True):
    call = desk.call("optout", uniqueid or attempt, **({"agi_arg_1": attempt} if argument else {}))
    call.variables["DIALERD_ATTEMPT"] = attempt
    call.obey()
    return call.variables.get("DIALERD_OK")


def ends(desk, attempt):
    desk.call("ended", attempt, agi_arg_1=f"{attempt}|{UP}").obey()
    return desk.attempt(attempt)


def entries(desk):
    return desk.ask(lambda conn: dnc.covering(conn, [PHONE])).get(PHONE, ())


@pytest.mark.parametrize("argument", [True, False])
def test_the_number_is_on_do_not_call_for_all_when_the_dialplan_goes_on(desk, attempt, argument):
    assert opt_out(desk, attempt, argument=argument) == "1"
    (entry,) = entries(desk)
    assert (entry.campaign, entry.expires_at, entry.source) == (None, None, f"call {attempt}")
    assert (entry.reason, entry.added_by) == ("opted_out", "dialplan")
    (deed,) = desk.ask(lambda conn: audit.page(conn, subject=f"dnc {PHONE}"))
    assert deed.action == "dnc.add"


def test_the_call_ends_as_opted_out_and_its_lead_is_closed_for_good(desk, attempt):
    opt_out(desk, attempt)
    assert ends(desk, attempt).disposition == Disposition.OPTED_OUT
    assert (desk.lead(attempt).disposition, desk.lead(attempt).closed) == ("opted_out", "opted_out is final")


def test_leads_of_other_lists_with_the_number_are_closed_at_once(desk, attempt):
    other = desk.add_list("another list", [PHONE])
    opt_out(desk, attempt)
    assert desk.lead_of(other, PHONE).closed == ON_DNC


def test_by_the_campaigns_choice_it_holds_for_the_campaign_alone(make_desk):
    desk = make_desk(optout_scope="campaign")
    opt_out(desk, routed(desk))
    (entry,) = entries(desk)
    assert entry.campaign == "calls"


def test_saying_it_twice_is_saying_it_once(desk, attempt):
    assert opt_out(desk, attempt) == opt_out(desk, attempt) == "1"
    assert len(entries(desk)) == 1


def test_nothing_that_is_said_later_takes_its_place(desk, attempt):
    opt_out(desk, attempt)
    call = desk.call("disposition?disposition=answered", attempt)
    call.variables["DIALERD_ATTEMPT"] = attempt
    call.obey()
    assert ends(desk, attempt).disposition == Disposition.OPTED_OUT


def test_a_channel_that_is_not_the_attempt_is_refused(desk, attempt):
    assert opt_out(desk, attempt, uniqueid=STRANGER) is None
    assert (entries(desk), desk.failures()) == ((), {"refused": 1})


def test_a_call_that_has_ended_or_was_not_answered_is_refused(desk, attempt):
    ends(desk, attempt)
    assert opt_out(desk, attempt) is None
    assert opt_out(desk, desk.sent("+12025550101")) is None
    assert entries(desk) == ()


def test_in_a_trial_the_key_is_answered_and_nobody_is_put_anywhere(desk):
    with desk.database.write() as conn:
        trials.begin(conn, STRANGER, campaign="calls", endpoint="101", actor="the tests", now=desk.now)
    assert opt_out(desk, STRANGER) == "1"
    assert entries(desk) == ()
    with desk.database.write() as conn:
        trials.end(conn, STRANGER, "answered", "", desk.now)
    assert opt_out(desk, STRANGER) is None


def test_an_attempt_nobody_made_is_refused(desk):
    assert opt_out(desk, STRANGER) is None
    assert desk.failures() == {"refused": 1}


@pytest.mark.parametrize(
    ("campaign", "key"),
    [
        ({"optout_key": "9", "destination": {"type": "playback", "file": "custom/hello"}}, "9"),
        ({"destination": {"type": "playback", "file": "custom/hello"}}, None),
        ({"optout_key": "9"}, None),
    ],
    ids=["a recording with a key", "a recording without one", "no recording"],
)
def test_the_dialplan_learns_of_the_key_where_it_plays_a_recording(make_desk, campaign, key):
    desk = make_desk(**campaign)
    call = desk.call("route", desk.sent(PHONE))
    call.obey()
    assert call.variables.get("DIALERD_OPTOUT_KEY") == key
