"""Fault drills: a dialer at work, broken in every way of the list in docs/reliability.md and judged by the carrier's log."""
