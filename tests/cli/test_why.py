"""`dialerd why` and `dialerd campaign why`: the reason, always."""

import pytest
from sqlalchemy import update

from dialerd.domain.eligibility import Yes
from dialerd.store import claims, nodes, tables
from dialerd.store.claims import ClaimRequest

JOHN, JANE = "+14155551234", "+14155555678"


@pytest.fixture
def dialing(cli):
    """List june in campaign spring, which dials."""
    cli.ready("june")
    cli.ok("campaign", "assign", "spring", "june")
    cli.ok("campaign", "start", "spring")

    def engine(conn, now):
        nodes.register(conn, "test", instance="i", pid=1, host="here", version="1")
        nodes.beat(conn, "test", "i", {"link": "connected", "calls": 0, "campaigns": {"spring": {"reason": "dialing"}}})
        conn.execute(update(tables.nodes).values(heartbeat_at=now))

    cli.write(engine)
    return cli


def why(cli, number=JOHN):
    (found,) = cli.json("why", number)
    return found


def gate(found, name):
    (answer,) = [each for each in found["gates"] if each["gate"] == name]
    return answer


def test_a_lead_that_nothing_keeps_is_dialable_now(dialing):
    found = why(dialing)
    assert (found["dialable"], found["reason"], found["at"]) == (True, "", None)
    assert {each["says"] for each in found["gates"]} == {"yes"}
    shown = dialing.ok("why", JOHN)
    assert "dialable  now" in shown
    assert shown.rstrip().splitlines()[-1].startswith("pace ")


def test_a_list_without_a_campaign_says_how_to_give_it_one(cli):
    cli.ready("june")
    found = why(cli)
    assert found["reason"] == "list june has none: dialerd campaign assign CAMPAIGN june"
    assert found["campaign"] is None


def test_a_campaign_that_rests_says_how_to_go_on(dialing):
    dialing.ok("campaign", "pause", "spring")
    answer = gate(why(dialing), "campaign")
    assert answer["says"] == "never"
    assert answer["reason"].startswith("campaign spring is paused: ")
    assert "dialerd campaign resume spring" in answer["reason"]


def test_a_frozen_campaign_says_who_froze_it(dialing):
    dialing.ok("campaign", "freeze", "spring")
    assert "dialerd campaign unfreeze spring" in gate(why(dialing), "campaign")["reason"]


def test_without_an_engine_nothing_is_dialed(dialing):
    dialing.write(lambda conn, _now: conn.execute(tables.nodes.delete()))
    assert why(dialing)["reason"] == "no engine is running; start one: dialerd run"


def test_a_number_on_do_not_call_is_never_dialed_also_when_no_engine_runs(dialing):
    dialing.ok("dnc", "add", JANE)
    dialing.write(lambda conn, _now: conn.execute(tables.nodes.delete()))
    found = why(dialing, JANE)
    assert gate(found, "do-not-call")["says"] == "never"
    assert (found["dialable"], found["reason"]) == (False, "closed: on do-not-call")


def test_a_lead_closed_by_hand_says_so(dialing):
    dialing.ok("lead", "close", JANE, "--reason", "asked us to")
    assert why(dialing, JANE)["reason"] == "closed: closed by hand"


def test_a_number_that_its_list_takes_no_more_is_never_dialed_until_the_list_takes_it_again(dialing):
    dialing.ok("list", "edit", "june", "--countries", "CA")
    found = why(dialing)
    answer = gate(found, "number")
    assert (answer["says"], found["reason"]) == ("never", f"closed: {answer['reason']}")
    assert answer["reason"] == "phone number: a number of US, and the list takes only those of CA"
    dialing.ok("list", "edit", "june", "--countries", "US")
    assert why(dialing)["dialable"]


def test_outside_the_hours_the_next_opening_is_told(dialing):
    dialing.campaign("spring", hours="mon 03:00-03:01")
    found = why(dialing)
    answer = gate(found, "campaign hours")
    if answer["says"] == "no_until":  # but for one minute of the week
        assert (found["dialable"], found["at"]) == (False, answer["changes_at"])
        assert found["at"].endswith("T03:00:00.000Z")
        assert "not until " in dialing.ok("why", JOHN)


def test_a_number_in_a_call_is_asked_about_again_soon(dialing):
    request = ClaimRequest("spring", "carrier", "test", "owner", 1, 10, 10)
    dialing.write(lambda conn, now: claims.claim(conn, request, lambda _: Yes(), now))
    found = [each for number in (JOHN, JANE) for each in dialing.json("why", number)]
    assert sorted(gate(each, "not in a call")["says"] for each in found) == ["no_until", "yes"]


def test_a_number_in_two_lists_is_answered_for_each(dialing):
    dialing.ready("july")
    found = dialing.json("why", JOHN)
    assert [(each["lead"]["list_name"], each["dialable"]) for each in found] == [("june", True), ("july", False)]
    assert dialing.ok("why", JOHN).count("dialable") == 2


def test_one_lead_is_asked_about_by_its_id(dialing):
    lead = why(dialing)["lead"]
    (found,) = dialing.json("why", "--lead", lead["lead_id"])
    assert found["lead"]["phone"] == JOHN


def test_what_is_not_there_is_one_line(dialing):
    assert dialing.refused(1, "why", "+12125550199").startswith("number +12125550199: is in no list")
    assert dialing.refused(1, "why", "--lead", "99").startswith("lead 99 does not exist")
    assert "write it like +12025550143" in dialing.refused(65, "why", "somebody")
    assert dialing("why").code == 2
    assert dialing("why", JOHN, "--lead", "1").code == 2


def test_the_funnel_of_a_campaign_adds_up(dialing):
    dialing.ok("dnc", "add", JANE)
    found = dialing.json("campaign", "why", "spring")
    assert (found["state"], found["why"], found["total"]) == ("active", "dialing", 3)
    assert sum(part["leads"] for part in found["funnel"]) == 3
    parts = {part["part"]: part["leads"] for part in found["funnel"] if part["leads"]}
    assert parts == {"dialable": 2, "do_not_call": 1}
    shown = dialing.ok("campaign", "why", "spring")
    assert shown.rstrip().splitlines()[-1].split() == ["all", "leads", "3"]


def test_a_campaign_that_nobody_knows_is_one_line(cli):
    assert "autumn" in cli.refused(1, "campaign", "why", "autumn")


def only_america(cli):
    file = cli.folder / "campaigns.d" / "spring.toml"
    file.write_text(file.read_text().replace('["none"]', '["us-federal"]'))


def test_an_import_says_whom_the_campaign_never_calls_where_they_are(cli):
    only_america(cli)
    cli.ready("june")
    said = "campaign spring never calls 1 of the list's leads: no rule for GB in the campaign's profiles: us-federal"
    assert said in cli.ok("campaign", "assign", "spring", "june")
    more = cli.file("phone_number\n+442071838751\n+14155550199\n", "more.csv")
    told = cli.json("list", "import", "june", more)["out_of_reach"]
    assert told == [{"campaign": "spring", "reason": said.partition(": ")[2], "leads": 2}]
    assert "campaign spring never calls 2 of the list's leads" in cli.ok("list", "import", "june", more)


def test_without_a_campaign_nobody_is_out_of_reach(cli):
    only_america(cli)
    cli.ok("list", "create", "june")
    assert cli.json("list", "import", "june", cli.file("phone_number\n+442071838751\n"))["out_of_reach"] == []
