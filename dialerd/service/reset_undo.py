"""Taking the last reset of a list back, until the first of its leads is dialed."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.domain.errors import Refused
from dialerd.service.names import require_list
from dialerd.service.resets import Clock, facts
from dialerd.store import audit, dialed, resets
from dialerd.store.database import Connection, Database
from dialerd.store.resets import ResetRecord
from dialerd.store.room import hold
from dialerd.store.steps import Steps


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What was undone. `changed` leads were dialed, closed or withdrawn while it was undone and stay as they are."""

    name: str
    leads: int
    changed: int


def plan(database: Database, name: str) -> UndoReport:
    """What `undo` would do now; changes nothing. Raises what it raises."""
    with database.read() as conn:
        record = _last(conn, name)
        if record.state != "undoing":
            _check_undialed(conn, name, record)
        known, fit = resets.restorable(conn, record.reset_id)
    return UndoReport(name, fit, known - fit)


def undo(database: Database, name: str, *, actor: str, clock: Clock) -> UndoReport:
    """Gives the leads of the list's last reset back what they were: disposition, attempts, due time.

    Raises NotFound, Refused when there is none or one of its leads was dialed since.
    """
    began = clock()
    with database.read() as conn:
        record = _last(conn, name)
        if record.state != "undoing":
            # The long look comes first and blocks nobody; under the lock only what was begun since is looked at.
            _check_undialed(conn, name, record)
    with database.write() as conn:
        hold(conn)
        if _last(conn, name) != record:
            raise Refused(f"list {name}: another reset came meanwhile, and only the last one can be undone; ask again")
        if record.state != "undoing":
            if dialed.reset_lead_since(conn, record.reset_id, began):
                _check_undialed(conn, name, record)
            resets.set_state(conn, record.reset_id, "undoing")
            audit.add(
                conn, at=clock(), actor=actor, action="list.reset.undo", subject=f"list {name}", detail=facts(record)
            )
    steps = Steps(database)
    restored = looked_at = 0
    ids = [0]
    while ids:
        with steps.write() as conn:
            for rows in steps.portions():
                ids = resets.page(conn, record.reset_id, rows)
                if not ids:
                    resets.set_state(conn, record.reset_id, "undone")
                    break
                restored += resets.restore(conn, record.reset_id, ids)
                looked_at += len(ids)
        steps.rest()
    return UndoReport(name, restored, looked_at - restored)


def _last(conn: Connection, name: str) -> ResetRecord:
    record = resets.last(conn, require_list(conn, name).list_id)
    if record is None:
        raise Refused(f"list {name} has no reset that could be undone")
    return record


def _check_undialed(conn: Connection, name: str, record: ResetRecord) -> None:
    since = resets.dialed_since(conn, record.reset_id)
    if since:
        raise Refused(
            f"list {name}: {since:,} of {record.leads:,} leads of its last reset were dialed since, and a reset can be "
            "undone only until the first of them is dialed; pause the campaign, and close or move the leads"
        )
