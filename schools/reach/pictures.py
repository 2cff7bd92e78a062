"""The charts of reach: each has one message worked out from the figures, a drawing, and a table that says the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.safestring import SafeString

from schools.core.periods import FIRST_MONTH, AcademicYear
from schools.core.words import joined
from schools.core.year_groups import YEAR_GROUPS, year_group_anywhere
from schools.reach.drawing import INK, LINE, QUIET, TEAL, draw
from schools.reach.rows import ReachRow, ReachTable, one_decimal
from schools.reach.sentences import PLURALS

MOST_BARS = 30
WIDTH, WIDE, NARROW = 620, 700, 300
"""The width of a chart, of one that needs all the room that a page has for it, and of one on a phone of 360 px."""
LETTERS, SMALL = 13, 11
"""The size of letters, and of the smallest on a phone."""
BESIDE_NOTHING = 2
"""Units around a chart on a phone, which has none to spare."""


@dataclass(frozen=True)
class Picture:
    """A chart and its table."""

    key: str
    """Its name on its page."""
    title: str
    """Its message, in a sentence."""
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    chart: dict[str, Any] | None = field(repr=False)
    """None where there is nothing to draw; then the table stands alone."""
    note: str = ""
    """How to read the marks."""
    narrow: dict[str, Any] | None = field(default=None, repr=False)
    """The same chart for a phone: as readable, and no wider."""

    @property
    def svg(self) -> SafeString:
        """The drawing; empty where there is none."""
        return SafeString() if self.chart is None else draw(self.chart)

    @property
    def narrow_svg(self) -> SafeString:
        """The drawing for a phone; empty where there is none."""
        return SafeString() if self.narrow is None else draw({"padding": BESIDE_NOTHING, **self.narrow})


def by_place(
    table: ReachTable, before: Mapping[str, int], name: Callable[[ReachRow], str], *, before_words: str
) -> Picture | None:
    """Return the chart of pupils reached by place; None where nobody was reached.

    `before` has those of the period that it is compared with, by cell; a line across the bar shows them. `before_words` says
    which period that is, like “2024/25”. No two rows have the same `name`: they would be drawn over each other.
    """
    rows = sorted((row for row in table.rows if row.pupils_reached), key=lambda row: (-row.pupils_reached, row.cell))
    if not rows:
        return None
    data: list[dict[str, Any]] = [
        {"place": name(row), "pupils": row.pupils_reached, "before": before.get(row.cell)} for row in rows[:MOST_BARS]
    ]
    for bar in data:
        then = "none before" if not bar["before"] else f"{bar['before']:,} before"
        bar["label"] = f"{bar['pupils']:,} reached, {then}"
        bar["short"] = f"{bar['pupils']:,} ({then})"
    note = f"Bars: pupils reached. The dark line across each: those of {before_words}."
    if len(rows) > MOST_BARS:
        note += f" The {MOST_BARS} with most pupils of {len(rows)}; all are in the table above."
    return Picture(
        "by-place",
        _title_of_places(table, rows, before, name, f"{'from' if ' to ' in before_words else 'in'} {before_words}"),
        (table.by.label, "Pupils reached", f"Pupils of {before_words}"),
        [(bar["place"], f"{bar['pupils']:,}", _text(bar["before"])) for bar in data],
        _bars_of_places(data),
        note,
        _bars_below_places(data),
    )


def _title_of_places(
    table: ReachTable, rows: Sequence[ReachRow], before: Mapping[str, int], name: Callable[[ReachRow], str], in_before: str
) -> str:
    """Return the message of the chart by place; `rows` are those with pupils reached, the largest first.

    `in_before` is the period before in words, like “in 2024/25”.
    """
    more = sum(row.pupils_reached > before.get(row.cell, 0) for row in rows)
    top = f"{name(rows[0])} reached most, about {rows[0].pupils_reached:,} pupils"
    if len(table.rows) == 1:
        before_it = before.get(rows[0].cell, 0)
        return f"{name(rows[0])} reached about {rows[0].pupils_reached:,} pupils, and {before_it:,} {in_before}"
    if before.get("total"):
        kinds = PLURALS.get(table.by, "rows")
        return f"{more} of {len(table.rows)} {kinds} reached more pupils than {in_before}; {top}"
    return top


def _bars_of_places(data: Sequence[dict[str, Any]]) -> dict[str, Any]:
    # The room is counted in letters: the browser's font may be wider than the font with which the drawing was measured.
    room = min(240, 20 + 8 * max(len(bar["place"]) for bar in data))
    axis = {"ticks": False, "domain": False, "minExtent": room, "labelLimit": room * 5 // 6}
    places = {"field": "place", "type": "nominal", "sort": None, "title": None, "axis": axis}
    most = max(max(bar["pupils"], bar["before"] or 0) for bar in data)
    # Beside the longest bar its label needs room, too.
    width = WIDE - room
    label = 7.5 * max(len(bar["label"]) for bar in data)
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [0, most * width / max(width - label, 120)]}}
    return {
        "width": width,
        "height": {"step": 30},
        "data": {"values": data},
        "layer": [
            {"mark": {"type": "bar", "color": TEAL, "height": 18}, "encoding": {"y": places, "x": {"field": "pupils", **across}}},
            {
                "mark": {"type": "tick", "color": INK, "thickness": 3, "size": 26},
                "encoding": {"y": places, "x": {"field": "before", **across}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8},
                "transform": [{"calculate": "max(datum.pupils, datum.before)", "as": "end"}],
                "encoding": {"y": places, "x": {"field": "end", **across}, "text": {"field": "label"}},
            },
        ],
    }


def _bars_below_places(data: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the bars as a phone has room for them: each below the name of its place."""
    places = {"field": "place", "type": "nominal", "sort": None, "title": None, "axis": None}
    most = max(max(bar["pupils"], bar["before"] or 0) for bar in data)
    label = 8 + 7.5 * max(len(bar["short"]) for bar in data)
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [0, most * NARROW / max(NARROW - label, 60)]}}
    below = 9
    return {
        "width": NARROW,
        "height": {"step": 48},
        "data": {"values": data},
        "layer": [
            {
                "mark": {"type": "text", "align": "left", "dy": -12, "limit": NARROW * 5 // 6},
                "encoding": {"y": places, "x": {"value": 0}, "text": {"field": "place"}},
            },
            {
                "mark": {"type": "bar", "color": TEAL, "height": 16, "yOffset": below},
                "encoding": {"y": places, "x": {"field": "pupils", **across}},
            },
            {
                "mark": {"type": "tick", "color": INK, "thickness": 3, "size": 22, "yOffset": below},
                "encoding": {"y": places, "x": {"field": "before", **across}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 8, "dy": below},
                "transform": [{"calculate": "max(datum.pupils, datum.before)", "as": "end"}],
                "encoding": {"y": places, "x": {"field": "end", **across}, "text": {"field": "short"}},
            },
        ],
    }


def by_month(year: AcademicYear, months: Mapping[str, int], *, as_of: date, same_days: int) -> Picture | None:
    """Return the chart of attendances by month (2025-10), with the year before as a line; None where there are none in either.

    `months` has those of both years; `same_days` are the attendances of the year before up to the same day.
    """
    is_over = as_of > year.last_day
    until = 12 if is_over else (as_of.month - FIRST_MONTH) % 12 + 1
    now, then = _of_months(months, year.start), _of_months(months, year.start - 1)
    if not (sum(now.values()) or sum(then.values())):
        return None
    data: list[dict[str, Any]] = [
        {
            "month": f"{_month_name(number)}",
            "at": number,
            "now": now[number] if number < until else None,
            "then": then[number],
            "label": f"{now[number]:,}" if number < until and now[number] else "",
        }
        for number in range(12)
    ]
    year_before = AcademicYear(year.start - 1)
    so_far = sum(now.values())
    title = f"{so_far:,} attendances in {year}{'' if is_over else ' so far'}"
    if same_days:
        change = one_decimal(abs(so_far - same_days) * 100, same_days)
        compared = "more" if so_far >= same_days else "fewer"
        title += f", {change} % {compared} than in {year_before}{'' if is_over else ' by the same day'}"
    rows = [(bar["month"], _text(bar["now"]), _text(bar["then"])) for bar in data]
    note = f"Bars: {year}. Broken line: {year_before}."
    highest = max(range(12), key=then.__getitem__)
    chart, narrow = (_months_chart(data, highest=highest, year_before=year_before, is_narrow=each) for each in (False, True))
    return Picture("by-month", title, ("Month", str(year), str(year_before)), rows, chart, note, narrow)


BROKEN_LINE = {"type": "line", "color": INK, "strokeDash": [4, 3], "point": {"filled": False, "fill": "white", "color": INK}}
"""The mark of the year before."""


def _months_chart(data: Sequence[dict[str, Any]], *, highest: int, year_before: AcademicYear, is_narrow: bool) -> dict[str, Any]:
    """Return the chart; the line is labelled with its year at the month `highest`, counted from August.

    A narrow one has its months below each other, and the numbers beside their bars.
    """
    months, numbers = ("y", "x") if is_narrow else ("x", "y")
    axis = {"labelAngle": 0, "ticks": False, **({"minExtent": 44, "labelPadding": 8} if is_narrow else {})}
    month = {"field": "month", "type": "nominal", "sort": None, "title": None, "axis": axis}
    size: dict[str, Any] = {"type": "quantitative", "axis": None}
    look: dict[str, Any] = {"bar": {"width": 30}, "number": {"dy": -10}, "name": {"dy": -14}}
    if is_narrow:
        size["scale"] = {"domain": [0, 1.3 * max(max(bar["now"] or 0, bar["then"]) for bar in data)]}
        look = {"bar": {"height": 16}, "number": {"dx": 8, "align": "left"}, "name": {"dx": 8, "dy": 14, "align": "left"}}

    def at(field: str) -> dict[str, Any]:
        return {months: month, numbers: {"field": field, **size}}

    return {
        "width": NARROW - 44 if is_narrow else WIDTH,
        "height": {"step": 28} if is_narrow else 240,
        "data": {"values": data},
        "layer": [
            {"mark": {"type": "bar", "color": TEAL, **look["bar"]}, "encoding": at("now")},
            {"mark": BROKEN_LINE, "encoding": {**at("then"), "order": {"field": "at", "type": "quantitative"}}},
            # Each number is drawn twice, first with a white edge: else the line would run through it.
            *(
                {
                    "mark": {"type": "text", "fontWeight": "bold", "color": TEAL, **look["number"], **around},
                    "encoding": {**at("now"), "text": {"field": "label"}},
                }
                for around in ({"stroke": "#ffffff", "strokeWidth": 4, "aria": False}, {})
            ),
            {
                "mark": {"type": "text", "color": QUIET, **look["name"]},
                "transform": [{"filter": f"datum.month === '{_month_name(highest)}'"}],
                "encoding": {**at("then"), "text": {"value": str(year_before)}},
            },
        ],
    }


def cohort_strip(year: AcademicYear, pupils: Mapping[tuple[int, int], int]) -> Picture | None:
    """Return the chart of which year groups now at school were reached in which year; None where none was.

    `pupils` are those reached, by academic year and year group.
    """
    years = [AcademicYear(year.start - back) for back in reversed(YEAR_GROUPS)]
    squares: list[dict[str, Any]] = []
    rows = []
    reached: list[str] = []
    not_yet: list[str] = []
    for group in reversed(YEAR_GROUPS):
        cohort = year.start - group
        reached_by_year = {each.start: pupils.get((each.start, each.start - cohort), 0) for each in years if each.start >= cohort}
        called = year_group_anywhere(group)
        (reached if any(reached_by_year.values()) else not_yet).append(called)
        rows.append((called, *(_text(reached_by_year.get(each.start)) for each in years)))
        squares += [_square(called, AcademicYear(start), number) for start, number in reached_by_year.items()]
    if not reached:
        return None
    how_many = f"{len(reached)} of the {len(YEAR_GROUPS)}" if not_yet else f"All {len(YEAR_GROUPS)}"
    title = f"{how_many} year groups at school in {year} were reached, this year or before"
    if not_yet:
        title += f"; not yet {joined(not_yet)}" if len(not_yet) < 4 else ""
    note = "Each line follows the same children through the school: pupils reached in each year, the darker the more."
    wide, narrow = (_cohorts_chart(squares, year, is_narrow=each) for each in (False, True))
    return Picture("cohorts", title, (f"In {year}", *map(str, years)), rows, wide, note, narrow)


def _square(called: str, year: AcademicYear, pupils: int) -> dict[str, Any]:
    """Return what a square of the strip shows, of a year group as it is called now, also in few letters."""
    label = f"{pupils:,}" if pupils else "–"
    short = f"{pupils / 1000:,.{0 if pupils >= 10_000 else 1}f}k" if pupils >= 1_000 else label
    return {"now": called, "year": str(year), "pupils": pupils, "label": label, "short": short}


def _cohorts_chart(squares: Sequence[dict[str, Any]], year: AcademicYear, *, is_narrow: bool) -> dict[str, Any]:
    """Return the chart; a narrow one has its years upright, and thousands where a number is long."""
    most = max(square["pupils"] for square in squares)
    letters, room = (SMALL, 96) if is_narrow else (LETTERS, 150)
    down = {
        "field": "now",
        "type": "nominal",
        "sort": None,
        "title": None if is_narrow else f"In {year}",
        "axis": {"ticks": False, "domain": False, "minExtent": room, "labelFontSize": letters},
    }
    across = {
        "field": "year", "type": "nominal", "sort": None, "title": None,
        "axis": {
            "orient": "top", "labelAngle": -90 if is_narrow else 0, "ticks": False, "domain": False, "labelFontSize": letters,
        },
    }  # fmt: skip
    shade = {"type": "linear", "domain": [0, most], "range": ["#ffffff", TEAL], "interpolate": "rgb"}
    return {
        "width": (NARROW if is_narrow else WIDTH) - room,
        "height": {"step": 38},
        "data": {"values": squares},
        "encoding": {"y": down, "x": across},
        "layer": [
            {
                "mark": {"type": "rect", "stroke": LINE, "strokeWidth": 1},
                "encoding": {"fill": {"field": "pupils", "type": "quantitative", "scale": shade, "legend": None}},
            },
            {
                "mark": {"type": "text", "fontSize": letters},
                "encoding": {
                    "text": {"field": "short" if is_narrow else "label"},
                    "color": {"condition": {"test": f"datum.pupils > {most * 0.55}", "value": "#ffffff"}, "value": INK},
                },
            },
        ],
    }


def _of_months(attendances: Mapping[str, int], start: int) -> dict[int, int]:
    """Return the attendances of each month, counted from August of the year."""
    return {number: attendances.get(_month(start, number), 0) for number in range(12)}


def _month(start: int, number: int) -> str:
    year, month = divmod(start * 12 + 7 + number, 12)
    return f"{year}-{month + 1:02}"


def _month_name(number: int) -> str:
    return ("Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul")[number]


def _text(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
