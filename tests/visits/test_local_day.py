"""What day it is where the sessions are: just after midnight in summer the clock of the world still says yesterday."""

from datetime import UTC, date, datetime

import pytest

from schools.core.errors import RuleBroken
from schools.visits.actions import claim, confirm, offer
from schools.visits.queries import VisitDay
from tests.factories import SessionFactory, UserFactory, able_volunteer

pytestmark = pytest.mark.django_db

AFTER_MIDNIGHT = datetime(2026, 6, 9, 23, 30, tzinfo=UTC)
"""Half past midnight on Wednesday 10 June 2026 in the United Kingdom."""


@pytest.mark.parametrize("act", [claim, offer])
def test_yesterdays_session_is_not_taken_just_after_midnight_in_summer(act: object) -> None:
    session = SessionFactory(day=date(2026, 6, 9))
    with pytest.raises(RuleBroken, match="has passed"):
        act(  # type: ignore[operator]  # either verb
            VisitDay(session.visit, session.day), able_volunteer(), role="presenter", by=UserFactory(), now=AFTER_MIDNIGHT
        )


def test_a_school_can_have_agreed_today_just_after_midnight_in_summer() -> None:
    session = SessionFactory(day=date(2026, 7, 1))
    visit = confirm(session.visit, agreed_on=date(2026, 6, 10), agreed_with="Ms Hill", by=UserFactory(), now=AFTER_MIDNIGHT)
    assert (visit.stage, visit.agreed_on) == ("confirmed", date(2026, 6, 10))
    with pytest.raises(RuleBroken, match="cannot have agreed on a day to come"):
        confirm(session.visit, agreed_on=date(2026, 6, 11), agreed_with="Ms Hill", by=UserFactory(), now=AFTER_MIDNIGHT)
