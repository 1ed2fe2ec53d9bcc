"""A disposition that means do-not-call puts the number on do-not-call, in the transaction that writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialerd.domain.dnc import Entry, Kind
from dialerd.service.dnc import note, put
from dialerd.store.database import Connection


def put_on_dnc(conn: Connection, said: Sequence[tuple[str, str, str]], *, actor: str, now: datetime) -> None:
    """Each is a number, what says so (call ..., lead ...), and the disposition. The entries are for all campaigns and have
    no end; each has an entry in the audit. Leads that have the numbers, in whatever list, are closed.
    """
    entries = {
        phone: Entry(
            number=phone,
            kind=Kind.EXACT,
            campaign=None,
            expires_at=None,
            source=source,
            reason=str(disposition),
            added_at=now,
            added_by=actor,
        )
        for phone, source, disposition in said
    }
    put_on = put(conn, list(entries.values()), now)
    for entry, outcome in zip(entries.values(), put_on.outcomes, strict=True):
        note(conn, "dnc.add", entry, actor, now, outcome)
