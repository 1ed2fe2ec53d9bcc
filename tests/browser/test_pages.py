"""What holds for every page: hostile data is text, opening changes nothing, and rights, keyboard, telephone and light."""

import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from dialerd.domain.lifecycle import CampaignState
from dialerd.domain.people import Role
from dialerd.service import campaigns, dnc, lead_changes, lists, people
from dialerd.service.dnc import DncTerms, DncWish
from dialerd.store import audit
from harness.console import ZONE, alive

HOSTILE = (
    """<img src=x onerror="window.hacked=1">`${window.hacked=1}`</script><script>window.hacked=1</script>{{7*7}}"""
)
PHONE = "+12025550201"
CHANGING = ("Create list", "Upload", "Assign", "More", "Freeze everything", "Start", "Add numbers", "Edit", "Import")


PHONE_WIDTH = 390
LOOKS = (
    "document.querySelector('#main').innerText",
    "window.hacked !== undefined",
    "document.querySelectorAll('img[src=x], #main b, #main script').length",
    "document.documentElement.scrollWidth",
    """[...document.querySelectorAll("button, input, a, textarea, select, [role=button]")]
        .filter((one) => one.offsetParent && one.type !== "hidden" && one.tabIndex >= 0)
        .filter((one) => !(one.innerText || "").trim() && !one.ariaLabel && !(one.labels && one.labels.length)
            && !one.closest("label"))
        .map((one) => one.outerHTML.slice(0, 200))""",
)
"""What is asked of a page, as Seen has it."""


def paths(console):
    """Every page, about the hostile list and its lead."""
    with console.database.read() as conn:
        (lead_id,) = conn.exec_driver_sql("SELECT id FROM leads").scalars()
    asked = {
        "/list": f"?name={console.name}",
        "/upload": f"?name={console.name}",
        "/import": f"?name={console.name}&version=1",
        "/campaign": "?name=spring",
        "/lead": f"?id={lead_id}",
        "/leads": "?text=%2B1202",
    }
    every = ("/", "/new", "/list", "/upload", "/import", "/campaigns", "/campaign", "/calls", "/leads", "/lead", "/dnc")
    return [path + asked.get(path, "") for path in (*every, "/dispositions", "/audit", "/health")]


def bar(console, number, reason):
    """Puts the number on do-not-call."""
    dnc.add(
        console.database,
        [number],
        DncWish(),
        DncTerms(source="<b>s</b>", reason=reason),
        configured=("spring", "autumn"),
        actor="<b>the tests</b>",
        clock=console.rig.clock,
        max_send_delay=0.0,
    )


@pytest.fixture(scope="module")
def full(console):
    """The console with one list, whose name, file and lead attack whoever looks at them; called once."""
    name = HOSTILE[:90]
    console.name = quote(name, safe="")
    console.import_list(name, {PHONE: {"first_name": HOSTILE, "last_name": "Smith", "<b>title</b>": HOSTILE}})
    now, configured = console.rig.now(), ("spring", "autumn")
    campaigns.assign(console.database, "spring", name, configured=configured, actor="the tests", now=now)
    bar(console, "+12025559999", HOSTILE)
    return console


@dataclass
class Seen:
    """What one page was like when it was opened on a telephone."""

    path: str
    text: str
    hacked: bool
    made_of_data: int
    width: int
    nameless: list


@pytest.fixture(scope="module")
def walk(full):
    """Every page opened once, on a telephone: what each was like, the dialogs, and the database before and after."""
    seen, dialogs = [], []
    with full.page(viewport={"width": PHONE_WIDTH, "height": 800}) as page:
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        before = full.everything()
        for path in paths(full):
            full.open(page, path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            seen.append(Seen(path, *(page.evaluate(look) for look in LOOKS)))
        return seen, dialogs, before, full.everything()


def test_hostile_data_is_text_on_every_page(walk, full):
    seen, dialogs, _, _ = walk
    assert dialogs == []
    assert [page.path for page in seen if page.hacked or page.made_of_data] == []
    said = {page.path: page.text for page in seen}
    for path in ("/", f"/list?name={full.name}", f"/import?name={full.name}&version=1", "/dnc"):
        assert HOSTILE[:90] in said[path], path
    for path, text in said.items():
        if path.startswith(("/lead?", "/leads")):
            assert HOSTILE in text, path


def test_opening_every_page_changes_nothing(walk):
    _, _, before, after = walk
    assert after == before


def test_every_page_fits_a_telephone(walk):
    assert [(page.path, page.width) for page in walk[0] if page.width > PHONE_WIDTH] == []


def test_everything_that_can_be_pressed_or_filled_has_a_name(walk):
    assert [(page.path, page.nameless) for page in walk[0] if page.nameless] == []


def test_a_hostile_file_is_text_when_it_is_looked_at_before_its_import(full):
    path = full.folder / "<img src=x onerror=window.hacked=1>.csv"
    titles, cells = f'"{HOSTILE[:60].replace(chr(34), chr(34) * 2)}"', '"<b onclick=window.hacked=1>{{7*7}}</b>"'
    path.write_text(f"phone_number,{titles}\n{PHONE},{cells}\n<script>window.hacked=1</script>,x\n")
    with full.page(path=f"/upload?name={full.name}") as page:
        page.set_input_files("input[type=file]", path)
        expect(page.get_by_role("heading", name="First rows")).to_be_visible()
        expect(page.get_by_text("<script>window.hacked=1</script>").first).to_be_visible()
        expect(page.get_by_text("{{7*7}}</b>").first).to_be_visible()
        assert page.locator("img[src=x], #main b, #main script").count() == 0
        assert page.evaluate("window.hacked") is None


def test_a_viewer_sees_every_page_and_no_button_that_changes_anything(full):
    with full.page("vera") as page:
        for path in paths(full):
            full.open(page, path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            names = [button.inner_text().strip() for button in page.get_by_role("button").all()]
            assert not [name for name in names if name.endswith(CHANGING)], path


def test_who_lost_the_right_is_refused_by_the_server_and_it_is_written_down(full):
    now = full.rig.now
    full.user("mallory", Role.OPERATOR)
    with full.page("mallory", f"/list?name={full.name}") as page:
        people.set_role(full.database, "mallory", Role.VIEWER, actor="the tests", now=now())
        page.get_by_role("button", name="Unassign").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Unassign").click()
        expect(page.get_by_text("mallory is viewer; this needs operator")).to_be_visible()
    with full.database.read() as conn:
        newest = audit.page(conn, limit=1)[0]
    assert (newest.actor, newest.action, newest.subject) == ("mallory", "refused", "CONSOLE list.unassign")
    assert lists.overview(full.database, now=now())[0].campaign == "spring"


def test_a_page_of_somebody_who_is_shut_out_can_do_nothing(full):
    full.user("eve", Role.OPERATOR)
    with full.page("eve", "/campaign?name=spring") as page:
        people.disable(full.database, "eve", actor="the tests", now=full.rig.now())
        page.get_by_role("button", name="Start").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Start").click()
        expect(page.get_by_text("say who asks")).to_be_visible()
        assert full.rig.state("spring") is CampaignState.DRAFT
        page.goto("/campaigns")
        expect(page.get_by_label("Password")).to_be_visible()


def test_what_others_do_is_seen_without_loading_the_page_again(full):
    with full.page() as first, full.page("vera") as second:
        for page in (first, second):
            page.evaluate("window.same = true")
        lists.create(full.database, "Just made", actor="the tests", now=full.rig.now())
        for page in (first, second):
            expect(page.get_by_role("link", name="Just made")).to_be_visible()
            assert page.evaluate("window.same")


def test_deeds_do_not_call_and_leads_go_on_by_themselves_and_a_search_stands_still(full):
    name, now = f"Live {HOSTILE[:60]}", full.rig.now()
    with full.page(path="/audit") as deeds:
        barred, whole, found = (deeds.context.new_page() for _ in range(3))
        for page, path in ((barred, "/dnc"), (whole, f"/list?name={full.name}"), (found, "/leads?text=%2B1202")):
            full.open(page, path)
        whole.get_by_role("tab", name="Leads").click()
        rows = [page.get_by_role("row").filter(has_text=PHONE) for page in (whole, found)]
        for row in rows:
            expect(row).to_be_visible()
            expect(row).not_to_contain_text("Closed by hand")

        lists.create(full.database, name, actor=HOSTILE[:60], now=now)
        lead_changes.close(full.database, PHONE, reason="a test", actor="the tests", now=now)
        bar(full, "+12025558888", f"{HOSTILE} by itself")
        for row in rows:
            expect(row).to_contain_text("Closed by hand")
        expect(deeds.get_by_role("row").filter(has_text=f"list {name}")).to_contain_text(HOSTILE[:60])
        expect(barred.get_by_role("row").filter(has_text="+12025558888")).to_contain_text(f"{HOSTILE} by itself")
        assert [page.evaluate("window.hacked") for page in (deeds, barred, whole, found)] == [None] * 4

        deeds.get_by_label("Done to exactly, such as list spring").fill("list Later")
        expect(deeds.get_by_text("Nothing was done to list Later.")).to_be_visible()
        lists.create(full.database, "Later", actor="the tests", now=now)
        lead_changes.reset(full.database, PHONE, actor="the tests", now=now)
        for row in rows:
            expect(row).not_to_contain_text("Closed by hand")
        expect(deeds.get_by_text("Nothing was done to list Later.")).to_be_visible()
        deeds.get_by_role("button", name="Refresh").click()
        expect(deeds.get_by_role("row").filter(has_text="list Later")).to_be_visible()


def test_times_are_by_the_viewers_clock_with_the_leads_beside_it(full):
    with full.page(path="/leads?text=%2B1202") as page:
        expect(page.get_by_text("in America/New_York").first).to_be_visible()
        full.open(page, "/health")
        expect(page.get_by_text(ZONE).first).to_be_visible()


def test_a_list_is_created_with_the_keyboard_alone(full):
    with full.page() as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Skip to the page"
        page.get_by_role("button", name="Create list").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Name, such as")).to_be_focused()
        alive(page)
        page.keyboard.type("By hand")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Upload into By hand")).to_be_visible()


@pytest.mark.parametrize("light", ["dark", "light"])
def test_colors_follow_the_system(full, light):
    with full.page(color_scheme=light) as page:
        expect(page.locator(f"body.body--{light}")).to_be_attached()


def test_chosen_colors_are_kept(full):
    with full.page(color_scheme="light") as page:
        page.get_by_role("button", name="Your account").click()
        page.get_by_role("button", name="Colors: dark").click()
        expect(page.locator("body.body--dark")).to_be_attached()
        full.open(page, "/campaigns")
        expect(page.locator("body.body--dark")).to_be_attached()


def test_a_wrong_password_does_not_let_in_and_logging_out_ends_the_session(full):
    full.user("bob", Role.VIEWER)
    with full.context() as context:
        page = context.new_page()
        page.goto("/campaigns")
        page.get_by_label("Name").fill("bob")
        page.get_by_label("Password").fill("wrong wrong wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("the name or the password is wrong")
        page.close()
        page = full.log_in(context, "bob")
        kept = json.dumps(context.cookies())
        full.open(page, "/")
        page.get_by_role("button", name="Your account").click()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        context.add_cookies(json.loads(kept))
        page.goto("/")
        expect(page.get_by_label("Password")).to_be_visible()
