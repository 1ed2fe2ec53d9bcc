"""`make screenshots`: the pictures of docs/console.md, taken of a console whose campaign dials a simulated carrier."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))  # the harness of the tests

from playwright.sync_api import expect

from dialerd.domain.lifecycle import CampaignAction
from dialerd.domain.people import Role
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.lab import start_lab
from dialerd.service import campaigns, lists
from harness.console import Console, alive, chromium
from harness.fixtures import rig_maker

OUT = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 100_000
SIZE = {"width": 1080, "height": 680}
FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Zoë", "John", "Jane", "Robert", "Siân")
LAST = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Evans", "Smith", "Müller", "Wong")
CITIES = ("Springfield", "Shelbyville", "Ogdenville", "North Haverbrook")
ENDINGS = ("200", "201", "180", "486", "200", "203", "603", "201", "180", "404", "200", "503")
FILE = "Mobile;First name;Surname;Town\n+12025550101;Ada;Lovelace;Springfield\n12;Bad;Row;Nowhere\n"


def main():
    """Take them all."""
    OUT.mkdir(exist_ok=True)
    times = CarrierTimes(ring=1.0, talk=6.0, late=3.0, speak=False)
    with (
        tempfile.TemporaryDirectory() as name,
        start_lab(Path(name) / "lab", times=times) as lab,
        rig_maker(Path(name)) as make,
        chromium() as browser,
    ):
        console = Console(make(lab), browser)
        try:
            _play(console)
            _take(console)
        finally:
            console.close()
    large = [path.name for path in sorted(OUT.glob("*.png")) if path.stat().st_size >= MOST_BYTES]
    return f"larger than {MOST_BYTES:,} bytes: {', '.join(large)}" if large else 0


def _play(console):
    """Lists, and a campaign that dials."""
    rig = console.rig
    pace = {"calls_per_second": 3, "max_calls": 25, "ring_timeout": "8s", "max_talk_time": "12s", "max_attempts": 3}
    rules = {"no_answer": {"attempts": 3, "wait": "1h"}, "busy": {"attempts": 3, "wait": ["10m", "1h"]}}
    rig.write_campaign("spring", description="Renewals of the spring", recycle=rules, **pace)
    rig.write_campaign("autumn", description="Welcome calls", **pace)
    console.user("olga", Role.OPERATOR)
    console.start()
    rig.start()
    for place, name in enumerate(("Renewals March", "Renewals April", "Welcome calls")):
        console.import_list(name, dict(_people(place)), "US", "olga")
    lists.create(console.database, "Trade fair", actor="olga", now=rig.now())
    for campaign, name in (("spring", "Renewals March"), ("spring", "Renewals April"), ("autumn", "Welcome calls")):
        campaigns.assign(console.database, campaign, name, configured=("spring", "autumn"), actor="olga", now=rig.now())
    rig.act(CampaignAction.START, "spring")
    rig.wait(lambda: len(rig.attempts("spring")) > 120, "the campaign has dialed a while", 90)


def _people(place):
    for number in range(180):
        phone = f"+1202{550 + 3 * place + number // 60}{number // 6 % 10}{ENDINGS[number % len(ENDINGS)]}"
        yield (
            phone,
            {
                "first_name": FIRST[number % len(FIRST)],
                "last_name": LAST[number % len(LAST)],
                "city": CITIES[number % len(CITIES)],
            },
        )


def _take(console):
    with console.page(viewport=SIZE, timezone_id="Europe/Berlin") as page:
        for path, name in (
            ("/", "lists"),
            ("/list?name=Renewals%20March", "list"),
            ("/campaign?name=spring", "campaign"),
            ("/calls", "calls"),
        ):
            console.open(page, path)
            _shoot(page, name)
        page.get_by_role("link", name="Leads", exact=True).click()
        page.get_by_label("Number, how it begins").fill("Grace")
        page.get_by_role("link", name="+1202").first.click()
        page.wait_for_url("**/lead?*")
        alive(page)
        _shoot(page, "lead")
        console.open(page, "/upload?name=Trade%20fair")
        path = console.folder / "fair.csv"
        path.write_text(FILE)
        page.set_input_files("input[type=file]", path)
        expect(page.get_by_role("heading", name="First rows")).to_be_visible()
        page.evaluate("window.scrollTo(0, 220)")
        _shoot(page, "upload")
    phone = {"viewport": {"width": 390, "height": 700}, "color_scheme": "dark", "timezone_id": "Europe/Berlin"}
    with console.page(path="/campaign?name=spring", **phone) as page:
        _shoot(page, "phone")


def _shoot(page, name):
    page.wait_for_load_state("networkidle")
    size = page.viewport_size
    # A table of calls is the same over and over, and such a picture is large.
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 430 if name == "calls" else 10_000)}
    page.screenshot(path=OUT / f"{name}.png", animations="disabled", clip=clip)


if __name__ == "__main__":
    sys.exit(main())
