"""A real SQLite database beside the modelled one: every statement is asked of both, and they must answer the same."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import insert

from dialerd.store import clock, tables
from dialerd.store.database import Database
from simulation.database import Connection, Model
from simulation.tables import BrokenRule


class Twin:
    """Takes the place of the modelled database of a world, which is as at its beginning."""

    def __init__(self, world, path):
        self._model = Model(world.tables)
        self.answers = 0
        self._database = Database(f"sqlite:///{path}")
        self._database.migrate()
        with self._database.write() as conn:
            _fill(conn, world.tables)

    @contextmanager
    def write(self):
        """Both are written, or neither."""
        with self._database.write() as real, self._model.write() as modelled:
            yield Both(self, real, modelled)

    def close(self):
        self._database.close()


class Both(Connection):
    """A connection to both; the model's answer is the one that counts."""

    def __init__(self, twin, real, modelled):
        self._twin, self._real, self._modelled = twin, real, modelled

    def execute(self, statement, values=None):
        answer = self._modelled.execute(statement, values)
        if statement is clock._NOW["sqlite"]:
            # The real one's clock is this machine's.
            return answer
        real = self._real.execute(statement, values)
        if real.returns_rows:
            said, modelled = sorted(map(_plain, real)), sorted(map(_plain, answer))
        else:
            said, modelled = real.rowcount, answer.rowcount if isinstance(answer.rowcount, int) else real.rowcount
        if said != modelled:
            raise BrokenRule(f"the model answers {modelled}, SQLite {said}, to {values} in:\n{statement}")
        self._twin.answers += 1
        return answer


def _plain(row):
    # Of both the same, with an order, whatever is None.
    return tuple(repr(sorted(value) if isinstance(value, list) else value) for value in row)


def _fill(conn, model):
    conn.execute(insert(tables.campaigns), list(model.campaigns.values()))
    for lead in model.leads.values():
        place = {"list_id": lead["list_id"], "priority": lead["priority"], "zone": lead["zone"]}
        since = lead["due_at"]
        conn.execute(
            insert(tables.lists).values(
                id=lead["list_id"], name=f"list {lead['list_id']}", policy="strict", campaign=lead_campaign(model),
                current_version=1, created_at=since, changed_at=since,
            )
        )  # fmt: skip
        conn.execute(insert(tables.leads).values(**lead, created_at=since))
        conn.execute(
            insert(tables.lead_rows).values(
                lead_id=lead["id"], list_id=lead["list_id"], from_version=1, line=1, fields={}
            )
        )
        conn.execute(insert(tables.list_buckets).values(place))


def lead_campaign(model):
    """All leads are of the one campaign."""
    (name,) = model.campaigns
    return name
