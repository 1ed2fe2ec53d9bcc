"""The console of a whole dialer as people see it: `dialerd web`, and Chromium with somebody logged in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import inspect, text

from dialerd.domain.people import Role
from dialerd.ingest.leadfile import Reading
from dialerd.lab.chromium import FLAGS, find_chromium
from dialerd.lab.ports import claim_ports
from dialerd.service import imports, lists, people
from dialerd.service.list_rules import number_rules
from harness.program import Program
from harness.rig import Rig

PASSWORD = "correct horse battery"
ZONE = "Pacific/Auckland"
WAIT_MS = 30_000
_MOVES_BY_ITSELF = {"nodes", "sessions"}


class Console:
    """`dialerd web` beside the daemons of a rig."""

    def __init__(self, rig: Rig, browser: Browser) -> None:
        self.rig, self.database, self.browser = rig, rig.database, browser
        self._ports = claim_ports(1)
        (port,) = self._ports.numbers
        self.base = f"http://127.0.0.1:{port}"
        rig.settings["web"] = {"port": port}
        rig.write_settings()
        self.web = Program(rig.config, ("web",), rig.folder / "web.log")
        self._states: dict[str, Any] = {}
        self._browsers: dict[str, BrowserContext] = {}
        self._stack = ExitStack()

    def start(self) -> None:
        """Starts it and returns when it serves."""
        self.web.start()
        self.web.wait_for("serving", 30)

    def user(self, name: str, role: Role) -> None:
        people.add(self.database, name, role, password=PASSWORD, actor="the tests", now=self.rig.now())

    @contextmanager
    def page(self, name: str = "olga", path: str = "/", **options: Any) -> Iterator[Page]:
        """A page that this user has open, in a browser of their own; the same one as before, unless it has `options`."""
        with self._browser_of(name, options) as context:
            page = context.new_page()
            self.open(page, path)
            try:
                yield page
            except AssertionError:
                page.screenshot(path=self.rig.folder / "failed.png")
                raise

    @contextmanager
    def _browser_of(self, name: str, options: Mapping[str, Any]) -> Iterator[BrowserContext]:
        if options:
            with self.context(**options) as context:
                self._let_in(context, name)
                yield context
            return
        if name not in self._browsers:
            # It has the scripts of the pages already: to fetch and compile them is most of what a page costs.
            self._browsers[name] = self._stack.enter_context(self.context())
            self._let_in(self._browsers[name], name)
        try:
            yield self._browsers[name]
        finally:
            for page in self._browsers[name].pages:
                page.close()

    def _let_in(self, context: BrowserContext, name: str) -> None:
        if name in self._states:
            context.add_cookies(self._states[name]["cookies"])
        else:
            self.log_in(context, name)
            self._states[name] = context.storage_state()

    @contextmanager
    def context(self, **options: Any) -> Iterator[BrowserContext]:
        """A browser without a login."""
        context = self.browser.new_context(base_url=self.base, **{"timezone_id": ZONE, **options})
        context.set_default_timeout(WAIT_MS)
        try:
            yield context
        finally:
            context.close()

    def log_in(self, context: BrowserContext, name: str) -> Page:
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("navigation").wait_for()
        return page

    def open(self, page: Page, path: str) -> None:
        """Goes there, and returns when the page is alive."""
        page.goto(path)
        alive(page)

    def import_list(
        self, name: str, rows: Mapping[str, Mapping[str, str]], region: str | None = None, actor: str = "the tests"
    ) -> None:
        """A list with these leads, by number."""
        now = self.rig.now()
        lists.create(self.database, name, actor=actor, now=now, rules=number_rules(region))
        titles = list(dict.fromkeys(title for fields in rows.values() for title in fields))
        lines = [",".join(["phone_number", *titles])]
        lines += [
            ",".join([phone, *(_cell(fields.get(each, "")) for each in titles)]) for phone, fields in rows.items()
        ]
        path = self.rig.folder / f"{len(name)}-{quote(name, safe='')[:40]}.csv"
        path.write_text("\n".join(lines) + "\n")
        imports.import_file(self.database, name, path, Reading(), actor=actor, clock=self.rig.clock)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the database, but those that move while nobody does anything."""
        with self.database.read() as conn:
            names = [name for name in inspect(conn).get_table_names() if name not in _MOVES_BY_ITSELF]
            return {name: sorted(map(tuple, conn.execute(text(f"SELECT * FROM {name}"))), key=repr) for name in names}

    @cached_property
    def folder(self) -> Path:
        """For files that a browser uploads or downloads."""
        made = self.rig.folder / "files"
        made.mkdir()
        return made

    def close(self) -> None:
        self._stack.close()
        self.web.kill()
        self._ports.release()


def alive(page: Page) -> None:
    """Waits until the page answers to clicks: it is drawn, and its socket is open."""
    page.wait_for_function("window.socket && window.socket.connected && document.querySelector('#main')")


def _cell(content: str) -> str:
    return '"' + content.replace('"', '""') + '"'


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    found = find_chromium()
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(found.program), args=list(FLAGS), env={**os.environ, **found.environment}
        )
        try:
            yield browser
        finally:
            browser.close()
