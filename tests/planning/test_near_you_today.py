"""The mail of the week goes also in the afternoon: of a morning that has ended by then nobody is asked to take it."""

from datetime import UTC, datetime, time

import pytest

from tests.factories import AreaFactory, SchoolFactory, SessionFactory, able_volunteer
from tests.news import drafts

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_a_morning_that_has_ended_is_offered_to_nobody() -> None:
    area = AreaFactory()
    able_volunteer(area, signs_in=True)
    session = SessionFactory(visit__school=SchoolFactory(area=area, name="Oak"), day=WEDNESDAY.date())
    assert len(drafts("near-you", WEDNESDAY)) == 1
    assert drafts("near-you", WEDNESDAY.replace(hour=14)) == []
    SessionFactory(visit=session.visit, day=session.day, starts=time(15), ends=time(15, 30))
    (draft,) = drafts("near-you", WEDNESDAY.replace(hour=14))
    assert draft.subject == "1 morning near you needs somebody"
    assert "- Oak, Wed 25 November 2026, 3:00–3:30 pm\n" in draft.body
