"""What needs somebody is few beside all that was ever held: each such question is led to its rows by an index of them alone."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model

from schools.visits.models import Cover, Headcount, MessageAbout, Session, Visit

ON = date(2026, 11, 24)

QUESTIONS: dict[str, Callable[[], Any]] = {
    "session_scheduled": lambda: Session.objects.scheduled().filter(day__range=(ON, ON)).order_by().values("visit"),
    "session_cancelled": lambda: Session.objects.filter(stage="cancelled", day__gte=ON).order_by().values("visit"),
    "session_school_to_tell": lambda: Session.objects.school_to_tell(on=ON).order_by().values("visit"),
    "visit_requested": lambda: Visit.objects.filter(stage="requested", requested_on__lte=ON).order_by(),
    "cover_to_tell": lambda: Cover.objects.exclude(news="").filter(told_at=None).order_by().values("session"),
    "cover_given_back": lambda: Cover.objects.filter(gave_back=True).order_by().values("session"),
    "cover_asked": lambda: Cover.objects.filter(state="asked").order_by().values("session"),
    "message_about_to_phone": lambda: MessageAbout.objects.filter(phone_until__gte=ON).order_by().values("visit"),
    "headcount_not_counted": lambda: Headcount.objects.filter(pupils=None).order_by().values("session"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("index", QUESTIONS)
def test_a_question_is_led_by_its_index(index: str) -> None:
    question = QUESTIONS[index]()
    if connection.vendor == "postgresql":
        only_way_to(question.model, index)
    assert index in (plan := question.explain()), f"{plan}\nMake the condition of {index} that of the question again."


def only_way_to(model: type[Model], index: str) -> None:
    """Leaves PostgreSQL no other way to the rows than this index, if it can be used at all, until the test is over.

    Of a handful of rows it reads the whole table, or takes whichever index was as cheap by the statistics of that minute.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        indexes = connection.introspection.get_constraints(cursor, table).items()
        others = [name for name, of in indexes if of["index"] and not of["unique"]]
        for name in others:
            if name != index:
                cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
