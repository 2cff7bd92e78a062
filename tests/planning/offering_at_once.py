"""What the racing processes of test_dates_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def offer_in_turn(schools: list[int], by: int) -> list[str]:
    """Offer the three half-days to each of the schools; for each what was refused, "" where they are held."""
    from schools.core.errors import RuleBroken
    from schools.models import School, User
    from tests.planning.offering import offered

    user, refusals = User.objects.get(pk=by), []
    for pk in schools:
        try:
            offered(School.objects.get(pk=pk), by=user, now=NOW)
        except RuleBroken as broken:
            refusals.append(" ".join(broken.reasons))
        else:
            refusals.append("")
    return refusals


def answer_in_turn(rows: list[int], what: str, name: str) -> list[str]:
    """Answer each of the dates: the key of a half-day, “none”, or “back” for the office; what the page says of the choice."""
    from schools.core.errors import RuleBroken
    from schools.models import OfferedDates
    from schools.planning.actions import choose_date, refuse_dates, take_back_dates
    from schools.planning.actions.answers import Chooser
    from schools.visits.half_days import HalfDay

    words = []
    for row in OfferedDates.objects.filter(pk__in=rows).order_by("pk"):
        try:
            if what == "back":
                kept = take_back_dates(row, now=NOW)
            elif what == "none":
                kept = refuse_dates(row, Chooser(name), now=NOW)
            else:
                kept = choose_date(row, HalfDay.of(what), Chooser(name), now=NOW)
        except RuleBroken as broken:
            words.append(" ".join(broken.reasons))
        else:
            words.append(f"{kept.chosen_by} has chosen {HalfDay.of(kept.chosen)}")
    return words


def choose_or_book(rows: list[int], by: int, chooses: bool) -> None:
    """For each of the dates: the school chooses the first, or the office books for the next day what the school had asked for."""
    from datetime import time

    from schools.core.errors import RuleBroken
    from schools.models import OfferedDates, SessionType, User
    from schools.planning.actions import choose_date
    from schools.planning.actions.answers import Chooser
    from schools.visits.actions import NewSession, book
    from schools.visits.half_days import HalfDay
    from tests.planning.offering import TUESDAY, WEDNESDAY

    user, kind = User.objects.get(pk=by), SessionType.objects.get(slug="ks2-assembly")
    for row in OfferedDates.objects.filter(pk__in=rows).select_related("school", "visit").order_by("pk"):
        try:
            if chooses:
                choose_date(row, HalfDay.of(TUESDAY.key), Chooser("Pat"), now=NOW)
            elif row.visit:
                session = NewSession(kind, WEDNESDAY.day, time(10, 0))
                book(row.school, [session], by=user, now=NOW, reference=row.visit.reference)
        except RuleBroken:
            continue


def offer_to_move_in_turn(visits: list[int], by: int) -> list[str]:
    """Offer the three half-days for each of the booked visits; for each what was refused, "" where they are held."""
    from schools.core.errors import RuleBroken
    from schools.models import User, Visit
    from tests.planning.moving import offered_to_move

    user, refusals = User.objects.get(pk=by), []
    for pk in visits:
        try:
            offered_to_move(Visit.objects.select_related("school").get(pk=pk), by=user, now=NOW)
        except RuleBroken as broken:
            refusals.append(" ".join(broken.reasons))
        else:
            refusals.append("")
    return refusals


def cancel_in_turn(rows: list[int], by: int) -> list[str]:
    """Cancel in the office the visit of each of the dates; "" for each that is cancelled."""
    from schools.core.errors import RuleBroken
    from schools.models import OfferedDates, User
    from schools.visits.actions.cancelling import cancel_visit

    user, refusals = User.objects.get(pk=by), []
    for row in OfferedDates.objects.filter(pk__in=rows).select_related("visit").order_by("pk"):
        try:
            if row.visit:
                cancel_visit(row.visit, code="school", note="", by=user, now=NOW)
        except RuleBroken as broken:
            refusals.append(" ".join(broken.reasons))
        else:
            refusals.append("")
    return refusals
