"""An answer is about the time that somebody was shown: where the session has moved since, nothing is done."""

from datetime import datetime, time
from typing import Any

import pytest

from schools.core.errors import RuleBroken
from schools.planning.actions import decline_and_ask_next, withdraw_and_ask_next
from schools.visits.actions import claim
from schools.visits.models import Cover
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot, slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer

pytestmark = pytest.mark.django_db

VERBS: dict[str, Any] = {
    "accepted": lambda *given, **more: claim(*given, role="presenter", **more),
    "declined": decline_and_ask_next,
    "withdrawn": withdraw_and_ask_next,
}


@pytest.mark.parametrize("becomes", VERBS)
def test_nobody_answers_for_another_time_than_they_were_shown(becomes: str, now: datetime) -> None:
    area = AreaFactory()
    session, volunteer = SessionFactory(visit__school=SchoolFactory(area=area)), able_volunteer(area, signs_in=True)
    before = "accepted" if becomes == "withdrawn" else "offered"
    CoverFactory(session=session, volunteer=volunteer, state=before)
    shown = {session.pk: Slot(session.day, time(9), time(9, 30))}
    given: dict[str, Any] = {"by": volunteer.user, "now": now, "only": [session.pk]}
    with pytest.raises(RuleBroken, match=r"was moved to Thu 26 November 2026, 9:15–9:45 am. Ask them whether") as refused:
        VERBS[becomes](VisitDay(session.visit, session.day), volunteer, shown=shown, **given)
    assert refused.value.to_them.messages == [
        "This was moved to Thu 26 November 2026, 9:15–9:45 am. Say for that time whether you can come."
    ]
    assert Cover.objects.get().state == before
    VERBS[becomes](VisitDay(session.visit, session.day), volunteer, shown={session.pk: slot_of(session)}, **given)
    assert Cover.objects.get().state == becomes
