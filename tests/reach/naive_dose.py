"""Dose once more, slowly and straight from docs/figures.md; nothing is shared with schools.reach."""

from tests.reach.naive import ADULTS, SERIES, History, Place, Wanted, academic_year


def first_recorded(history: History) -> int | None:
    """The academic year of the oldest delivered session for pupils."""
    years = [academic_year(m.day) for m in history.meetings if m.stage == "delivered" and m.kind not in ADULTS]
    return min(years, default=None)


def years_of(history: History, school: Place, year: int) -> int:
    """In how many of their school years those who leave in the year were counted, more than none of them."""
    return len(
        {
            academic_year(meeting.day)
            for meeting in history.meetings
            for count in meeting.headcounts
            if meeting.stage == "delivered"
            and meeting.kind not in ADULTS | SERIES
            and history.schools[count.school].lineage == school.lineage
            and academic_year(meeting.day) - count.group == year - 6
            and academic_year(meeting.day) <= year
            and (count.pupils or 0) > 0
        }
    )


def dose_of(history: History, wanted: Wanted, year: int) -> dict[str, object]:
    """Every figure of the schools that stand where it is wanted; the history's last day is the year's."""
    first = first_recorded(history)
    row: dict[str, object] = {}
    pupils_by = {"leaving": 0, "no_year": 0, "one_year": 0, "two_years": 0, "years_unknown": 0}
    schools = unknown = estimated = 0
    for school in history.standing(wanted):
        roll = history.roll(school)
        if 6 not in school.groups() and 6 not in roll:
            continue
        schools += 1
        if 6 not in roll:
            unknown += 1
            continue
        pupils, is_estimate = roll[6]
        estimated += is_estimate
        years = years_of(history, school, year)
        recorded = first is not None and first <= year - 6
        column = "two_years" if years > 1 else "years_unknown" if not recorded else "one_year" if years else "no_year"
        pupils_by["leaving"] += pupils
        pupils_by[column] += pupils
    row |= {f"pupils_{name}": number for name, number in pupils_by.items()}
    return row | {"schools_leaving": schools, "schools_roll_unknown": unknown, "leaving_estimated": estimated > 0}
