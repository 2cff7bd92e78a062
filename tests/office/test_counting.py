"""Home's numbers: one statement counts what the database can, and says the same as asking need by need."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models import Count, Min
from django.test import Client
from django.utils import timezone

from schools import models
from schools.erasing.people import reference_of
from schools.office.frame.need_registry import Kept, Need
from schools.office.home.need_counts import KEPT_SECONDS, NeedCount, Viewer, _statement, count_needs
from schools.office.home.needs import NEEDS
from schools.office.home.needs_of_people import NEEDS_OF_PEOPLE
from tests import factories
from tests.house import assert_none
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db
ON = NOW.date()


def in_days(days: int) -> date:
    return ON + timedelta(days=days)


def requests_of(school: models.School, *, at: datetime) -> None:
    """Requests of a school that belong to no visit yet, and to one; of each one that waits, and one that does not."""
    person: dict[str, Any] = {"name": "Pat", "role": "head", "email": "pat@example.org", "asked_at": at, "confirmed_at": at}
    for state in ("waits", "done"):
        for visit in (None, factories.VisitFactory(school=school)):
            models.VisitRequest.objects.create(school=school, visit=visit, state=state, **person)


def alarms(school: models.School, at: datetime) -> None:
    """One that stands, and one that the school took back."""
    for number, over in ((0, None), (1, at)):
        called_off = factories.SessionFactory(visit__school=school, day=in_days(number))
        said: dict[str, Any] = {"what": "call_off", "given_by": "Pat", "at": at, "over_at": over}
        models.SchoolAlarm.objects.create(visit=called_off.visit, day=called_off.day, **said)


def changes(school: models.School, at: datetime) -> None:
    """Visits that their schools cancelled, or would like on another day; somebody saw to one of each, and nobody to the other."""
    said: dict[str, Any] = {"what": "cancel", "day": in_days(20), "why": "staff", "given_by": "Pat", "at": at}
    for seen_at in (None, at):
        visit = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="school")
        models.SchoolChange.objects.create(visit=visit, seen_at=seen_at, **said)
        booked = factories.SessionFactory(visit__school=school, day=in_days(20))
        models.SchoolChange.objects.create(visit=booked.visit, seen_at=seen_at, **said | {"what": "move"})


def dates_chosen(school: models.School, at: datetime) -> None:
    """Dates that schools chose, with too few or enough people left; that they chose none of; and that nobody there can read."""
    for is_short in (True, False):
        visit = factories.VisitFactory(school=school, stage="requested", requested_on=None)
        chosen: dict[str, Any] = {"state": "chosen", "chosen": "2026-12-15-morning", "answered_at": at, "is_short": is_short}
        chosen |= {"half_days": ["2026-12-15-morning"], "people": 2, "offered_at": at, "held_until": at.date()}
        models.OfferedDates.objects.create(school=school, visit=visit, **chosen)
    for days, state in ((20, "none"), (1, "none"), (1, "lapsed")):
        other, then = factories.SchoolFactory(authority=school.authority), NOW - timedelta(days=days)
        answered: dict[str, Any] = {"half_days": [], "people": 2, "held_until": at.date(), "answered_at": then}
        models.OfferedDates.objects.create(school=other, state=state, offered_at=then, **answered)
    for has_left in (True, False):
        other = factories.SchoolFactory(authority=school.authority)
        reader = at_a_school() if has_left else models.Contact.objects.create(school=other, name="Pat Head")
        waits: dict[str, Any] = {"half_days": ["2026-12-15-morning"], "people": 2, "held_until": in_days(9)}
        models.OfferedDates.objects.create(school=other, contact=reader, offered_at=at, **waits)


def due_to_be_erased(at: datetime) -> None:
    """Somebody of each kind whom the last purge left because notes name them, and somebody whom it left for another night."""
    kinds = (lambda: factories.VolunteerFactory(status="left"), lambda: factories.UserFactory(is_active=False), at_a_school)
    run, _ = models.PurgeRun.objects.get_or_create(started_at=at, finished_at=at)
    for make in kinds:
        references = [reference_of(row) for row in (make(), make())]
        run.report.append({"period": "any", "in_notes": references[:1], "not_done": references[1:]})
    run.save()


def at_a_school() -> models.Contact:
    contact: models.Contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Pat Head")
    return contact


def said_by(school: models.School, *, at: datetime) -> None:
    """What a school says by itself: answers, requests and alarms."""
    for state in ("open", "taken"):
        answer: dict[str, Any] = {"item": "note", "words": "Hello", "given_by": "Pat", "at": at, "state": state}
        models.SchoolAnswer.objects.create(visit=factories.VisitFactory(school=school), school=school, **answer)
    requests_of(school, at=at)
    alarms(school, at)
    changes(school, at)
    dates_chosen(school, at)


# Longer than 40 lines: it names a row for each line of home.
def a_bit_of_everything(area: models.Area, by: models.User) -> None:
    """Rows that need somebody, and beside each one that does not."""
    school, person = factories.SchoolFactory(area=area), factories.able_volunteer(area)
    closing = factories.SchoolFactory(area=area, status="closing", closed=in_days(4))
    factories.VisitFactory(school=school, stage="requested", requested_on=in_days(-12))
    factories.VisitFactory(school=school, stage="requested", requested_on=None)
    for day in (-40, -3, 2, 5, 60):
        factories.SessionFactory(visit__school=school, day=in_days(day))
        factories.SessionFactory(visit__school=closing, day=in_days(day))
    window: dict[str, Any] = {"type": models.SessionType.objects.get(slug="online-ks2"), "visit__school": school}
    factories.SessionFactory(day=in_days(-20), until_day=in_days(-1), **window)
    factories.SessionFactory(day=in_days(-20), until_day=in_days(1), **window)
    lost = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    factories.SessionFactory(visit=lost, day=in_days(-5), cancelled=True, type=models.SessionType.objects.get(slug="send"))
    held = factories.SessionFactory(visit__school=school, day=in_days(-30), delivered=True, area=area)
    factories.SessionFactory(visit__school=school, day=in_days(-31), delivered=True, area=area)
    factories.HeadcountFactory(session=held, expected=30, pupils=None)
    # Half an hour past midnight in summer: the day before by the clock of the database.
    at = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    models.SafeguardingNotice.objects.create(session=held, told_at=at, role_told="safeguarding lead", by=by)
    said_by(school, at=at)
    moved = factories.SessionFactory(visit__school=school, day=in_days(9), school_news="moved")
    given = factories.CoverFactory(session=moved, volunteer=person, state="withdrawn", gave_back=True)
    models.Cover.objects.filter(pk=given.pk).update(news="taken_off")
    models.ContactLog.objects.create(school=school, day=in_days(-9), how="phone", who="Pat", by=by, follow_up_on=in_days(-2))
    factories.CoverFactory(session=factories.SessionFactory(visit__school=school, day=in_days(11)), volunteer=person)
    for day in (-4, 12):
        watched = factories.SessionFactory(visit__school=school, day=in_days(day))
        factories.CoverFactory(session=watched, volunteer=person, role="observer", state="asked", offered_at=at)
    for days in (-2, 3, 20, 80, 200):
        other = factories.able_volunteer(area)
        other.clearances.update(recheck_on=in_days(days))
        other.sign_offs.update(recheck_on=in_days(days))
    person.sign_offs.update(recheck_on=in_days(10))
    mail: dict[str, Any] = {"to": "a@example.org", "subject": "Hello", "body": "Hello"}
    for key, left_at in (("hello", None), ("left", at)):
        stopped = models.OutboxMessage.objects.create(key=f"{key}:{area.pk}", stopped_at=at, left_at=left_at, **mail)
        models.MessageTo.objects.create(message=stopped, volunteer=person)
    for address in ("", "pat@example.org"):
        agreed = factories.VisitFactory(school=factories.SchoolFactory(area=area), stage="confirmed", agreed_on=ON)
        models.Contact.objects.create(school=agreed.school, name="Pat Head", email=address)
        factories.SessionFactory(visit=agreed, day=in_days(6))
    for number, lifted_at in enumerate((None, at)):
        reader = models.Contact.objects.create(school=school, name="Pat", email=f"Pat{number}@Area{area.pk}.example.org")
        gone = {"address": reader.email.lower(), "reason": "bounce", "since": at, "lifted_at": lifted_at}
        models.SuppressedAddress.objects.create(**gone)
    models.SuppressedAddress.objects.create(address=f"nobodys@area{area.pk}.example.org", reason="bounce", since=at)
    run: dict[str, Any] = {"register": "gias", "file_name": "gias.csv", "day": ON, "asked_at": at, "seen_at": at}
    models.ImportRun.objects.create(state="failed", killed=3, **run)
    models.ImportRun.objects.create(state="reading", killed=1, **run)
    models.PeriodicJob.objects.create(name=f"failing {area.pk}", due_at=at, finished_at=at, failures=1)
    models.PeriodicJob.objects.create(name=f"well {area.pk}", due_at=at, finished_at=at)
    wish: dict[str, Any] = {"lost": "both", "why": "phone-lost", "first_check": "call", "second_check": "in_person"}
    wish |= {"asked_by": by, "asked_at": at}
    models.Recovery.objects.create(user=factories.UserFactory(), **wish)
    models.Recovery.objects.create(user=factories.UserFactory(), ended_at=at, outcome="stopped", **wish)
    due_to_be_erased(at)


def naive(need: Need, user: models.User) -> tuple[int, date | None]:
    """Asked by itself, as its list asks."""
    found = need.of_user(user, on=ON).order_by().aggregate(number=Count("pk"), since=Min(need.since))
    since = found["since"]
    return found["number"], timezone.localdate(since) if isinstance(since, datetime) else since


def told(found: NeedCount) -> tuple[int, date | None]:
    return found.number, found.since


def test_one_statement_says_what_every_need_says_by_itself(
    area: models.Area, elsewhere: models.Area, coordinator: models.User
) -> None:
    manager, stranger = factories.manager(), factories.coordinator_of(factories.AreaFactory())
    for somewhere in (area, elsewhere):
        a_bit_of_everything(somewhere, manager)
    for user in (manager, coordinator, stranger):
        fresh = models.User.objects.get(pk=user.pk)
        found = count_needs(NEEDS, fresh, on=ON, now=NOW)
        assert {need.key: told(found[need.key]) for need in NEEDS} == {need.key: naive(need, fresh) for need in NEEDS}
    assert found["people"].number == 0
    everything = count_needs(NEEDS, manager, on=ON, now=NOW)
    mine = count_needs(NEEDS, models.User.objects.get(pk=coordinator.pk), on=ON, now=NOW)
    zero = {key for key, one in everything.items() if not one.number}
    assert_none(
        zero - {"materials", "equipment-twice", "doubts", "locked-out-me"},
        to_do="Add one that needs somebody, and one that does not, to `a_bit_of_everything` (tests/office/test_counting.py).",
    )
    of_managers = {"import", "jobs", "locked-out", *(need.key for need in NEEDS_OF_PEOPLE)}  # of no area
    for key in everything.keys() - zero - of_managers:
        assert everything[key].number == 2 * mine[key].number, key


STAGE_OF = {models.Session: "stage", models.Cover: "session__stage"}


def test_a_need_of_scheduled_sessions_is_of_no_others(area: models.Area) -> None:
    manager = factories.manager()
    a_bit_of_everything(area, manager)
    for need in (need for need in NEEDS if need.of_scheduled):
        stages = need.of_user(manager, on=ON).order_by().values_list(STAGE_OF[need.model], flat=True)
        assert set(stages) == {"scheduled"}, need.key


def test_who_kept_an_area_without_the_role_has_no_covers_of_others_counted(area: models.Area) -> None:
    a_bit_of_everything(area, factories.manager())
    former = factories.able_volunteer(area, signs_in=True).user
    assert former
    models.AreaCoordinator.objects.create(area=area, user=former)
    for session in models.Session.objects.all():
        factories.CoverFactory(session=session, volunteer=former.volunteer)
    fresh = models.User.objects.get(pk=former.pk)
    counts = count_needs(NEEDS, fresh, on=ON, now=NOW)
    assert {need.key: told(counts[need.key]) for need in NEEDS} == {need.key: naive(need, fresh) for need in NEEDS}


def test_who_sees_everything_no_more_is_counted_for_anew_on_the_same_day(
    elsewhere: models.Area, coordinator: models.User
) -> None:
    a_bit_of_everything(elsewhere, factories.manager())
    numbers: list[int] = []
    for is_superuser in (True, False):
        models.User.objects.filter(pk=coordinator.pk).update(is_superuser=is_superuser)
        fresh = models.User.objects.get(pk=coordinator.pk)
        counts = count_needs(NEEDS, fresh, on=ON, now=NOW)
        assert {need.key: told(counts[need.key]) for need in NEEDS} == {need.key: naive(need, fresh) for need in NEEDS}
        numbers.append(sum(count.number for count in counts.values()))
    assert numbers[0] > numbers[1]


def test_nothing_of_anybodys_is_nothing(coordinator: models.User) -> None:
    models.AreaCoordinator.objects.all().delete()
    found = count_needs(NEEDS, models.User.objects.get(pk=coordinator.pk), on=ON, now=NOW)
    assert {told(one) for one in found.values()} == {(0, None)}


def test_what_is_urgent_is_never_kept() -> None:
    kept = {need.key for need in NEEDS if need.kept != Kept.NEVER}
    assert not kept & {"told", "people", "given-back", "tell", "requested", "follow-up", "closing", "outcome", "window"}


def test_a_number_that_is_kept_says_as_of_when_and_is_counted_again(office: Client, area: models.Area) -> None:
    def doubted() -> Any:
        return next(line for line in office.get("/admin/").context["lines"] if line.need.key == "doubts")

    school = factories.SchoolFactory(area=area)
    assert doubted().number == 0
    session = factories.SessionFactory(visit__school=school, delivered=True, day=in_days(-9), area=area)
    factories.HeadcountFactory(session=session, expected=30, pupils=90)
    assert doubted().number == 0
    cache.clear()
    line = doubted()
    assert (line.number, timezone.localtime(line.as_of)) == (1, timezone.localtime(NOW))
    assert "as of 8:50 am" in office.get("/admin/").content.decode()
    assert KEPT_SECONDS <= 15 * 60


def test_a_number_is_not_kept_across_a_move_of_an_authority(office: Client, area: models.Area) -> None:
    def doubted() -> int:
        found: int = next(line for line in office.get("/admin/").context["lines"] if line.need.key == "doubts").number
        return found

    assert doubted() == 0
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(), delivered=True, day=in_days(-9))
    factories.HeadcountFactory(session=session, expected=30, pupils=90)
    models.AreaAuthority.objects.filter(authority=session.visit.school.authority).update(area=area)
    assert doubted() == 1


def test_the_compiled_statement_holds_no_ids_that_were_looked_up(
    coordinator: models.User, django_assert_num_queries: Any
) -> None:
    """A statement lives for a day: ids read while it is compiled would be those of the morning."""
    user = models.User.objects.get(pk=coordinator.pk)
    live = tuple(need for need in NEEDS if not need.is_kept(everything=False))
    viewer = Viewer.of(user, on=ON)
    to_do = "Read no rows in the `rows` and `since` of a Need (list, get, first): filter by `Exists` or by a QuerySet's `values`."
    with django_assert_num_queries(0, info=to_do):
        assert _statement.__wrapped__(viewer, live)[0]
