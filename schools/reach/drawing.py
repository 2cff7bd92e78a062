"""Draws a chart: takes a Vega-Lite description, returns an SVG for the page, and keeps it in the cache by its description."""

import hashlib
import json
import re
from typing import Any

from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe

KEPT = 60 * 60 * 24 * 30
"""Seconds that a drawing is kept; the same data makes the same drawing."""

LARGEST_KEPT = 500_000
"""Characters of the largest drawing that is kept: the cache may be a table of the database."""

INK, QUIET, LINE, TEAL, MARIGOLD, BRICK = "#1d2b33", "#5b6b73", "#d9dedb", "#0b6e69", "#f2a900", "#b3261e"
"""The colours of the chips (docs/look.md)."""

VERSION = 2
"""Increase it when drawings are to look different, or a map is to find its names or outline in another way: those are cached."""

LOOK: dict[str, Any] = {
    "font": "Arial, Helvetica, sans-serif",
    "background": "#ffffff",
    "padding": 8,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": QUIET, "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal",
        "grid": False, "domainColor": LINE, "tickColor": LINE, "labelLimit": 220,
    },
    "text": {"fontSize": 13, "color": INK},
    "legend": {"labelFontSize": 13, "labelColor": INK, "labelLimit": 320, "title": None, "symbolSize": 90},
}  # fmt: skip


def draw(chart: dict[str, Any]) -> SafeString:
    """Return the chart as an inline SVG, in which text stays text and no element needs a style attribute."""
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": LOOK, **chart}
    description = json.dumps(whole, sort_keys=True)
    key = f"chart:{VERSION}:{hashlib.sha256(description.encode()).hexdigest()}"
    svg: str | None = cache.get(key)
    if svg is None:
        # Imported only here: it takes 60 MB and half a second, and most processes never draw.
        import vl_convert

        svg = _with_own_ids(str(vl_convert.vegalite_to_svg(whole)), key[-8:])
        if len(svg) < LARGEST_KEPT:
            cache.set(key, svg, KEPT)
    return mark_safe(svg)  # noqa: S308  # vl-convert escapes every text that it is given


def _with_own_ids(svg: str, ending: str) -> str:
    """Return the drawing with ids that no other drawing of the page has."""
    return re.sub(r'(\bid="|url\(#)([\w-]+)', rf"\1\2-{ending}", svg)
