"""The real application on a database of its own, and people who ask it."""

import asyncio
import functools
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread

import httpx
import pytest
import uvicorn
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher

from dialerd.domain.people import Role
from dialerd.service import people, tokens
from dialerd.settings import load
from dialerd.store import audit
from dialerd.store import people as rows
from dialerd.store.database import Database
from dialerd.web.app import create_app
from dialerd.web.people import CSRF_HEADER
from dialerd.web.process import Server
from dialerd.web.site import Site
from harness.configuration import CAMPAIGN_TOML, DIALERD_TOML
from harness.waiting import wait_for

HOME = "https://127.0.0.1"
CONFIG = f'{DIALERD_TOML}[web]\norigins = ["https://127.0.0.1"]\n'
PASSWORD = "correct horse battery"


class Watch:
    """A clock that tests can move on."""

    def __init__(self):
        self.ahead = timedelta(0)

    def now(self):
        return datetime.now(UTC) + self.ahead

    def monotonic(self):
        raise AssertionError("nothing on the web is paced")


class Client:
    """Asks the application as somebody: httpx, without a socket. Cookies and headers stay from request to request."""

    def __init__(self, portal, app, base_url=HOME, headers=None, cookies=None):
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711), raise_app_exceptions=False)
        self._portal = portal
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers, cookies=cookies)
        self.headers, self.cookies = self._client.headers, self._client.cookies

    def request(self, method, url, **options):
        return self._portal.call(functools.partial(self._client.request, method, url, **options))

    def __getattr__(self, method):
        return functools.partial(self.request, method.upper())


@dataclass
class Office:
    """The application, and who may ask it."""

    portal: object
    app: object
    site: Site
    clock: Watch
    made: dict = field(default_factory=dict)
    url: str = HOME

    def browser(self, **options):
        """Somebody with a browser who has not logged in."""
        return Client(self.portal, self.app, headers={"Origin": HOME}, **options)

    def user(self, name="alice", role=Role.ADMIN, password=PASSWORD):
        database, now = self.site.database, self.site.now()
        made = people.add(
            database, name, role, password=None if password == PASSWORD else password, actor="test", now=now
        )
        if password == PASSWORD:
            with database.write() as conn:
                rows.set_password(conn, made.user_id, kept_password(), now)
        return name

    def logged_in(self, name="alice", role=Role.ADMIN):
        """A browser after the login of somebody new. It shows what proves that its pages are ours."""
        self.user(name, role)
        browser = self.browser()
        answer = browser.post("/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        browser.headers[CSRF_HEADER] = browser.get("/api/v1/session").json()["csrf_token"]
        return browser

    def program(self, role=Role.ADMIN, *, lasts=timedelta(hours=1)):
        """A client with a token of this role."""
        if role not in self.made:
            name = f"{role}-program"
            made = tokens.add(self.site.database, name, role, lasts=lasts, actor="test", now=self.site.now())
            self.made[role] = made.secret
        return Client(self.portal, self.app, f"{HOME}/api/v1", {"Authorization": f"Bearer {self.made[role]}"})

    def deeds(self, action=None):
        """The audit, the oldest first."""
        with self.site.database.read() as conn:
            found = audit.page(conn, limit=1000)[::-1]
        return [deed for deed in found if action in (None, deed.action)]


@functools.cache
def kept_password():
    """PASSWORD by the least of argon2id: what a login has to spend on it is said in what is kept."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_office(portal, folder, url, port=8642):
    (folder / "campaigns.d").mkdir(exist_ok=True)
    (folder / "dialerd.toml").write_text(f"{CONFIG}port = {port}\n")
    (folder / "campaigns.d" / "spring.toml").write_text(CAMPAIGN_TOML.format(name="spring", hours="daily 00:00-24:00"))
    settings = load(folder / "dialerd.toml", {"DIALERD_DATABASE_URL": url})
    clock = Watch()
    site = Site(settings, Database(url), clock=clock, config_path=folder / "dialerd.toml")
    return Office(portal, create_app(site, pages=False), site, clock)


@pytest.fixture(scope="session")
def portal():
    """The thread in which applications run."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def office(portal, tmp_path, sqlite_url):
    made = make_office(portal, tmp_path, sqlite_url)
    yield made
    made.site.database.close()


@pytest.fixture
def each_office(portal, tmp_path, ready_url):
    """As `office`, on each database."""
    made = make_office(portal, tmp_path, ready_url)
    yield made
    made.site.database.close()


@contextmanager
def served(app, listening):
    """The application behind uvicorn, on a socket that listens already."""
    server = Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    thread = Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        wait_for(lambda: server.started or not thread.is_alive(), "the server", 15)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def served_office(portal, tmp_path, sqlite_url):
    """An office with an address: what a stream says as it goes on is seen over a socket alone."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = make_office(portal, tmp_path, sqlite_url, listening.getsockname()[1])
        with served(made.app, listening) as made.url:
            yield made
            made.site.stopping.set()
        made.site.database.close()
