"""A session is called what its nation calls it in mails, refusals and records: Scotland’s KS2 assembly is a P4–P7 assembly."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.visits.actions import NewSession, book, cancel_session, offer
from schools.visits.actions.editing import add_sessions
from schools.visits.actions.moving import move, plan_move
from schools.visits.queries import VisitDay
from schools.visits.rules import later, slot_of, warnings_about_booking
from tests import factories
from tests.news import tell
from tests.visits.session_files import reasons, to_come, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> models.School:
    made: models.School = factories.SchoolFactory(nation="scotland", register_id="5500001", name="Elm Primary", pupils=210)
    return made


@pytest.fixture
def session(school: models.School) -> models.Session:
    made: models.Session = factories.SessionFactory(visit__school=school)
    return made


@pytest.fixture
def volunteer() -> models.Volunteer:
    made = factories.able_volunteer(signs_in=True)
    factories.ClearanceFactory(volunteer=made, scheme="pvg")
    return made


def assembly(**facts: Any) -> NewSession:
    return replace(NewSession(models.SessionType.objects.get(slug="ks2-assembly"), date(2026, 12, 3), time(9, 15)), **facts)


def mails() -> str:
    return "\n".join(f"{mail.subject}\n{mail.body}" for mail in models.OutboxMessage.objects.all())


def to_friday(session: models.Session) -> Any:
    return {session.pk: later(slot_of(session), day=date(2026, 11, 27), by=timedelta())}


def is_asked(session: models.Session, volunteer: models.Volunteer, now: datetime) -> None:
    offer(VisitDay(session.visit, session.day), volunteer, role="presenter", by=factories.manager(), now=now)


def is_cancelled(session: models.Session, volunteer: models.Volunteer, now: datetime) -> None:
    factories.CoverFactory(session=session, volunteer=volunteer)
    cancel_session(session, code="weather", note="", by=factories.manager(), now=now)


def is_moved(session: models.Session, volunteer: models.Volunteer, now: datetime) -> None:
    factories.CoverFactory(session=session, volunteer=volunteer)
    by, to = factories.manager(), to_friday(session)
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


@pytest.mark.parametrize("happens", [is_asked, is_cancelled, is_moved])
def test_volunteers_are_told_of(
    happens: Callable[..., None], session: models.Session, volunteer: models.Volunteer, now: datetime
) -> None:
    happens(session, volunteer, now)
    tell(now)
    assert "P4–P7 assembly" in mails()
    assert "KS2" not in mails()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"ends": time(9, 0)}, ": it must end after it starts"),
        ({"until_day": date(2026, 12, 4)}, ": it takes place on one day"),
        ({"until_day": date(2026, 12, 1)}, ": the last day of the window is before its first"),
        ({"language": "xx"}, ": “xx” is no language of ours"),
        ({"expected": {5: 5000}}, ": 5,000 pupils in P6 cannot be right"),
        ({"expected": {9: 30}}, ": there is no year group 9"),
        (
            {"guests": ((models.School(pk=1_000, name="Oak Primary", low_age=5, high_age=12), {}),)},
            ": say which year groups of Oak Primary",
        ),
    ],
)
def test_a_booking_is_refused_of(facts: dict[str, Any], said: str, school: models.School, now: datetime) -> None:
    with pytest.raises(RuleBroken) as broken:
        book(school, [assembly(**facts)], by=factories.manager(), now=now)
    assert any(reason.startswith(f"P4–P7 assembly, Thu 3 December 2026, 9:15 am{said}") for reason in broken.value.reasons)


def test_what_is_there_twice_or_already_or_is_no_longer_offered_is_refused_of(
    school: models.School, session: models.Session, now: datetime
) -> None:
    by = factories.manager()
    with pytest.raises(RuleBroken, match="P4–P7 assembly, Thu 3 December 2026, 9:15 am is there twice"):
        book(school, [assembly(), assembly()], by=by, now=now)
    with pytest.raises(RuleBroken, match="P4–P7 assembly, Thu 26 November 2026, 9:15 am: the visit has that session already"):
        add_sessions(session.visit, [assembly(day=session.day)], by=by, now=now)
    models.SessionType.objects.update(active=False)
    with pytest.raises(RuleBroken, match="“P4–P7 assembly” is no longer offered"):
        book(school, [assembly()], by=by, now=now)


def test_more_pupils_than_are_meant_for_one_group_are_wondered_at_of(school: models.School, today: date) -> None:
    workshop = assembly(type=models.SessionType.objects.get(slug="workshop-5-6"), expected={5: 30, 6: 30})
    assert "P6–P7 workshop, Thu 3 December 2026, 9:15 am: 60 pupils" in " ".join(
        map(str, warnings_about_booking(school, [workshop], on=today))
    )


def test_a_move_onto_another_session_is_refused_of(session: models.Session, now: datetime) -> None:
    factories.SessionFactory(visit=session.visit, day=date(2026, 11, 27))
    with pytest.raises(
        RuleBroken, match="The visit has a session “P4–P7 assembly” on Fri 27 November 2026, 9:15–9:45 am already"
    ):
        plan_move(session.visit, to_friday(session), by=factories.manager(), now=now)


def test_a_cancellation_is_kept_of(session: models.Session, now: datetime) -> None:
    cancel_session(session, code="weather", note="", by=factories.manager(), now=now)
    assert models.Batch.objects.get().words == "Cancelled P4–P7 assembly at Elm Primary, Thu 26 November 2026"


def test_a_file_with_too_many_people_is_refused_of(school: models.School, tmp_path: Path) -> None:
    people = [factories.able_volunteer(reference=f"W{number}") for number in (1, 2, 3)]
    for one in people:
        factories.ClearanceFactory(volunteer=one, scheme="pvg")
    covers = ";".join(f"W{number}:presenter:accepted" for number in (1, 2, 3))
    file = write(tmp_path / "s.csv", to_come(nation="scotland", register_id=school.register_id, covers=covers))
    assert reasons(file) == ["2: 3 people lead or present but “P4–P7 assembly” needs 2. Make the others trainees or observers."]
