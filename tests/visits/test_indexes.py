"""What needs somebody is few beside all that was ever held: each such question is led to its rows by an index of them alone."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from schools.visits.models import Cover, Headcount, MessageAbout, Session, Visit

ON = date(2026, 11, 24)

QUESTIONS: dict[str, Callable[[], Any]] = {
    "session_scheduled": lambda: Session.objects.scheduled().filter(day__range=(ON, ON)).order_by().values("visit"),
    "session_cancelled": lambda: Session.objects.filter(stage="cancelled", day__gte=ON).order_by().values("visit"),
    "session_school_to_tell": lambda: Session.objects.school_to_tell(on=ON).order_by().values("visit"),
    "visit_requested": lambda: Visit.objects.filter(stage="requested", requested_on__lte=ON).order_by(),
    "cover_to_tell": lambda: Cover.objects.exclude(news="").filter(told_at=None).order_by().values("session"),
    "cover_given_back": lambda: Cover.objects.filter(gave_back=True).order_by().values("session"),
    "message_about_to_phone": lambda: MessageAbout.objects.filter(phone_until__gte=ON).order_by().values("visit"),
    "headcount_not_counted": lambda: Headcount.objects.filter(pupils=None).order_by().values("session"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("index", QUESTIONS)
def test_a_question_is_led_by_its_index(index: str) -> None:
    if connection.vendor == "postgresql":
        # Of a handful of rows PostgreSQL reads the whole table, unless that is forbidden; what it cannot use it still would not.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    assert index in (plan := QUESTIONS[index]().explain()), f"{plan}\nMake the condition of {index} that of the question again."
