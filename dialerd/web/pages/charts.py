"""Charts, whose labels are drawn as text and never read as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui
from nicegui.elements.echart import EChart

from dialerd.web.pages.words import spoken

GRAY = "#808890"
"""Seen on white and on black."""
_BLUE, _ORANGE = "#1e88e5", "#fb8c00"
_FAINT = {"lineStyle": {"color": "#80808040"}}
_TEXT = {"color": GRAY, "fontFamily": "inherit"}


def dispositions(counts: Mapping[str, int]) -> EChart:
    """A bar for each disposition, the longest on top."""
    chart = ui.echart(_bars(counts)).classes("w-full")
    chart.props('role="img" aria-label="Leads by disposition; the table says the same in figures"')
    return chart


def put_dispositions(chart: EChart, counts: Mapping[str, int]) -> None:
    """Shows these instead, if they are others."""
    _put(chart, _bars(counts))


def _bars(counts: Mapping[str, int]) -> dict[str, Any]:
    named = sorted(((name, number) for name, number in counts.items() if number), key=lambda pair: pair[1])[-12:]
    return {
        "animation": False,
        "tooltip": {"renderMode": "richText"},
        "textStyle": _TEXT,
        "grid": {"left": 8, "right": 50, "top": 8, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1, "axisLabel": _TEXT, "splitNumber": 3, "splitLine": _FAINT},
        "yAxis": {"type": "category", "data": [spoken(name) for name, _ in named], "axisLabel": _TEXT},
        "series": [
            {
                "type": "bar",
                "name": "leads",
                "barMaxWidth": 22,
                "itemStyle": {"color": _BLUE},
                "label": {"show": True, "position": "right", "color": GRAY},
                "data": [number for _, number in named],
            }
        ],
    }


def pace(points: Sequence[tuple[str, float]], target: float | None) -> EChart:
    """Calls per second over time beside the pace that is wanted."""
    chart = ui.echart(_lines(points, target)).classes("w-full")
    chart.props('role="img" aria-label="Calls per second of the last minutes beside the pace of the campaign"')
    return chart


def put_pace(chart: EChart, points: Sequence[tuple[str, float]], target: float | None) -> None:
    """Shows these instead, if they are others."""
    _put(chart, _lines(points, target))


def _lines(points: Sequence[tuple[str, float]], target: float | None) -> dict[str, Any]:
    series = [("achieved", [list(point) for point in points], _BLUE)]
    if target is not None and points:
        series.append(("target", [[points[0][0], target], [points[-1][0], target]], _ORANGE))
    return {
        "animation": False,
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "textStyle": _TEXT,
        "legend": {"textStyle": _TEXT, "top": 0},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "time", "axisLabel": _TEXT},
        "yAxis": {
            "type": "value",
            "min": 0,
            "name": "calls/s",
            "nameTextStyle": _TEXT,
            "axisLabel": _TEXT,
            "splitLine": _FAINT,
        },
        "series": [
            {"type": "line", "name": name, "showSymbol": False, "data": data, "color": color}
            for name, data, color in series
        ],
    }


def _put(chart: EChart, options: dict[str, Any]) -> None:
    if chart.options != options:
        chart.options.clear()
        chart.options.update(options)
        chart.update()
