"""How the calls of a campaign ended, by the minute, read off the tallies that the database keeps (see tables_tallies)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, case, func, select, text

from dialerd.domain.abandon import Answered
from dialerd.domain.dispositions import Disposition
from dialerd.store.database import Connection
from dialerd.store.tables_tallies import MINUTE, minute_tallies


def answered(
    conn: Connection, campaign: str, people: Collection[str], since: datetime, span: timedelta
) -> list[Answered]:
    """The spans (whole minutes, as from 1970) from the one of `since` on, in order, in which calls ended that a person
    answered: with one of the dispositions `people`, of which abandoned is one.
    """
    names = sorted({*people, Disposition.ABANDONED})
    size = int(span.total_seconds()) // MINUTE
    first = _minute(since) // size * size
    rows = conn.execute(_ANSWERED, {"b_campaign": campaign, "names": names, "since": first, "size": size})
    return [
        Answered(datetime.fromtimestamp((slot + 1) * size * MINUTE, UTC), int(number), int(abandoned))
        for slot, number, abandoned in rows
    ]


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // MINUTE


_row = minute_tallies.c
_names: Any = bindparam("names", expanding=True)
_slot = (_row.minute.op("/")(bindparam("size", type_=Integer))).label("slot")
_ANSWERED = (
    select(
        _slot,
        func.sum(_row.number),
        func.sum(case((_row.disposition == Disposition.ABANDONED.value, _row.number), else_=0)),
    )
    .where(_row.campaign == bindparam("b_campaign"), _row.disposition.in_(_names), _row.minute >= bindparam("since"))
    .group_by(text("slot"))
    .having(func.sum(_row.number) > 0)
    .order_by(text("slot"))
)
