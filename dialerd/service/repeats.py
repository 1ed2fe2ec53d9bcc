"""Requests that may come twice: done once, and answered the same each time."""

from __future__ import annotations

from datetime import datetime, timedelta

from dialerd.domain.errors import BadInput, Refused
from dialerd.store import idempotency
from dialerd.store.database import Database
from dialerd.store.idempotency import Answer

KEPT = timedelta(hours=24)
"""How long a key is known."""

LONGEST_KEY = 255


def begin(database: Database, owner: str, key: str, fingerprint: str, now: datetime) -> Answer | None:
    """Takes the key of `owner` for the request with this fingerprint: None, and the request may be done; or what was
    answered when it was done before.

    Raises BadInput for a key that cannot be or that was another request's, Refused when that request has not ended: it is
    at work, or its process was killed and nobody knows.
    """
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadInput(f"Idempotency-Key: must be 1 to {LONGEST_KEY} printable ASCII characters")
    with database.write() as conn:
        idempotency.forget(conn, now - KEPT)
        if idempotency.reserve(conn, owner, key, fingerprint, now):
            return None
        found = idempotency.get(conn, owner, key)
    if found is not None and found.fingerprint != fingerprint:
        raise BadInput("Idempotency-Key: was used for another request; each request has its own")
    if found is None or found.answer is None:
        raise Refused(
            "Idempotency-Key: the request with it has not ended; ask again later, and if it never does, look what became of "
            "it before you send it under another key"
        )
    return found.answer


def end(database: Database, owner: str, key: str, answer: Answer | None) -> None:
    """Keeps what was answered; None: nothing was done, and the key is free again."""
    with database.write() as conn:
        if answer is None:
            idempotency.release(conn, owner, key)
        else:
            idempotency.keep(conn, owner, key, answer)
