"""One lead from its list to another, as a move of many leads is, but refused where that would leave it out."""

from __future__ import annotations

from dialerd.domain.dispositions import SYSTEM
from dialerd.domain.errors import Refused
from dialerd.service import moves
from dialerd.service.leads import require_lead
from dialerd.service.moves import Clock, MoveReport, MoveWish
from dialerd.store import audit
from dialerd.store.database import Database
from dialerd.store.filters import LeadFilter
from dialerd.store.leads import LeadRecord


def move_lead(
    database: Database,
    which: str,
    target: str,
    *,
    actor: str,
    clock: Clock,
    list_name: str | None = None,
    update: bool = False,
    protected: frozenset[str] = SYSTEM.protected,
) -> tuple[LeadRecord, MoveReport]:
    """Moves the lead with its history to list `target`; returns it as it was, and what became of it. `update` and
    `protected` as in MoveWish.

    Raises NotFound, Refused as moves.move, and when the lead is in a call, withdrawn, or the target has its number and it
    is not to be updated.
    """
    with database.read() as conn:
        lead = require_lead(conn, which, list_name)
    wish = MoveWish(lead.list_name, target, LeadFilter(ids=(lead.lead_id,)), update=update, protected=protected)
    _require_moved(lead, moves.plan(database, wish))
    done = moves.move(database, wish, actor=actor, clock=clock)
    # Between the two it may have been called.
    _require_moved(lead, done)
    with database.write() as conn:
        detail = {"from": lead.list_name, "to": target, "updated": done.updated == 1}
        audit.add(conn, at=clock(), actor=actor, action="lead.move", subject=f"lead {lead.lead_id}", detail=detail)
    return lead, done


def _require_moved(lead: LeadRecord, done: MoveReport) -> None:
    name = f"lead {lead.lead_id} ({lead.phone})"
    if done.in_call:
        raise Refused(f"{name} is in a call, it or the one in list {done.target}: move it when the call has ended")
    if done.duplicate:
        raise Refused(
            f"{name}: list {done.target} has this number already, and a number is in a list once; "
            "give that lead the fields of this one with --duplicates update"
        )
    if not done.moved and not done.updated:
        raise Refused(
            f"{name} is withdrawn: the current version of list {lead.list_name} does not have it, so it cannot be moved; "
            "import it again, or roll the list back"
        )
