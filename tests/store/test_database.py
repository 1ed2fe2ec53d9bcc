"""The door to the database: what it opens, what it refuses, and what it says then."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from dialerd.domain.errors import ConfigError, Unavailable
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import campaigns
from dialerd.store.database import Database
from harness.waiting import wait_for
from harness.world import NOW


def check(url):
    database = Database(url)
    try:
        database.check()
    finally:
        database.close()


def one_line(caught):
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_what_was_written_is_there_for_the_next(database):
    with database.write() as conn:
        campaigns.ensure(conn, ["spring"], NOW)
    with database.read() as conn:
        assert [campaign.name for campaign in campaigns.all(conn)] == ["spring"]


def test_a_block_that_raises_writes_nothing(database):
    def half_done():
        with database.write() as conn:
            campaigns.ensure(conn, ["spring"], NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    with database.read() as conn:
        assert campaigns.all(conn) == []


def test_a_fault_in_our_own_sql_is_not_blamed_on_the_database(database):
    with pytest.raises((OperationalError, ProgrammingError)), database.read() as conn:
        conn.execute(text("SELECT nothing FROM nowhere"))


def test_an_error_does_not_show_the_values_of_the_statement(database):
    with pytest.raises(DBAPIError) as caught, database.read() as conn:
        conn.execute(text("SELECT nothing FROM nowhere WHERE phone = :phone"), {"phone": "+12025550123"})
    assert "5550123" not in str(caught.value)


def test_a_ready_database_passes_the_check(database):
    database.check()


def test_an_empty_database_says_what_to_run(database_url):
    with pytest.raises(ConfigError, match="run `dialerd db upgrade`") as caught:
        check(database_url)
    assert one_line(caught).startswith("database ")


def test_a_database_of_a_newer_dialerd_is_refused(sqlite_url):
    database = Database(sqlite_url)
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    with pytest.raises(ConfigError, match="has schema 9999_future, this dialerd needs"):
        database.check()
    database.close()


def test_checking_a_missing_sqlite_file_does_not_make_it(tmp_path):
    with pytest.raises(ConfigError, match="is not there yet; run `dialerd db upgrade`"):
        check(f"sqlite:///{tmp_path}/new.db")
    assert list(tmp_path.iterdir()) == []


def test_sqlite_is_set_to_lose_nothing(sqlite_url):
    database = Database(sqlite_url)
    with database.read() as conn:
        asked = {name: conn.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")}
    database.close()
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_postgresql_is_set_to_lose_nothing_and_to_wait_for_nobody_for_ever(postgresql_url):
    database = Database(postgresql_url)
    names = ("synchronous_commit", "statement_timeout", "lock_timeout", "TimeZone")
    with database.read() as conn:
        asked = {name: conn.scalar(text("SELECT current_setting(:name)"), {"name": name}) for name in names}
    database.close()
    assert asked == {"synchronous_commit": "on", "statement_timeout": "30s", "lock_timeout": "10s", "TimeZone": "UTC"}


def test_a_writer_on_sqlite_is_the_only_one_from_its_start(sqlite_url):
    database = Database(sqlite_url)
    other = sqlite3.connect(database.safe_url.removeprefix("sqlite:///"), timeout=0)
    with closing(other), database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    database.close()


def test_a_writer_on_sqlite_finds_the_pauses_of_one_that_writes_all_the_time(sqlite_url):
    database, rounds, over = Database(sqlite_url), [], threading.Event()

    def keep_writing():
        with closing(sqlite3.connect(database.safe_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            while not over.is_set():
                other.execute("BEGIN IMMEDIATE")
                time.sleep(0.01)
                other.execute("COMMIT")
                rounds.append(None)
                time.sleep(0.0005)

    busy = threading.Thread(target=keep_writing)
    busy.start()
    waited = []
    for _ in range(10):
        before = len(rounds)
        wait_for(lambda at_work=before + 3: len(rounds) >= at_work, "the other writer at work")
        before = len(rounds)
        with database.write() as conn:
            waited.append(len(rounds) - before)
            campaigns.ensure(conn, ["spring"], NOW)
    over.set()
    busy.join()
    database.close()
    assert max(waited) < 30


def test_a_reader_on_sqlite_neither_waits_for_a_writer_nor_sees_half_its_work(sqlite_url):
    database = Database(sqlite_url)
    with database.write() as writer:
        campaigns.ensure(writer, ["spring"], NOW)
        with database.read() as reader:
            assert campaigns.all(reader) == []
    database.close()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:secret@host/db", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory"],
)
def test_a_url_we_cannot_use_is_refused_with_what_is_allowed(url):
    with pytest.raises(ConfigError, match=r"sqlite:////folder/file\.db") as caught:
        Database(url)
    assert one_line(caught).startswith("database.url: ")
    assert "secret" not in one_line(caught)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    for ask in (check, migrate):
        with pytest.raises(Unavailable, match=f"the folder {tmp_path}/none does not exist; create it"):
            ask(f"sqlite:///{tmp_path}/none/dialerd.db")


def migrate(url):
    database = Database(url)
    try:
        database.migrate()
    finally:
        database.close()


def test_a_folder_nobody_can_write_is_told_in_one_line():
    with pytest.raises(Unavailable) as caught:
        migrate("sqlite:////proc/self/dialerd.db")
    assert one_line(caught).startswith("database sqlite:////proc/self/dialerd.db: ")


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path):
    (tmp_path / "leads.db").write_text("phone_number,first_name\n" * 100)
    with pytest.raises(Unavailable, match="file is not a database") as caught:
        check(f"sqlite:///{tmp_path}/leads.db")
    assert one_line(caught)


def test_a_server_that_is_not_there_is_told_in_one_line():
    with pytest.raises(Unavailable) as caught:
        check("postgresql://dialerd:hunter2@127.0.0.1:9/dialerd")
    said = one_line(caught)
    assert said.startswith("database postgresql://dialerd:***@127.0.0.1:9/dialerd: ")
    assert "refused" in said
    assert "hunter2" not in said


def test_a_wrong_password_is_told_in_one_line_without_it(postgresql_url):
    right = postgresql_url.partition("://dialerd:")[2].partition("@")[0]
    with pytest.raises(Unavailable, match="password authentication failed") as caught:
        check(postgresql_url.replace(right, "hunter2"))
    assert "hunter2" not in one_line(caught)


def test_a_database_that_does_not_exist_is_named(postgres):
    with pytest.raises(Unavailable, match='database "elsewhere" does not exist') as caught:
        check(postgres.url("elsewhere"))
    assert one_line(caught)


def test_the_password_is_in_no_text_of_the_database_object():
    database = Database("postgresql://dialerd:hunter2@host/dialerd?password=hunter2")
    assert "hunter2" not in repr(database) + str(database) + database.safe_url
    database.close()


def test_a_server_that_restarted_is_found_again(database, postgres):
    if database.dialect == "sqlite":
        database.close()
    else:
        with database.read() as conn:
            ours = conn.scalar(text("SELECT pg_backend_pid()"))
        other = Database(database._url.render_as_string(hide_password=False))
        with other.write() as conn:
            conn.execute(text("SELECT pg_terminate_backend(:ours)"), {"ours": ours})
        other.close()
    database.check()


def test_who_stands_still_in_the_middle_of_a_transaction_keeps_nobody_else_waiting(postgresql_url):
    frozen, other = Database(postgresql_url), Database(postgresql_url)
    with frozen.write() as conn:
        campaigns.ensure(conn, ["spring"], NOW)

    def stand_still():
        with frozen.write() as conn:
            campaigns.set_state(conn, "spring", CampaignState.PAUSED, NOW)
            # Meanwhile nothing is said on the first connection; the other one waits for its lock.
            with other.write() as beside:
                campaigns.set_state(beside, "spring", CampaignState.ARCHIVED, NOW)
            campaigns.set_state(conn, "spring", CampaignState.PAUSED, NOW)

    with pytest.raises(Unavailable) as caught:
        stand_still()
    assert one_line(caught)
    with other.read() as conn:
        assert campaigns.get_state(conn, "spring") is CampaignState.ARCHIVED
    for database in (frozen, other):
        database.close()
