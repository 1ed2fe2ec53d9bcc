"""Lists that get one version after another."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import and_, or_, select

from dialerd.domain.importing import Duplicates, Mode, Scope
from dialerd.ingest.leadfile import Reading
from dialerd.service import imports
from dialerd.store import leads, lists
from dialerd.store.staging import Rules
from dialerd.store.tables import lead_rows
from dialerd.store.tables import leads as leads_table
from dialerd.store.tables import lists as lists_table

HEADER = "phone_number,first_name\n"


class Desk:
    """Imports files given as dicts of number to name, and looks at what came of it."""

    def __init__(self, database, folder):
        self.database = database
        self.folder = folder
        self.actor = "the tests"

    @staticmethod
    def clock():
        return datetime.now(UTC)

    def create(self, name="june", campaign=None):
        with self.database.write() as conn:
            list_id = lists.create(conn, name=name, now=self.clock())
            if campaign is not None:
                lists.assign(conn, list_id, campaign, self.clock())
        return list_id

    def file(self, rows, name="list.csv", header=HEADER):
        path = self.folder / name
        items = rows.items() if isinstance(rows, dict) else rows
        path.write_text(header + "".join(f"{number},{text}\n" for number, text in items))
        return path

    def load(self, rows, name="june", mode="add", duplicates="skip", scope="list", header=HEADER, **options):
        """Imports the rows; returns the report."""
        rules = Rules(Mode(mode), Duplicates(duplicates), Scope(scope))
        path = rows if hasattr(rows, "read_bytes") else self.file(rows, header=header)
        return imports.import_file(
            self.database, name, path, Reading(), actor=self.actor, clock=self.clock, rules=rules, **options
        )

    def list_id(self, name="june"):
        with self.database.read() as conn:
            return lists.require(conn, name).list_id

    def leads(self, name="june"):
        """The leads of the list by number."""
        with self.database.read() as conn:
            return {lead.phone: lead for lead in leads.page(conn, list_id=self.list_id(name), limit=1_000_000)}

    def dialable(self, name="june"):
        """Numbers that are or will be due, with the name that the current version has for them."""
        fields = select(leads_table.c.phone, lead_rows.c.fields).join(
            lead_rows, and_(lead_rows.c.lead_id == leads_table.c.id, lead_rows.c.list_id == leads_table.c.list_id)
        )
        current = select(lists_table.c.current_version).where(lists_table.c.id == self.list_id(name)).scalar_subquery()
        due = and_(leads_table.c.list_id == self.list_id(name), leads_table.c.due_at.is_not(None))
        live = and_(
            lead_rows.c.from_version <= current, or_(lead_rows.c.to_version.is_(None), lead_rows.c.to_version > current)
        )
        with self.database.read() as conn:
            return {phone: said.get("first_name", "") for phone, said in conn.execute(fields.where(due, live))}

    def closed(self, name="june"):
        return {phone: lead.closed for phone, lead in self.leads(name).items() if lead.closed is not None}


@pytest.fixture
def make_desk(tmp_path):
    """make_desk(database): a desk on it."""
    return lambda database: Desk(database, tmp_path)


@pytest.fixture
def desk(database, make_desk):
    return make_desk(database)
