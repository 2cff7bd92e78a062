"""The map of schools: dots at their places by whether they were visited, or squares where they are many; the ground is theirs."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache

from schools.reach.drawing import BRICK, INK, KEPT, MARIGOLD, TEAL, VERSION
from schools.reach.outline import Metres, names_of, outline_of
from schools.reach.pictures import NARROW, WIDE, Picture
from schools.reach.queries.coverage import Coverage, SchoolDot, State
from schools.reach.rows import percent

MOST_DOTS = 2_500
"""A map of more schools shows squares of the grid instead, shaded by the share of their schools that was visited."""
SQUARE = 10_000
"""The side of such a square in metres."""
HIGHEST, NARROWEST = 820, 120
"""The most height of a map, and the least width or height, in the units of the drawing."""
APART, MUCH_LARGER = 25_000, 1.5
"""Squares of so many metres keep parts apart; they stand beside each other if that makes them so many times as large."""
GAP = 24
"""Units of the drawing between two maps."""
GROUND, BORDER = "#eef2ef", "#a9b6b0"
SHAPES = {State.VISITED: ("circle", TEAL), State.DUE: ("diamond", MARIGOLD), State.NEVER: ("triangle-up", BRICK)}
SOURCE = (
    "The outline is drawn around the schools, authority by authority, and place names are those of their addresses: "
    "both come from the registers, no map of anybody else is used."
)


def coverage_map(coverage: Coverage) -> Picture | None:
    """Return the map of schools as dots on the national grid; None where no school stands."""
    if not coverage.schools:
        return None
    title = _title(coverage)
    rows = [(state.label, f"{coverage.states[state]:,}") for state in State]
    if not coverage.dots:
        note = "No school has a known place yet, so there is no map. Registers bring places, else a list of postcodes."
        return Picture("map", title, ("Schools", "How many"), rows, None, note)
    notes = []
    if coverage.without_place:
        are = "school has no known place and is" if coverage.without_place == 1 else "schools have no known place and are"
        notes.append(f"{coverage.without_place:,} {are} on no map.")
    if len(coverage.dots) > MOST_DOTS:
        notes.insert(0, "Each square is 10 by 10 km: the darker, the more of its schools were visited in their cycle.")
    elif further := coverage.further_places:
        marks = "mark is a further place" if further == 1 else "marks are further places"
        notes.append(f"{further:,} {marks} of schools that are in several.")
    parts = _parts(coverage)
    if len(parts) > 1:
        notes.append("Parts of the country that lie far apart are drawn each by itself, the northern one first.")
    wide = [_drawn(part, coverage, _scale([each.corners for each in parts])) for part in parts]
    narrow = [_drawn(part, coverage, min(_scale([each.corners], room=NARROW) for each in parts)) for part in parts]
    return Picture(
        "map",
        title,
        ("Schools", "How many"),
        rows,
        wide[0] if len(parts) == 1 else {"hconcat": wide, "spacing": GAP},
        " ".join([*notes, SOURCE]),
        narrow[0] if len(parts) == 1 else {"vconcat": narrow, "spacing": GAP},
    )


def _title(coverage: Coverage) -> str:
    """Return the message of the map."""
    visited, never = coverage.states[State.VISITED], coverage.states[State.NEVER]
    if coverage.schools == 1:
        when = "visited in its cycle" if visited else "never visited" if never else "visited before its cycle"
        return f"The only school was {when}"
    share, were = percent(visited, coverage.schools), "was" if never == 1 else "were"
    return f"{share} % of {coverage.schools:,} schools were visited in their cycle; {never:,} never {were}"


def _parts(coverage: Coverage) -> list["_Part"]:
    """Return the map, or its parts where they lie so far apart that each by itself is drawn much larger."""
    parts = [_Part(dots, _outline(dots)) for dots in _apart(coverage.dots)]
    beside = _scale([part.corners for part in parts])
    if len(parts) == 1 or beside >= MUCH_LARGER * _scale([[corner for part in parts for corner in part.corners]]):
        return parts
    return [_Part(coverage.dots, _outline(coverage.dots))]


@dataclass(frozen=True)
class _Part:
    """The schools of a map, and the outline around them."""

    dots: Sequence[SchoolDot]
    outline: list[list[Metres]]

    @property
    def corners(self) -> list[Metres]:
        """The corners of the outline, or the schools where they are too few for one."""
        return [place for loop in self.outline for place in loop] or [(dot.easting, dot.northing) for dot in self.dots]


def _apart(dots: Sequence[SchoolDot]) -> list[list[SchoolDot]]:
    """Return the schools of each part of the country that lies far from the others, from north to south."""
    squares: defaultdict[tuple[int, int], list[SchoolDot]] = defaultdict(list)
    for dot in dots:
        squares[dot.easting // APART, dot.northing // APART].append(dot)
    parts = []
    left = dict(sorted(squares.items()))
    while left:
        part, latest = [], [next(iter(left))]
        while latest:
            square = latest.pop()
            if square in left:
                part += left.pop(square)
                latest += [(square[0] + across, square[1] + up) for across in (-1, 0, 1) for up in (-1, 0, 1)]
        parts.append(part)
    return sorted(parts, key=lambda part: -max(dot.northing for dot in part))


def _domains(corners: Sequence[Metres]) -> tuple[list[float], list[float]]:
    """Return from where to where a map with these corners goes, in kilometres: to the east, and to the north."""
    east, north = [corner[0] / 1000 for corner in corners], [corner[1] / 1000 for corner in corners]
    # A kilometre more on each side, so that the marks of the outermost schools are whole.
    return [min(east) - 1, max(east) + 1], [min(north) - 1, max(north) + 1]


def _scale(parts: Sequence[Sequence[Metres]], *, room: float = WIDE) -> float:
    """Return how many units of the drawing a kilometre has where maps with these corners stand beside each other."""
    sides = [[to - at for at, to in _domains(corners)] for corners in parts]
    return min((room - GAP * (len(sides) - 1)) / sum(wide for wide, _ in sides), HIGHEST / max(high for _, high in sides))


def _drawn(part: _Part, coverage: Coverage, scale: float) -> dict[str, Any]:
    """Return the map of the part; the numbers in its legend are those of all."""
    frame = _Frame(part.corners, scale)
    schools = _dots(part.dots, coverage, frame) if len(coverage.dots) <= MOST_DOTS else _squares(part.dots, frame)
    return {
        "width": frame.width,
        "height": frame.height,
        "layer": [_ground(part.outline, frame), schools, *_names(part.dots, frame)],
    }


def _outline(dots: Sequence[SchoolDot]) -> list[list[Metres]]:
    schools = sorted((dot.easting, dot.northing, dot.authority or 0) for dot in dots)
    return _kept("outline", schools, lambda: outline_of(dots))


def _kept[Part](name: str, of: Any, draw: Callable[[], Part]) -> Part:
    """Return what is drawn of these facts, kept as long as a drawing: of a nation it takes a while, and schools hardly change."""
    key = f"{name}:{VERSION}:{hashlib.sha256(json.dumps(of).encode()).hexdigest()}"
    part: Part | None = cache.get(key)
    if part is None:
        part = draw()
        cache.set(key, part, KEPT)
    return part


class _Frame:
    """How the ground comes on the drawing: a kilometre is as long across as up."""

    def __init__(self, corners: Sequence[Metres], scale: float) -> None:
        east, north = _domains(corners)
        self.domains = {"e": east, "n": north}
        self.scale = scale
        """Units of the drawing to a kilometre."""
        self.width, self.height = (max(round((to - at) * scale), NARROWEST) for at, to in (east, north))

    def on_it(self) -> dict[str, Any]:
        """Return the encoding of a place in kilometres, `e` and `n`."""
        return {
            axis: {
                "field": field,
                "type": "quantitative",
                "axis": None,
                "scale": {"domain": self.domains[field], "zero": False, "nice": False},
            }
            for axis, field in (("x", "e"), ("y", "n"))
        }


def _ground(outline: Sequence[Sequence[Metres]], frame: _Frame) -> dict[str, Any]:
    corners = [
        {"e": round(east / 1000, 1), "n": round(north / 1000, 1), "part": part, "at": at}
        for part, loop in enumerate(outline)
        for at, (east, north) in enumerate(loop)
    ]
    return {
        "data": {"values": corners},
        "mark": {"type": "line", "interpolate": "linear-closed", "fill": GROUND, "stroke": BORDER, "strokeWidth": 1},
        "encoding": {**frame.on_it(), "detail": {"field": "part"}, "order": {"field": "at", "type": "quantitative"}},
    }


def _names(dots: Sequence[SchoolDot], frame: _Frame) -> list[dict[str, Any]]:
    """Return the layers of names, each drawn twice: first with a white edge, else the marks of schools would run through it."""
    schools = sorted((dot.easting, dot.northing, dot.address) for dot in dots)

    def names() -> list[dict[str, Any]]:
        return [
            {"e": round(place.easting / 1000, 1), "n": round(place.northing / 1000, 1), "name": place.name}
            for place in names_of(dots, scale=frame.scale / 1000)
        ]

    shown = _kept("names", [frame.scale, schools], names)
    return [
        {
            "data": {"values": shown},
            "mark": {"type": "text", "fontSize": 12, "color": INK, "dy": -11, **edge},
            "encoding": {**frame.on_it(), "text": {"field": "name"}},
        }
        for edge in ({"stroke": "#ffffff", "strokeWidth": 3, "aria": False}, {})
    ]


def _dots(dots: Sequence[SchoolDot], coverage: Coverage, frame: _Frame) -> dict[str, Any]:
    labels = {state: f"{state.label} ({coverage.states[state]:,})" for state in State}
    data: list[dict[str, Any]] = [
        {"e": round(dot.easting / 1000, 1), "n": round(dot.northing / 1000, 1), "state": labels[dot.state]} for dot in dots
    ]
    domain = [labels[state] for state in State]
    return {
        "data": {"values": data},
        "mark": {"type": "point", "filled": True, "size": 55, "opacity": 0.95, "stroke": INK, "strokeWidth": 0.6},
        "encoding": {
            **frame.on_it(),
            **{
                channel: {
                    "field": "state",
                    "scale": {"domain": domain, "range": [SHAPES[state][number] for state in State]},
                    "legend": {"orient": "top", "direction": "vertical"},
                }
                for number, channel in enumerate(("shape", "fill"))
            },
        },
    }


def _squares(dots: Sequence[SchoolDot], frame: _Frame) -> dict[str, Any]:
    squares: defaultdict[tuple[int, int], Counter[State]] = defaultdict(Counter)
    for dot in dots:
        if not dot.is_further:  # a school counts once, where its register has it
            squares[dot.easting // SQUARE, dot.northing // SQUARE][dot.state] += 1
    data = [
        {"e": 10 * east + 5, "n": 10 * north + 5, "share": round(100 * states[State.VISITED] / states.total())}
        for (east, north), states in sorted(squares.items())
    ]
    return {
        "data": {"values": data},
        "mark": {"type": "square", "filled": True, "opacity": 1, "size": (10 * frame.scale) ** 2},
        "encoding": {
            **frame.on_it(),
            "fill": {
                "field": "share",
                "type": "quantitative",
                "scale": {"domain": [0, 100], "range": ["#e6ece9", TEAL, "#052f2d"], "interpolate": "rgb"},
                "legend": {"title": "% of schools visited in the cycle", "orient": "top", "gradientLength": 200},
            },
        },
    }
