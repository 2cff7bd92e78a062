"""Beside the numbers of the office: which were confirmed by whoever entered them, and which were one number for several years."""

from datetime import UTC, date, datetime, time
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.delivery.actions import record
from schools.delivery.queries import MixedClass, Outcome
from tests import factories
from tests.browsing import hidden
from tests.portal.pages import text_of

DAY = date(2026, 11, 23)
SURE = "900 in Year 5 was confirmed when it was entered, on Mon 23 November 2026 by Margaret Hill."


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """A session of the day before, which Margaret led; 30 children of Year 5 and 10 of Year 4 were expected."""
    margaret = factories.able_volunteer(area, signs_in=True)
    assert margaret.user is not None
    margaret.user.name = "Margaret Hill"
    margaret.user.save()
    made: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=DAY, starts=time(9, 15))
    for group, expected in ((4, 10), (5, 30)):
        factories.HeadcountFactory(session=made, year_group=group, expected=expected)
    factories.CoverFactory(session=made, volunteer=margaret, state="accepted")
    return made


def told(session: models.Session, numbers: dict[int, int], *, sure: bool = False, mixed: dict[int, int] | None = None) -> None:
    school, cover = session.visit.school_id, session.covers.get()
    by = cover.volunteer.user
    assert by is not None
    counts = {(school, group): pupils for group, pupils in numbers.items()}
    outcome = Outcome(
        "yes", headcounts=counts, attended=frozenset([cover.pk]), count_basis="spread" if mixed else "counted",
        mixed=(MixedClass(school, mixed),) if mixed else (), sure_of={(school, 5): numbers[5]} if sure else {},
    )  # fmt: skip
    record(session, outcome, key=uuid4(), by=by, now=datetime(2026, 11, 23, 15, tzinfo=UTC))


def session_page(office: Client, session: models.Session) -> str:
    return text_of(office.get(reverse("admin:session-detail", args=[session.pk])))


def test_nobody_confirms_a_count_that_they_have_not_seen(office: Client, session: models.Session) -> None:
    told(session, {4: 9, 5: 160}, sure=False)
    boxes = hidden(office.get(reverse("admin:doubts")).content.decode())
    session.headcounts.filter(year_group=5).update(pupils=610)
    typed = {**boxes, "do": "confirm", "reason": "Two schools came."}
    page = text_of(office.post(reverse("admin:doubts"), typed, follow=True))
    assert "What you looked at has changed meanwhile. Look at it again." in page
    assert not models.Confirmed.objects.exists()
    again = hidden(office.get(reverse("admin:doubts")).content.decode())
    assert "Confirmed." in text_of(office.post(reverse("admin:doubts"), typed | again, follow=True))


def test_data_quality_and_the_sessions_page_say_that_a_count_was_confirmed(office: Client, session: models.Session) -> None:
    told(session, {4: 9, 5: 900}, sure=True)
    doubts = text_of(office.get(reverse("admin:doubts")))
    assert "900 in Year 5 (30 expected)." in doubts
    assert SURE in doubts
    assert SURE in session_page(office, session)
    # Somebody changed it since: the word was given for another number.
    session.headcounts.filter(year_group=5).update(pupils=901)
    doubts = text_of(office.get(reverse("admin:doubts")))
    assert "901 in Year 5 (30 expected)." in doubts
    assert "was confirmed" not in doubts + session_page(office, session)


def test_a_count_that_nobody_was_asked_about_says_nothing_of_it(office: Client, session: models.Session) -> None:
    told(session, {4: 9, 5: 900})
    assert "was confirmed" not in text_of(office.get(reverse("admin:doubts"))) + session_page(office, session)


def test_the_sessions_page_does_not_pass_a_mixed_class_off_as_counted_by_year(office: Client, session: models.Session) -> None:
    told(session, {4: 5, 5: 23}, mixed={4: 5, 5: 15})
    words = "Year 4 and Year 5 together: 20. It was counted as one number; the share of each year group is an estimate."
    assert words in session_page(office, session)
