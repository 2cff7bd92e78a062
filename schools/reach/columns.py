"""The columns of reach: what each is called and, in one sentence, what it counts (REACH.md); page and exports read it here."""

from dataclasses import dataclass
from decimal import Decimal

from schools.reach.rows import ReachRow


@dataclass(frozen=True)
class Column:
    """One figure: the attribute of a row, its heading, its definition."""

    name: str
    heading: str
    definition: str

    def text(self, row: ReachRow) -> str:
        """The figure as people read it; a dash where it is not known."""
        value = getattr(row, self.name)
        if value is None:
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        text = f"{value:,}"
        return f"{text} %" if self.name.endswith("percent") and isinstance(value, Decimal) else text


FIGURES = (
    Column("pupils_reached", "Pupils reached", "At least so many pupils, each counted once in a school year."),
    Column(
        "children_reached",
        "Children reached",
        "At least so many children, each counted once over all the years of the period.",
    ),
    Column("attendances", "Attendances", "Seats filled: every pupil counted in every session."),
    Column(
        "attendances_estimated",
        "of them estimated",
        "Attendances where one total was spread over year groups, or the school gave its own number.",
    ),
    Column(
        "pupils_in_person",
        "In person",
        "Pupils reached, over in-person sessions alone. Overlaps with online; never added.",
    ),
    Column(
        "pupils_online",
        "Online",
        "Pupils reached, over online sessions alone. Overlaps with in person; never added.",
    ),
    Column(
        "schools_visited",
        "Schools visited",
        "Schools with a delivered in-person session for pupils, under all their register numbers.",
    ),
    Column("schools_online_only", "Schools online only", "Schools that had online sessions and no visit."),
    Column("sessions_delivered", "Sessions", "Sessions of all types that took place."),
    Column(
        "outcomes_missing",
        "Outcomes missing",
        "Sessions for pupils whose day has passed without anybody saying how it went.",
    ),
    Column(
        "counts_missing",
        "Counts missing",
        "Delivered sessions for pupils in which a year group was not counted. Blank is not zero.",
    ),
    Column("adults", "Adults", "Adults in sessions for adults; teachers in a hall are not an audience."),
    Column("volunteers_active", "Volunteers", "People who led or presented a session."),
    Column(
        "volunteer_hours",
        "Volunteer hours",
        "Minutes of the sessions that people attended, and 45 more for each person and visit day.",
    ),
    Column(
        "schools_in_area",
        "Schools in area",
        "Mainstream schools open on the period’s last day that lay in the place on that day.",
    ),
    Column("school_coverage_percent", "School coverage", "Schools in area that were visited, of all schools in area."),
    Column(
        "schools_visited_in_cycle",
        "In cycle",
        "Schools in area with a session that counts for the cycle, in the area’s last cycle.",
    ),
    Column("cycle_coverage_percent", "Cycle coverage", "Schools in cycle, of all schools in area."),
    Column("pupils_on_roll", "Pupils on roll", "Pupils of Reception to Year 6 in the schools in area."),
    Column(
        "pupils_on_roll_estimated",
        "Roll estimated",
        "Whether part of the roll is a share of a register’s total, or a school’s is unknown.",
    ),
    Column(
        "coverage_percent",
        "Coverage",
        "Children reached in the schools in area, of their pupils on roll; blank for periods over 12 months.",
    ),
)  # fmt: skip
"""The figures in the order in which the page shows them: what matters most first."""
