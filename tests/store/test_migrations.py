"""The schema: what the migrations make is what the code expects, and several processes may ask for it at once."""

import subprocess
import sys

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dialerd.store.database import HEAD, Database, schema_revision
from dialerd.store.migrate import config_for
from dialerd.store.tables import metadata

MIGRATE = "import sys; from dialerd.store.database import Database; Database(sys.argv[1]).migrate()"

PROCESSES = 3


def test_migrations_make_the_tables_of_the_code(database):
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []


def test_migrations_make_every_index_and_constraint_of_the_code(database_url):
    database = Database(database_url)  # one of its own: dropping the tables drops their triggers too
    database.migrate()
    made = described(database)
    with database.write() as conn:
        metadata.drop_all(conn)
        metadata.create_all(conn)
    assert made == described(database)
    database.close()


def described(database):
    """What the database itself says of every index and constraint, by name."""
    ask = {
        "sqlite": "SELECT name, replace(replace(sql, char(10), ''), '\"', '') FROM sqlite_master WHERE type = 'index'",
        "postgresql": """
            SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
            UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass""",
    }
    with database.read() as conn:
        rows = conn.exec_driver_sql(ask[database.dialect]).all()
    return {name: said for name, said in rows if "alembic" not in name}


def test_the_newest_migration_is_the_one_the_code_works_with():
    assert ScriptDirectory.from_config(config_for()).get_heads() == [HEAD]


def test_migrating_again_changes_nothing(world):
    world.campaign("autumn")
    world.database.migrate()
    world.database.check()
    assert world.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM campaigns").scalar()) == 2


def test_processes_that_migrate_at_once_leave_one_schema(database_url):
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, said
    database = Database(database_url)
    database.check()
    with database.read() as conn:
        assert schema_revision(conn) == HEAD
    database.close()
