"""`console`: pages over a million leads in 50 lists, and what 20 people cost who look at live pages.

Pages are asked for one after the other, as browsers ask: the time is until the last byte of the page. Then 20 viewers
keep a page open over sockets of their own, half of them the lists and half a campaign, while a list changes each second;
the processor time is that of `dialerd web`. Met when the slowest page, asked for while nobody looks at it, comes within
200 ms, and the viewers cost less than a tenth of a core. DIALERD_BENCH_ROWS=100000 is for those in a hurry.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import cpu
import httpx
import socketio
from stage import CAMPAIGN_FILE, note_load

from dialerd.domain.people import Role
from dialerd.ingest.leadfile import Reading
from dialerd.lab.ports import claim_ports
from dialerd.service import campaigns, imports, lists, people
from dialerd.service.schema import prepare
from dialerd.store.database import Database
from dialerd.web.people import COOKIE

ROWS = int(os.environ.get("DIALERD_BENCH_ROWS", "1000000"))
LISTS = 50
VIEWERS = 20
PAGE_MS = 200
SHARE_OF_CORE = 0.10
ASKED = 15
SECONDS = 20
START_SECONDS = 30.0
AREAS = [*range(201, 209), *range(212, 220), 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256]
CONFIG = """\
[node]
name = "bench"
[paths]
state_dir = "."
campaigns = "campaigns.d"
[trunks.carrier]
endpoint = "carrier"
calls_per_second = 10
max_calls = 10
[web]
port = {port}
"""


def run(say):
    """Measure, and return the lines of the report and whether the promises were kept."""
    with tempfile.TemporaryDirectory(prefix="dialerd-bench-") as name:
        folder, ports = Path(name), claim_ports(1)
        try:
            return _measured(say, folder, ports.numbers[0])
        finally:
            ports.release()


def _measured(say, folder, port):
    database = _fill(say, folder, port)
    link = people.link(database, "bench", actor="bench", now=datetime.now(UTC)).secret
    web = subprocess.Popen(
        [sys.executable, "-m", "dialerd", "--config", str(folder / "dialerd.toml"), "web"],
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _log_in(client, link)
            for path in ("/list?name=list%200", "/campaigns", "/lead?id=1", "/import?name=list%200&version=1"):
                client.get(path)  # what every process loads once
            say(f"pages; {note_load()}")
            times = {path: _times_ms(client, path) for path in _paths(database)}
            for path, (first, median) in times.items():
                say(f"{first:7.1f} ms at first, {median:7.1f} ms {path}")
            say(f"{VIEWERS} viewers; {note_load()}")
            used = asyncio.run(_viewers(client, database, web.pid))
    finally:
        web.terminate()
        web.wait(START_SECONDS)
        database.close()
    slowest = max(first for first, _ in times.values())
    lines = [
        f"bench console_page {slowest:.0f} ms {PAGE_MS} promised_at_{ROWS}_leads_in_{LISTS}_lists",
        f"bench console_viewers {used:.3f} cores {SHARE_OF_CORE} promised_for_{VIEWERS}_viewers",
    ]
    return lines, slowest < PAGE_MS and used < SHARE_OF_CORE


def _fill(say, folder, port):
    (folder / "campaigns.d").mkdir()
    file = CAMPAIGN_FILE.format(name="bench", weight=1, calls_per_second=5, max_calls=10)
    (folder / "campaigns.d" / "bench.toml").write_text(file)
    (folder / "dialerd.toml").write_text(CONFIG.format(port=port))
    database = Database(f"sqlite:///{folder}/dialerd.db")
    prepare(database)
    people.add(database, "bench", Role.OPERATOR, password=None, actor="bench", now=datetime.now(UTC))
    each, path = ROWS // LISTS, folder / "leads.csv"
    for number in range(LISTS):
        name = f"list {number}"
        rows = (
            f"+1{AREAS[(at // 10_000) % len(AREAS)]}{200 + number}{at % 10_000:04d},Ada,Byron" for at in range(each)
        )
        path.write_text("phone_number,first_name,last_name\n" + "\n".join(rows) + "\n")
        lists.create(database, name, actor="bench", now=datetime.now(UTC))
        imports.import_file(database, name, path, Reading(), actor="bench", clock=lambda: datetime.now(UTC))
        campaigns.assign(database, "bench", name, configured=["bench"], actor="bench", now=datetime.now(UTC))
        if number % 10 == 9:
            say(f"{number + 1} lists of {each:,} leads; {note_load()}")
    return database


def _log_in(client, link):
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            answer = client.post("/login/link", data={"key": link}, headers={"Origin": str(client.base_url)})
            break
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "dialerd web does not listen"
            time.sleep(0.1)
    (session,) = re.findall(rf"{COOKIE}=([^;]+)", answer.headers["set-cookie"])
    # A browser keeps a Secure cookie for loopback; httpx does not.
    client.headers["Cookie"] = f"{COOKIE}={session}"


def _paths(database):
    with database.read() as conn:
        lead_id = conn.exec_driver_sql("SELECT max(id) FROM leads").scalar()
    asked = ("/list?name=list%201", "/upload?name=list%201", "/import?name=list%201&version=1", f"/lead?id={lead_id}")
    others = ("/", "/campaigns", "/campaign?name=bench", "/calls", "/leads?text=%2B1201", "/dnc", "/audit", "/health")
    return (*others, *asked)


def _times_ms(client, path):
    """How long it took at first, when nobody was looking at it yet, and the median of all."""
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return times[0], statistics.median(times)


async def _viewers(client, database, pid):
    """Cores that the server needs while so many look."""
    seen = [0]
    sockets = [await _watch(client, path, seen) for path in ("/", "/campaign?name=bench") * (VIEWERS // 2)]
    stop = threading.Event()
    changing = threading.Thread(target=_change, args=(database, stop))
    changing.start()
    try:
        await asyncio.sleep(3)
        before, seen[0] = cpu.seconds({pid}), 0
        await asyncio.sleep(SECONDS)
        used = (cpu.seconds({pid}) - before) / SECONDS
    finally:
        stop.set()
        changing.join()
        for each in sockets:
            await each.disconnect()
    assert seen[0] >= VIEWERS, f"only {seen[0]} messages came: the pages were not live"
    return used


async def _watch(client, path, seen):
    """A page and its socket, as a browser has them."""
    page = await asyncio.to_thread(client.get, path)
    (query,) = re.findall(r"query: (\{.*?\}),\n", page.text)
    asked = json.loads(query.replace("'", '"').replace("True", "true"))
    asked |= {"document_id": secrets.token_hex(8), "tab_id": secrets.token_hex(8), "implicit_handshake": "true"}
    made = socketio.AsyncClient()
    made.on("*", lambda *_: seen.__setitem__(0, seen[0] + 1))
    await made.connect(
        f"{client.base_url}?{httpx.QueryParams(asked)}",
        socketio_path="/_nicegui_ws/socket.io",
        transports=["websocket"],
        headers={"Cookie": client.headers["Cookie"], "Origin": str(client.base_url)},
    )
    return made


def _change(database, stop):
    """Each second something is otherwise, in a list that everybody sees."""
    number = 0
    while not stop.wait(1.0):
        number += 1
        lists.edit(database, "list 1", actor="bench", now=datetime.now(UTC), description=f"change {number}")
