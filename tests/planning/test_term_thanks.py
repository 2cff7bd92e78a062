"""Thanks for a term whose days somebody corrects while they go."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from schools.models import Area, OutboxMessage, Term, Volunteer
from tests.factories import SchoolFactory, able_volunteer
from tests.news import tell, tell_and_send
from tests.planning.test_mails import HALVES, area, gave, terms, thanked_until, volunteer

__all__ = ["area", "terms", "volunteer"]  # fixtures

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_sent", [True, False])
@pytest.mark.parametrize("how", ["its first day is corrected", "its first half is added"])
def test_a_term_that_begins_on_another_day_than_was_known_thanks_nobody_twice(
    terms: None, volunteer: Volunteer, area: Area, how: str, *, is_sent: bool
) -> None:
    first = HALVES[0]
    other = able_volunteer(area, signs_in=True)
    if how == "its first half is added":
        Term.objects.filter(first_day=first[0]).delete()
    for person in (volunteer, other):
        gave(person, SchoolFactory(area=area), date(2026, 12, 1), pupils=20)
    gave(volunteer, SchoolFactory(area=area), date(2026, 9, 10), pupils=20)
    moment = datetime(2026, 12, 22, 9, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        (tell_and_send if is_sent else tell)(moment, kinds=["term-thanks"])
    assert OutboxMessage.objects.filter(kind="term-thanks", sent_at__isnull=not is_sent).count() == 2
    if how == "its first half is added":
        Term.objects.create(nation="england", name="term", first_day=first[0], last_day=first[1])
    else:
        Term.objects.filter(first_day=first[0]).update(first_day=date(2026, 9, 1))
    sent = thanked_until(date(2026, 12, 30))
    assert is_sent or any("This term you were at 2 sessions in 2 schools." in body for body in sent), "as it is when it goes"
    assert (len(sent), OutboxMessage.objects.filter(kind="term-thanks").count()) == (0 if is_sent else 2, 2)
    # The next term has thanks of its own.
    Term.objects.create(nation="england", name="term", first_day=date(2027, 2, 22), last_day=date(2027, 3, 26))
    gave(volunteer, SchoolFactory(area=area), date(2027, 1, 12), pupils=20)
    tell_and_send(datetime(2027, 3, 30, 9, tzinfo=UTC), kinds=["term-thanks"])
    assert OutboxMessage.objects.filter(kind="term-thanks").count() == 3
