"""The statements about engines and whose attempts are whose, on the modelled tables, by the database's clock."""

from __future__ import annotations

from dialerd.store import campaigns, clock, leases, nodes
from simulation.claiming import delete, is_claimed
from simulation.tables import row_of

Left = row_of("Left", ("id", "campaign", "state", "asterisk", "node", "sent", "beat"))
Node = row_of("Node", [column.name for column in nodes.nodes.columns])
State = row_of("State", ("name", "state", "state_since", "started_at", "stop_reason"))


def database_now(tables, _values):
    return [(tables.now(),)]


def node_of(tables, values):
    row = tables.nodes.get(values["b_name"])
    return [] if row is None else [Node(**row)]


def every_node(tables, _values):
    return [Node(**tables.nodes[name]) for name in sorted(tables.nodes)]


def register(tables, values):
    tables.put(tables.nodes, values["name"], dict(values))


def beat(tables, values):
    row = tables.nodes.get(values["b_name"])
    if row is None or row["instance"] != values["b_instance"]:
        return 0
    changes = {name: values[name] for name in ("heartbeat_at", "status", "asks") if name in values}
    tables.change(tables.nodes, row["name"], **changes)
    return 1


def leave(tables, values):
    row = tables.nodes.get(values["b_name"])
    if row is not None and row["instance"] == values["b_instance"]:
        tables.put(tables.nodes, row["name"], None)


def forget(tables, values):
    holding = {row["node"] for row in tables.open.values()}
    silent = [row["name"] for row in tables.nodes.values() if row["heartbeat_at"] < values["before"]]
    gone = [name for name in silent if name not in holding]
    for name in gone:
        tables.put(tables.nodes, name, None)
    return len(gone)


def abandoned_rows(tables, values):
    def alive(row):
        node = tables.nodes.get(row["node"])
        return node is not None and node["instance"] == row["owner"] and node["heartbeat_at"] > values["cutoff"]

    held = [row for row in tables.open.values() if row["owner"] != values["b_owner"] and not alive(row)]
    return sorted(held, key=lambda row: row["id"])


def give_back_abandoned(tables, values):
    return delete(tables, [row["id"] for row in abandoned_rows(tables, values) if is_claimed(row)])


def abandoned(tables, values):
    found = []
    for row in abandoned_rows(tables, values):
        if not is_claimed(row):
            node = tables.nodes.get(row["node"])
            ours = node is not None and node["instance"] == row["owner"]
            sent = row["sending_at"] or row["claimed_at"]
            said = [row[name] for name in ("id", "campaign", "state", "asterisk", "node")]
            found.append(Left(*said, sent, node["heartbeat_at"] if ours else sent))
    return found


def take_over(tables, values):
    taken = []
    for row in abandoned_rows(tables, values):
        if row["id"] in values["ids"] and not is_claimed(row):
            tables.change(tables.attempts, row["id"], node=values["new_node"], owner=values["new_owner"])
            taken.append((row["id"],))
    return taken


def every_campaign(tables, _values):
    return [State(**tables.campaigns[name]) for name in sorted(tables.campaigns)]


def set_state(tables, values):
    tables.change(tables.campaigns, values["b_name"], state=values["b_state"])


STATEMENTS = {
    clock._NOW["sqlite"]: database_now,
    nodes._GET: node_of,
    nodes._GET_LOCKED: node_of,
    nodes._ALL: every_node,
    nodes._REGISTER["sqlite"]: register,
    nodes._LEAVE: leave,
    nodes._FORGET: forget,
    leases._GIVE_BACK_ABANDONED: give_back_abandoned,
    leases._ABANDONED: abandoned,
    leases._TAKE_OVER: take_over,
    campaigns._ALL: every_campaign,
    **{nodes._beat(status=status, asks=asks): beat for status in (False, True) for asks in (False, True)},
}
