"""The modelled tables, with the constraints of store/tables.py, and what was committed when.

A transaction happens at one instant and alone: what isolation of a real database lets through beside it is for
tests/store. A row is never changed in place, so taking back what a transaction did is putting the old rows back.
"""

from __future__ import annotations

from typing import NamedTuple

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState

STATES = frozenset(state.value for state in AttemptState)
ENDED = AttemptState.ENDED.value
ATTEMPT = {
    "asterisk": "",
    "place": None,
    "rules": "",
    "disposition": None,
    "counts": False,
    **dict.fromkeys(("sending_at", "ringing_at", "answered_at", "ended_at", "sip_code", "cause", "ended_by")),
    **dict.fromkeys(("destination", "said", "callback_at", "amd_status", "amd_cause", "waited_ms")),
    "detail": "",
}
LEAD = {
    "zone": "",
    "priority": 0,
    "disposition": Disposition.NEW.value,
    "attempts": 0,
    "dials": 0,
    "fresh_after": 0,
    "contacted": False,
    **dict.fromkeys(("due_at", "closed", "waits_for", "resume_at", "last_attempt_at", "expires_at")),
}
# What an end may be changed to: an unknown one to what it was, and what a broken trunk said of a number to its own fault.
PUT_RIGHT = frozenset({Disposition.NO_ANSWER.value, Disposition.INVALID_NUMBER.value})


def row_of(name, columns):
    """The type of a row that a statement answers with."""
    return NamedTuple(name, [(column, object) for column in columns])


class BrokenRule(AssertionError):
    """Something happened that must never happen."""


class Tables:
    """Rows by key, as dicts. `ledger` hears of every attempt that a committed transaction changed, before and after."""

    def __init__(self, ledger):
        self.campaigns, self.leads, self.attempts = {}, {}, {}
        self.nodes, self.breakers, self.dnc, self.evidence = {}, {}, {}, {}
        self.open = {}
        self._undo = []
        self._ledger = ledger

    def put(self, table, key, row):
        """The row is there from now on; None: it is not."""
        before = table.get(key)
        if table is self.attempts:
            self._check_attempt(key, before, row)
        elif table is self.leads and row["closed"] is not None and row["due_at"] is not None:
            raise BrokenRule(f"lead {key}: closed and due")
        self._undo.append((table, key, before))
        if row is None:
            del table[key]
        else:
            table[key] = row

    def change(self, table, key, **changes):
        """The row with these changes."""
        self.put(table, key, {**table[key], **changes})

    def commit(self):
        """What was done stays."""
        if not self._undo:
            return
        changed = {key: before for table, key, before in reversed(self._undo) if table is self.attempts}
        self._undo.clear()
        for key, before in reversed(changed.items()):
            self._ledger(key, before, self.attempts.get(key))

    def roll_back(self):
        """What was done since the last commit was never done."""
        for table, key, before in reversed(self._undo):
            if table is self.attempts:
                self._note_open(key, before)
            if before is None:
                del table[key]
            else:
                table[key] = before
        self._undo.clear()

    def clashes(self, row):
        """The unique indexes would refuse the open attempt: its lead or its number has one."""
        return any(other["lead_id"] == row["lead_id"] or other["phone"] == row["phone"] for other in self.open.values())

    def in_call(self, lead_id):
        return any(row["lead_id"] == lead_id for row in self.open.values())

    def _check_attempt(self, key, before, row):
        if row is not None:
            ended = row["state"] == ENDED
            if row["state"] not in STATES or (row["disposition"] is not None) != ended:
                raise BrokenRule(f"attempt {key}: {row['state']} and disposition {row['disposition']}")
            if (row["ended_at"] is not None) != ended:
                raise BrokenRule(f"attempt {key}: {row['state']} and ended at {row['ended_at']}")
            reopened = before is not None and before["ended_at"] is not None and not ended
            if (reopened or before is None) and self.clashes(row):
                raise BrokenRule(f"attempt {key}: another one of its lead or number is open")
        self._note_open(key, row)

    def _note_open(self, key, row):
        if row is None or row["ended_at"] is not None:
            self.open.pop(key, None)
        else:
            self.open[key] = row
