"""How many leads a campaign may claim now: caps count open attempts over all engines, and are shared by weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, func, select, text, true

from dialerd.domain.lifecycle import CampaignState
from dialerd.domain.order import Order
from dialerd.domain.sharing import share
from dialerd.store.database import Connection
from dialerd.store.freezes import is_frozen
from dialerd.store.tables import attempts, campaigns

_CLAIM_LOCK = 0x6469616C  # "dial": any constant that nothing else in the database locks


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """Who wants how many leads of which campaign for which trunk. `owner` is this process (changes at each start),
    `node` its lasting name. `max_calls` and `trunk_max_calls` cap open attempts over all engines, `node_max_calls` those
    of the node; None: no such cap.

    `weight` is the campaign's, against those of other campaigns that want more calls than the cap of the trunk, or of the
    node, has let them have: `trunk_rivals` and `node_rivals`, by name.
    """

    campaign: str
    trunk: str
    node: str
    owner: str
    limit: int
    max_calls: int
    trunk_max_calls: int
    node_max_calls: int | None = None
    weight: float = 1.0
    trunk_rivals: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    node_rivals: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    order: Order = Order.LIST


@dataclass(frozen=True, slots=True)
class Room:
    """How many `leads` the request may claim. When that is less than its limit, `trunk` and `node` say whether it is what
    campaigns share there that let it have no more, and not the campaign's own cap or state.
    """

    leads: int
    trunk: bool = False
    node: bool = False


def hold(conn: Connection) -> None:
    """Nobody claims anything before this transaction, of Database.write, ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(_TAKE_TURN)


def room_for(conn: Connection, request: ClaimRequest) -> Room:
    """What the caps leave the request, none when the campaign is not active, or frozen. Calls may end at any time, so on
    PostgreSQL another question in the same transaction may bring another answer.
    """
    hold(conn)
    by_node = request.node_max_calls is not None
    values = {"campaign": request.campaign, "trunk": request.trunk, **({"node": request.node} if by_node else {})}
    rows = conn.execute(_used(by_node=by_node), values).all()
    if not rows or rows[0].state != CampaignState.ACTIVE:
        return Room(0)
    mine = sum(row.calls for row in rows if row.campaign == request.campaign)
    own = min(request.limit, request.max_calls - mine)
    on_trunk = {row.campaign: row.on_trunk for row in rows if row.campaign is not None}
    trunk = _left(request, request.trunk_max_calls, on_trunk, request.trunk_rivals)
    node = own
    if request.node_max_calls is not None:
        on_node = {row.campaign: row.on_node for row in rows if row.campaign is not None}
        node = _left(request, request.node_max_calls, on_node, request.node_rivals)
    return Room(max(0, min(own, trunk, node)), trunk=trunk < own, node=node < own)


def _left(request: ClaimRequest, total: int, used: Mapping[str, int], rivals: Mapping[str, float]) -> int:
    """What is free, but no more than the campaign's share while others want more too."""
    free = total - sum(used.values())
    others = {name: weight for name, weight in rivals.items() if name != request.campaign}
    if not others:
        return free
    part = share(total, used, {**others, request.campaign: request.weight}, request.campaign)
    return min(free, part - used.get(request.campaign, 0))


_TAKE_TURN = text("SELECT pg_advisory_xact_lock(:lock)").bindparams(lock=_CLAIM_LOCK)


@cache
def _used(*, by_node: bool) -> Any:
    """The campaign's state, beside how many open attempts each campaign has, in all and where the request wants them."""
    counts = [
        func.count().label("calls"),
        func.count().filter(attempts.c.trunk == bindparam("trunk")).label("on_trunk"),
    ]
    if by_node:
        counts.append(func.count().filter(attempts.c.node == bindparam("node")).label("on_node"))
    used = (
        select(attempts.c.campaign, *counts)
        .where(attempts.c.ended_at.is_(None))
        .group_by(attempts.c.campaign)
        .subquery()
    )
    return (
        select(campaigns.c.state, *used.c)
        .select_from(campaigns.outerjoin(used, true()))
        .where(campaigns.c.name == bindparam("campaign"), ~is_frozen(campaigns.c.name))
        .with_for_update(of=campaigns)
    )
