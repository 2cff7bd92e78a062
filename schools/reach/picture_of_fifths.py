"""The chart of coverage by fifth of deprivation, nation by nation: never on one scale."""

from typing import Any

from schools.core.nations import Nation
from schools.reach.drawing import INK, LINE, TEAL
from schools.reach.pictures import NARROW, WIDTH, Picture
from schools.reach.rows import ReachRow, ReachTable

NOTE = (
    "Bars: children reached, of the pupils on roll whose number is known. Fifths are those of each nation by its own index; a "
    "fifth of one nation says nothing of that of another."
)


def by_fifth(table: ReachTable, about: str = "") -> Picture | None:
    """Return the chart of a table by fifth; None where no coverage is known of any fifth. `about` says which fifths they are."""
    rows = [row for row in table.rows if row.coverage_percent is not None and row.kind.isdecimal()]
    if not rows:
        return None
    called = [(Nation(row.nation).label, row) for row in rows]
    lines = [(nation, row.kind_name, f"{row.coverage_percent} %") for nation, row in called]
    headings = ("Nation", "Fifth of its neighbourhoods", "Coverage")
    wide, narrow = (_chart(called, is_narrow=each) for each in (False, True))
    return Picture("fifths", _title(rows), headings, lines, wide, f"{NOTE} {about}".strip(), narrow)


def _title(rows: list[ReachRow]) -> str:
    """Return the message: of each nation the most and the least deprived fifth."""
    ends: dict[str, dict[str, ReachRow]] = {}
    for row in rows:
        ends.setdefault(row.nation, {})[row.kind] = row
    parts = [
        f"{Nation(nation).label} {by['1'].coverage_percent} % and {by['5'].coverage_percent} %"
        for nation, by in ends.items()
        if "1" in by and "5" in by
    ]
    return f"Coverage in the most and in the least deprived fifth: {'; '.join(parts)}" if parts else "Coverage by fifth"


def _bar(nation: str, row: ReachRow) -> dict[str, Any]:
    share = row.coverage_percent
    return {"nation": nation, "fifth": row.kind_name, "share": float(share or 0), "label": f"{share} %"}


def _chart(called: list[tuple[str, ReachRow]], *, is_narrow: bool) -> dict[str, Any]:
    """Return the chart; a narrow one has the name of each nation above its bars."""
    data = [_bar(nation, row) for nation, row in called]
    room = 120 if is_narrow else 170
    axis = {"ticks": False, "domain": False, "minExtent": room, "labelLimit": room}
    fifths = {"field": "fifth", "type": "nominal", "sort": None, "title": None, "axis": axis}
    most = max(bar["share"] for bar in data)
    across = {
        "field": "share",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, max(most * (1.5 if is_narrow else 1.15), 1)]},
    }
    bars = {
        "width": (NARROW if is_narrow else WIDTH) - room,
        "height": {"step": 28},
        "layer": [
            {"mark": {"type": "bar", "color": TEAL, "height": 16}, "encoding": {"y": fifths, "x": across}},
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "color": INK},
                "encoding": {"y": fifths, "x": across, "text": {"field": "label"}},
            },
        ],
    }
    header: dict[str, Any] = {"labelAngle": 0, "labelColor": INK, "labelFontSize": 13}
    if is_narrow:
        header |= {"labelOrient": "top", "labelAnchor": "start"}
    return {
        "data": {"values": data},
        "facet": {"row": {"field": "nation", "type": "nominal", "title": None, "header": header}},
        "spec": bars,
        "resolve": {"scale": {"y": "independent"}},
        "config": {"view": {"stroke": LINE}},
    }
