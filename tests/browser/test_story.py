"""The whole story of a list, by one operator with a browser."""

import csv
import re
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import expect

from dialerd.domain.people import Role
from dialerd.service import list_versions, lists, tokens, trials
from dialerd.store import audit

FIRST = """Mobile;First name;Surname;Town
+12025550201;Jane;Smith;Springfield
+12025551201;John;Doe;Shelbyville
+12025550180;Ann;Lee;Ogdenville
12;Bad;Row;Nowhere
+12025550201;Jane;Again;Springfield
"""
SECOND = """Mobile;First name;Surname;Town
+12025550201;Jane;Smith;Capital City
+12025551201;John;Doe;Shelbyville
+12025552201;New;Comer;Springfield
"""


def choose(page, label, option):
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()


def confirm(page, button):
    page.get_by_role("alertdialog").get_by_role("button", name=button, exact=True).click()


def more(page, item):
    page.get_by_role("button", name="More").click()
    page.get_by_role("menu").get_by_text(item, exact=True).click()


def upload(page, console, name, content):
    path = console.folder / name
    path.write_text(content)
    page.set_input_files("input[type=file]", path)
    expect(page.get_by_role("heading", name="First rows")).to_be_visible()


def figure(page, table, row):
    found = page.get_by_role("region", name=table).get_by_role("row").filter(has_text=row)
    return found.get_by_role("cell").nth(1)


def downloaded(fetched, **how):
    with fetched.value.path().open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, **how))


def bring(page, console):
    page.get_by_role("button", name="Create list").click()
    page.get_by_label("Name, such as").fill("Renewals")
    page.get_by_role("button", name="Create", exact=True).click()

    upload(page, console, "first.csv", FIRST)
    expect(page.get_by_label("Field of column Mobile")).to_be_visible()
    expect(page.get_by_text("2025550201", exact=False).first).to_be_visible()
    choose(page, "Field of column Town", "City")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("heading", name="Dry run")).to_be_visible()
    expect(figure(page, "What became of the rows", "Rejected")).to_have_text("1")
    assert list_versions.versions_of(console.database, "Renewals") == []

    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("It is in.")).to_be_visible()
    for bucket, rows in (("Imported", "3"), ("Duplicate", "1"), ("Rejected", "1"), ("All rows", "5")):
        expect(figure(page, "What became of the rows", bucket)).to_have_text(rows)
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download the rejected rows").click()
    (bad,) = downloaded(fetched, delimiter=";")
    assert (bad["Mobile"], bad["Surname"]) == ("12", "Row")
    assert bad["rejected_because"]


def assign(page, console):
    page.get_by_role("button", name="To the list").click()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    page.get_by_role("button", name="Assign").click()
    choose(page, "Campaign", "spring")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    page.get_by_role("link", name="spring").click()


def dial(page, console):
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Leads that are due are dialed")
    confirm(page, "Start")
    expect(page.get_by_text("Active", exact=True)).to_be_visible()
    page.get_by_role("link", name="Live calls").click()
    expect(page.get_by_role("region", name="Calls that are up").get_by_text("Answered")).to_have_count(2)
    expect(page.get_by_text("No answer")).to_be_visible()


def stop(page, console):
    console.open(page, "/list?name=Renewals")
    expect(page.get_by_text("In Use", exact=True)).to_be_visible()
    page.get_by_role("button", name="Unassign").click()
    confirm(page, "Unassign")
    expect(page.get_by_role("alert").filter(has_text="pause")).to_be_visible()

    console.open(page, "/campaign?name=spring")
    page.get_by_role("button", name="Pause").click()
    confirm(page, "Pause")
    expect(page.get_by_text("calls in progress go on to their end")).to_be_visible()
    page.get_by_role("button", name="Freeze everything").click()
    confirm(page, "Freeze everything")
    expect(page.get_by_text("Everything is frozen since")).to_be_visible()
    expect(page.get_by_text("No call is up.")).to_be_visible()
    page.get_by_role("alert").get_by_role("button", name="Unfreeze").click()
    confirm(page, "Unfreeze")
    expect(page.get_by_text("Everything is frozen since")).to_be_hidden()

    console.open(page, "/list?name=Renewals")
    page.get_by_role("button", name="Unassign").click()
    confirm(page, "Unassign")
    expect(page.get_by_role("button", name="Assign", exact=True)).to_be_visible()


def revise(page, console):
    page.get_by_role("button", name="Upload").click()
    upload(page, console, "second.csv", SECOND)
    choose(page, "Field of column Town", "City")
    choose(page, "What becomes of the list", re.compile("Replace"))
    choose(page, "Duplicates", re.compile("Give leads"))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("It is in.")).to_be_visible()
    page.get_by_role("button", name="To the list").click()

    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Show what differs").click()
    expect(page.get_by_text("1 added, 1 changed, 1 withdrawn")).to_be_visible()
    expect(page.get_by_text("city: Springfield → Capital City")).to_be_visible()
    choose(page, "To version", "version 1")
    page.get_by_role("button", name="Roll back to it").click()
    confirm(page, "Roll back")
    expect(page.get_by_text("Version 3 is as version 1 was")).to_be_visible()


def another_pass(page, console):
    more(page, "Reset statuses")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Called in the last hour: 1")
    confirm(page, "Reset them")
    expect(page.get_by_text("1 lead fresh again")).to_be_visible()

    lists.create(console.database, "Later", actor="the tests", now=console.rig.now())
    more(page, "Move leads")
    choose(page, "To list", "Later")
    choose(page, "Only these dispositions", "New")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("1 lead from Renewals to Later")
    confirm(page, "Move them")
    expect(page.get_by_text("1 lead moved to Later")).to_be_visible()


def put_away(page, console):
    more(page, "Export")
    with page.expect_download() as fetched:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    rows = downloaded(fetched)
    assert {row["phone_number"] for row in rows} == {"+12025550201", "+12025551201"}
    assert {row["city"] for row in rows} == {"Springfield", "Shelbyville"}

    more(page, "Archive")
    confirm(page, "Archive")
    expect(page.get_by_role("button", name="Unarchive")).to_be_visible()
    console.open(page, "/")
    expect(page.get_by_role("link", name="Later")).to_be_visible()
    expect(page.get_by_role("link", name="Renewals")).to_have_count(0)


@pytest.mark.timeout(240)
def test_a_list_goes_from_a_file_with_bad_rows_to_calls_and_is_put_away(console):
    with console.page() as page:
        for chapter in (bring, assign, dial, stop, revise, another_pass, put_away):
            chapter(page, console)


def test_a_lead_is_added_changed_and_closed_by_hand(console):
    lists.create(console.database, "By hand", actor="the tests", now=console.rig.now())
    with console.page(path="/list?name=By%20hand") as page:
        more(page, "Add a lead")
        page.get_by_label("Number, such as").fill("+12025553201")
        page.get_by_label("First name").fill("Ada")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("heading", name="+12025553201")).to_be_visible()

        page.get_by_role("button", name="Edit").click()
        page.get_by_label("first_name").fill("Grace")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Grace", exact=True).first).to_be_visible()

        page.get_by_role("button", name="Close", exact=True).click()
        page.get_by_label("Why").fill("moved away")
        page.get_by_role("button", name="Close the lead").click()
        expect(page.get_by_text("moved away")).to_be_visible()
    with console.database.read() as conn:
        deeds = [(deed.actor, deed.action, deed.source) for deed in audit.page(conn, limit=3)][::-1]
    assert deeds == [("olga", f"lead.{what}", "127.0.0.1") for what in ("add", "edit", "close")]


def test_a_campaign_is_tried_with_a_telephone_of_ones_own_and_the_call_is_made_once(console):
    rang = len(console.rig.lab.agent_calls())
    with console.page(path="/campaign?name=autumn") as page:
        for telephone, ending in (("PJSIP/carrier", None), ("PJSIP/agent-answers", "answered, went to extension")):
            page.get_by_role("button", name="Try").click()
            expect(page.get_by_role("dialog")).to_contain_text("No lead is dialed")
            page.get_by_label("PJSIP endpoint").fill(telephone)
            page.get_by_role("button", name="Call it").click()
            told = page.get_by_role("status").filter(has_text=f"Trial with {telephone}: {ending}")
            expect(told if ending else page.get_by_text("PJSIP/carrier is trunk carrier")).to_be_visible()
    now, hour = console.rig.now(), timedelta(hours=1)
    token = tokens.add(console.database, "crm", Role.OPERATOR, lasts=hour, actor="the tests", now=now)
    headers = {"Authorization": f"Bearer {token.secret}", "Idempotency-Key": "crm-1"}
    ask = {"url": f"{console.base}/api/v1/campaigns/autumn/try", "json": {"to": "PJSIP/agent-answers"}}
    answers = [httpx.post(**ask, headers=headers, timeout=40) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    trial_id = answers[0].json()["trial_id"]
    console.rig.wait(lambda: trials.read(console.database, trial_id).disposition == "answered", "the trial's end")
    assert len(console.rig.lab.agent_calls()) - rang == 2
    assert console.rig.attempts("autumn") == []


def test_numbers_go_on_do_not_call_by_hand_and_by_the_file_and_off_again(console):
    path = console.folder / "never.csv"
    path.write_text("phone_number\n+12025554201\n+12025555201\nnobody\n")
    with console.page(path="/dnc") as page:
        page.get_by_role("button", name="Add numbers").click()
        page.get_by_label("Numbers such as").fill("+12025556201")
        page.get_by_label("Reason").fill("asked us to")
        page.get_by_role("button", name="Put them on it").click()
        expect(page.get_by_role("cell", name="asked us to")).to_be_visible()

        page.get_by_role("button", name="Import").click()
        page.set_input_files("input[type=file]", path)
        expect(page.get_by_text("3 rows: 2 added")).to_be_visible()
        expect(page.get_by_role("cell", name="+12025555201")).to_be_visible()

        page.get_by_role("button", name="Remove a number").click()
        page.get_by_label("Number, as it stands").fill("+12025556201")
        page.get_by_role("button", name="Next", exact=True).click()
        confirm(page, "Take it off")
        expect(page.get_by_role("cell", name="+12025556201")).to_be_hidden()
        page.get_by_label("Is this number on it?").fill("+12025556201")
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("+12025556201 is not on do-not-call.")).to_be_visible()

        with page.expect_download() as fetched:
            page.get_by_role("button", name="Export").click()
        assert {row["phone_number"] for row in downloaded(fetched)} >= {"+12025554201", "+12025555201"}
