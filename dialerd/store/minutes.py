"""How the calls of a campaign ended, by the minute, read off the tallies that the database keeps (see tables_tallies)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, func, select, text

from dialerd.domain.abandon import Answered
from dialerd.domain.compliance import Abandon
from dialerd.domain.dispositions import Disposition
from dialerd.store.database import Connection
from dialerd.store.tables_tallies import MINUTE, minute_tallies


def answered(
    conn: Connection, campaign: str, people: Collection[str], limit: Abandon, since: datetime, span: timedelta
) -> list[Answered]:
    """The spans (whole minutes, as from 1970) from the one of `since` on, in order, in which calls ended that a person
    answered: with one of the dispositions `people`, of which abandoned is one. By the limit's `connect_within`, whole seconds
    up to ten, a call is abandoned too in which the person waited longer than that, whatever its disposition.
    """
    names = sorted({*people, Disposition.ABANDONED})
    size = int(span.total_seconds()) // MINUTE
    first = _minute(since) // size * size
    within = int(limit.connect_within.total_seconds())
    values = {"b_campaign": campaign, "names": names, "since": first, "size": size, "within": within}
    rows = conn.execute(_ANSWERED, values)
    return [
        Answered(datetime.fromtimestamp((slot + 1) * size * MINUTE, UTC), int(number), int(left) + int(late), int(late))
        for slot, number, left, late in rows
    ]


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // MINUTE


_row = minute_tallies.c
_names: Any = bindparam("names", expanding=True)
_slot = (_row.minute.op("/")(bindparam("size", type_=Integer))).label("slot")
_left = _row.disposition == Disposition.ABANDONED.value
_ANSWERED = (
    select(
        _slot,
        func.sum(_row.number),
        func.sum(case((_left, _row.number), else_=0)),
        func.sum(case((and_(~_left, _row.waited > bindparam("within", type_=Integer)), _row.number), else_=0)),
    )
    .where(_row.campaign == bindparam("b_campaign"), _row.disposition.in_(_names), _row.minute >= bindparam("since"))
    .group_by(text("slot"))
    .having(func.sum(_row.number) > 0)
    .order_by(text("slot"))
)
