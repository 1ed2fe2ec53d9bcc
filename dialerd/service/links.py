"""What engines say of their connections to Asterisk servers, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dialerd.store.nodes import NodeRecord

CONNECTED = "connected"


def links_of(node: NodeRecord) -> str:
    """The engine's connections: in a word when all are alike, else each by name."""
    link, states = str(node.status.get("link", "not told yet")), _servers(node)
    return link if len(set(states.values())) <= 1 else "; ".join(f"{name} {state}" for name, state in states.items())


def away(nodes: Iterable[NodeRecord]) -> str | None:
    """Which Asterisk of these engines is not connected, although they dial over others; None when all are."""
    found = [
        f"engine {node.name} is not connected to Asterisk {name}: {state}"
        for node in nodes
        for name, state in _servers(node).items()
        if state != CONNECTED
    ]
    return "; ".join(found) or None


def _servers(node: NodeRecord) -> Mapping[str, str]:
    told = node.status.get("servers")
    return {str(name): str(state) for name, state in told.items()} if isinstance(told, Mapping) else {}
