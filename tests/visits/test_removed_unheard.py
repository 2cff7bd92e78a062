"""No session of an agreed visit goes of which its school would never hear, because it is written to on school days alone."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from schools.core.errors import RuleBroken
from schools.models import Session, SessionType, User
from schools.visits.actions.booked import add_to_undo
from schools.visits.actions.editing import remove_session
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.rules import NewSession
from tests.news import tell_and_send
from tests.visits.test_school_news import agreed, by, guest, host, mails, session  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
FRIDAY = datetime(2026, 11, 27, 20, 30, tzinfo=UTC)
"""In the quiet hours: a school is written to again on Monday."""


def test_a_session_is_removed_at_a_weekend_only_where_its_school_hears_of_it_on_monday(
    agreed: Session,  # noqa: F811  # the fixture
    by: User,  # noqa: F811  # the fixture
    now: datetime,
) -> None:
    other, rest = agreed.visit.sessions.exclude(pk=agreed.pk).get(), Session.objects.filter(pk=agreed.pk)
    rest.update(day=FRIDAY.date())
    with pytest.raises(RuleBroken, match="No other session of the visit is to come when the school can be written to"):
        remove_session(other, by=by, now=FRIDAY)
    rest.update(day=DAY)
    remove_session(other, by=by, now=FRIDAY)
    assert tell_and_send(FRIDAY) == 0
    assert tell_and_send(FRIDAY + timedelta(days=2, hours=11)) == 1
    assert "Your pupils are no longer expected at this:" in mails()["nia@oak.example.org"]


def test_an_added_session_is_not_undone_where_its_school_would_not_hear_of_it(
    agreed: Session,  # noqa: F811  # the fixture
    by: User,  # noqa: F811  # the fixture
    now: datetime,
) -> None:
    afternoon = NewSession(SessionType.objects.get(slug="ks2-assembly"), DAY, time(13))
    batch = held(lambda: add_to_undo(agreed.visit, [afternoon], by=by, now=now), now=now)
    Session.objects.exclude(starts=time(13)).update(day=FRIDAY.date())
    assert "when the school can be written to" in " ".join(undo(batch, by=by, now=FRIDAY).left_alone)
    assert Session.objects.filter(starts=time(13)).exists()
