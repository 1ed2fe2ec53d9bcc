"""`imports`: a CSV file of a million rows to a Ready list, on SQLite and PostgreSQL.

Beside it, in the same run: the bare database (executemany, COPY; before and after the import) with rows that somebody
else has prepared, ids and texts of JSON too, into the same tables with the same indexes, which are the leads and what
the file says about them; and the loop one would write first (csv, phonenumbers, an INSERT for each row and table). Both
write to tables without our triggers, which count for the statistics; PostgreSQL checks the foreign key to the list, and
SQLite does not, as it comes. Their seconds are those of one transaction and nothing else; an import's are those of the
command, from its start to its report, with the file kept, the rejected rows and all the steps. Met when an import is at least
half as fast as the first, six times as fast as the second, stays below 250 MB, the statistics of the list come in 50 ms,
and the reason why a number or the campaign is dialed in 100 ms. DIALERD_BENCH_ROWS=100000 is for those in a hurry.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from types import MappingProxyType

import phonenumbers
import psycopg
from people import write_file
from phonenumbers import timezone
from reasons import REASON_MS, median_ms, reasons_ms
from sqlalchemy import create_engine, insert
from stage import note_load

from dialerd.domain.phone import NumberRules, PhonePolicy
from dialerd.ingest.columns import choose_columns
from dialerd.ingest.csvfile import BadRow
from dialerd.ingest.leadfile import Reading, open_leads
from dialerd.ingest.rows import RowReader
from dialerd.lab.postgres import private_postgres
from dialerd.service import lists, statistics
from dialerd.service.workers import yield_to_others
from dialerd.store.database import Database
from dialerd.store.tables import lead_rows, leads, metadata
from dialerd.store.tables import lists as lists_table
from dialerd.store.urls import read_url

ROWS = int(os.environ.get("DIALERD_BENCH_ROWS", "1000000"))
NAIVE_ROWS = min(ROWS, 20_000)
MEGABYTES = 250
STATISTICS_MS = 50
LEAD = ("id", "list_id", "phone", "zone", "priority", "due_at", "created_at")
SAID = ("lead_id", "list_id", "from_version", "line", "priority", "zone", "fields")
CONFIG = '[node]\nname = "bench"\n[paths]\nstate_dir = "."\ncampaigns = "campaigns.d"\n[database]\nurl = "{url}"\n'


def run(say):
    """Measure, and return the lines of the report and whether the promises were kept."""
    lines, good = [], True
    with tempfile.TemporaryDirectory(prefix="dialerd-bench-") as name:
        folder = Path(name)
        file = write_file(folder / "people.csv", ROWS)
        say(f"{file.stat().st_size / 1e6:.0f} MB, {ROWS:,} rows; {note_load()}")
        lines.append(f"bench import_read_and_judge {read_only(file):.0f} rows/s - -")
        rows = prepared(file)
        for kind, urls in (("sqlite", sqlite_urls(folder)), ("postgresql", postgresql_urls())):
            with urls as url_of:
                bare, against = (bare_sqlite, "executemany") if kind == "sqlite" else (bare_postgresql, "copy")
                taken = [seconds_of(bare, url_of("bare_before"), rows)]
                naive = NAIVE_ROWS / seconds_of(naive_loop, url_of("naive"), file)
                ours = url_of("ours")
                rate, megabytes, (asked, shown) = imported(folder / kind, ours, file, say)
                taken.append(seconds_of(bare, url_of("bare_after"), rows))
                best = len(rows[0]) / fmean(taken)
                one, funnel = reasons_ms(ours, "bench")
            lines += [
                f"bench import_{kind} {rate:.0f} rows/s {rate / best:.2f} bare_{against}_{best:.0f}",
                f"bench import_{kind}_naive {rate:.0f} rows/s {rate / naive:.1f} naive_loop_{naive:.0f}",
                f"bench import_{kind}_memory {megabytes:.0f} MB {megabytes / MEGABYTES:.2f} limit_of_{MEGABYTES}",
                f"bench list_statistics_{kind} {asked:.1f} ms {asked / STATISTICS_MS:.2f} limit_of_{STATISTICS_MS}",
                f"bench list_show_{kind} {shown:.1f} ms {shown / STATISTICS_MS:.2f} limit_of_{STATISTICS_MS}",
                f"bench why_{kind} {one:.1f} ms {one / REASON_MS:.2f} limit_of_{REASON_MS}",
                f"bench campaign_why_{kind} {funnel:.1f} ms {funnel / REASON_MS:.2f} limit_of_{REASON_MS}",
            ]
            good = good and rate >= best / 2 and rate >= 6 * naive
            good = good and megabytes <= MEGABYTES and max(asked, shown) <= STATISTICS_MS
            good = good and max(one, funnel) <= REASON_MS
            say(note_load())
    return lines, good


def read_only(file):
    """Rows a second of CPU that are read and judged, without any database."""
    started = time.process_time()
    count = sum(1 for _ in judged(file))
    return count / (time.process_time() - started)


def judged(file):
    """Every row of the file as the import sees it."""
    with open_leads(file, Reading()) as source:
        reader = RowReader(choose_columns(source.header), NumberRules(PhonePolicy.CLEAN, "US"))
        for row in source.rows():
            yield reader.read(row)


def prepared(file):
    """The rows as the two tables take them, in the order of the file, each number once."""
    now = datetime.now(UTC).isoformat(sep=" ")
    found = {}
    for row in judged(file):
        if not isinstance(row, BadRow):
            found.setdefault(row.phone, row)
    rows = list(enumerate(found.values(), 1))
    return (
        [(n, 1, row.phone, row.zone, row.priority, now, now) for n, row in rows],
        [(n, 1, 1, row.line, row.priority, row.zone, json.dumps(row.fields, ensure_ascii=False)) for n, row in rows],
    )


def seconds_of(work, url, given):
    """How long the work took on a database that has our tables with their indexes, and one list."""
    engine = create_engine(read_url(url))
    metadata.create_all(engine)
    now = datetime.now(UTC)
    with engine.begin() as conn:
        conn.execute(insert(lists_table).values(id=1, name="bare", policy="clean", created_at=now, changed_at=now))
    engine.dispose()
    return niced(work, url, given)


def niced(work, url, given):
    """The same for the work alone, in a process as nice as the one of an import: what else the machine does takes from all
    players alike.
    """
    fork = multiprocessing.get_context("fork")
    ours, its = fork.Pipe()

    def act():
        yield_to_others()
        started = time.monotonic()
        work(url, given)
        its.send(time.monotonic() - started)

    process = fork.Process(target=act)
    process.start()
    its.close()
    seconds = ours.recv()
    process.join()
    return seconds


def bare_sqlite(url, rows):
    """executemany of everything in one transaction."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as conn:
        conn.execute("PRAGMA journal_mode=WAL")
        for table, columns, values in zip(("leads", "lead_rows"), (LEAD, SAID), rows, strict=True):
            places = ", ".join("?" * len(columns))
            conn.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", values)


def bare_postgresql(url, rows):
    """COPY of everything in one transaction."""
    with psycopg.connect(url) as conn, conn.cursor() as cursor:
        for table, columns, values in zip(("leads", "lead_rows"), (LEAD, SAID), rows, strict=True):
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)


def naive_loop(url, file):
    """csv, phonenumbers and an INSERT for each row and table, as one would write it first."""
    engine, now, seen = create_engine(read_url(url)), datetime.now(UTC), set()
    with engine.begin() as conn, file.open(encoding="utf-8", newline="") as lines:
        for line, row in zip(range(2, NAIVE_ROWS + 2), csv.DictReader(lines), strict=False):
            text = row.pop("Phone")
            try:
                number = phonenumbers.parse(text, "US")
            except phonenumbers.NumberParseException:
                continue
            phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            if not phonenumbers.is_valid_number(number) or phone in seen:
                continue
            seen.add(phone)
            zone = "|".join(timezone.time_zones_for_number(number))
            lead = insert(leads).values(list_id=1, phone=phone, zone=zone, due_at=now, created_at=now)
            (lead_id,) = conn.execute(lead).inserted_primary_key
            said = {"lead_id": lead_id, "list_id": 1, "from_version": 1, "line": line, "zone": zone, "fields": row}
            conn.execute(insert(lead_rows).values(**said))
    engine.dispose()


def imported(folder, url, file, say):
    """`dialerd list import`, as a person types it: rows a second, megabytes at most, and ms for the statistics."""
    (folder / "campaigns.d").mkdir(parents=True)
    config = folder / "dialerd.toml"
    config.touch(mode=0o600)
    config.write_text(CONFIG.format(url=url))
    dialerd = [sys.executable, "-m", "dialerd", "--config", str(config), "list"]
    subprocess.run([*dialerd, "create", "bench", "--region", "US"], check=True, stdout=subprocess.DEVNULL)
    started = time.monotonic()
    with (folder / "answer.json").open("w+") as out:
        process = subprocess.Popen([*dialerd, "import", "bench", str(file), "--json"], stdout=out)
        most = 0
        while process.poll() is None:
            most = max(most, resident(process.pid))
            time.sleep(0.1)
        seconds = time.monotonic() - started
        assert process.returncode == 0, "the import failed"
        out.seek(0)
        answer = json.load(out)
    parts = ("imported", "updated", "unchanged", "duplicate", "dnc", "rejected")
    assert answer["rows"] == ROWS == sum(answer[part] for part in parts), answer
    say(f"{url.partition(':')[0]}: {answer['imported']:,} imported, {answer['rejected']:,} rejected in {seconds:.1f} s")
    return ROWS / seconds, most / 1e6, statistics_ms(url)


def resident(pid):
    """Bytes of memory of the process and of those it has started, now; what they share is counted once for each."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        total += sum(resident(int(child)) for child in children)
    try:
        return total + int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return total


def statistics_ms(url):
    """The medians of some looks at the statistics of the list, and at the list as `list show` has it."""
    database = Database(url)
    now, none = datetime.now(UTC), MappingProxyType({})
    try:
        found = statistics.of_list(database, "bench", campaigns=none, now=now)
        assert found.total == sum(part.leads for part in found.funnel) > ROWS / 2
        assert lists.show(database, "bench", now=now).view.status.value == "ready"
        return (
            median_ms(lambda: statistics.of_list(database, "bench", campaigns=none, now=datetime.now(UTC))),
            median_ms(lambda: lists.show(database, "bench", now=datetime.now(UTC))),
        )
    finally:
        database.close()


@contextmanager
def sqlite_urls(folder):
    """Gives a new database for each name."""
    yield lambda name: f"sqlite:///{folder}/{name}.db"


@contextmanager
def postgresql_urls():
    """The same in a private cluster."""
    with private_postgres() as cluster:

        def url_of(name):
            cluster.create(name)
            return cluster.url(name)

        yield url_of
