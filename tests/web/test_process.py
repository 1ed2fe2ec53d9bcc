"""`dialerd web` as a process: where it listens, what it serves to whom, and its signals."""

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from dialerd.domain.people import Role
from dialerd.lab.ports import claim_ports
from dialerd.service import people
from dialerd.store.database import Database
from harness.program import Program

PASSWORD = "correct horse battery"
PAGES = ("/", "/new", "/campaigns", "/calls", "/leads", "/dnc", "/dispositions", "/audit", "/health")
ABOUT = ("/list", "/upload", "/import", "/campaign", "/lead", "/download/x")
"""Pages about one thing, and a file that was made for somebody."""
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Web(Program):
    """The process and its address."""

    def __init__(self, folder, url, port):
        (folder / "campaigns.d").mkdir()
        config = folder / "dialerd.toml"
        config.write_text(f'[paths]\nstate_dir = "."\n[web]\nport = {port}\n[database]\nurl = "{url}"\n')
        config.chmod(0o600)
        super().__init__(config, ("web",), folder / "web.log")
        self.folder, self.config, self.port = folder, config, port
        self.url = f"http://127.0.0.1:{port}"

    def cookie(self):
        """What a browser has after the login of somebody new."""
        answer = httpx.post(
            f"{self.url}/login", data={"name": "alice", "password": PASSWORD}, headers={"Origin": self.url}, timeout=30
        )
        assert answer.status_code == 303, answer.text
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    def get(self, path, **headers):
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=30)


@contextmanager
def serving(folder, url):
    database = Database(url)
    people.add(database, "alice", Role.ADMIN, password=PASSWORD, actor="test", now=people_now())
    database.close()
    ports = claim_ports(1)
    made = Web(folder, url, ports.numbers[0])
    try:
        made.start()
        made.wait_for("serving", 60)
        yield made
    finally:
        made.kill()
        ports.release()


@pytest.fixture
def each_web(tmp_path, ready_url):
    with serving(tmp_path, ready_url) as made:
        yield made


@pytest.fixture
def web(tmp_path, sqlite_url):
    with serving(tmp_path, sqlite_url) as made:
        yield made


def people_now():
    from datetime import UTC, datetime

    return datetime.now(UTC)


def test_it_serves_pages_to_who_has_logged_in_and_sockets_to_our_own_pages(each_web):
    web = each_web
    assert {web.get(path).headers["location"].partition("?")[0] for path in (*PAGES, *ABOUT)} == {"/login"}
    cookie = web.cookie()
    assert web.get("/download/x", **cookie).status_code == 404
    for path in PAGES:
        answer = web.get(path, **cookie)
        assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert web.get(SOCKET, **UPGRADE, Origin=web.url).status_code == 401
    assert web.get(SOCKET, **UPGRADE, **cookie).status_code == 403
    assert web.get(SOCKET, **UPGRADE, **cookie, Origin="https://evil.example").status_code == 403
    assert web.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling").status_code == 303
    assert_upgraded(web, cookie)
    web.signal(signal.SIGTERM)
    assert web.exit_code() == 0, web.tail()


def assert_upgraded(web, cookie):
    """A page of ours gets its socket."""
    lines = [
        f"GET {SOCKET} HTTP/1.1",
        f"Host: 127.0.0.1:{web.port}",
        f"Origin: {web.url}",
        f"Cookie: {cookie['Cookie']}",
    ]
    lines += [f"{name}: {value}" for name, value in UPGRADE.items()]
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 101")


def test_a_reload_takes_over_campaigns_and_a_port_that_is_taken_is_said(web):
    (web.folder / "dialerd.toml").write_text(web.config.read_text() + 'session_idle = "nonsense"\n')
    web.signal(signal.SIGHUP)
    web.wait_for("reload_refused")
    web.config.write_text(web.config.read_text().replace('session_idle = "nonsense"\n', ""))
    web.signal(signal.SIGHUP)
    web.wait_for("reloaded")
    second = subprocess.run(
        [sys.executable, "-m", "dialerd", "--config", str(web.config), "web"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 69
    assert f"127.0.0.1:{web.port} cannot be listened on" in second.stderr
