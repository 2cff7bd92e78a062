"""After an undo the page says who had heard, also where the mail that told them is another one than the act had written."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from schools import models
from schools.visits.actions import cancel_session, cancel_visit
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.queries.held import heard_of_it
from tests.news import tell, tell_and_send
from tests.school_portal.changing import NOW, a_far_visit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_heard", [True, False])
def test_who_read_of_it_in_the_mail_about_what_followed_had_heard_of_it(is_heard: bool) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        visit = a_far_visit()
        by = visit.coordinator
        assert by is not None
        tell_and_send(NOW)
        first = visit.sessions.order_by("starts")[0]
        why: dict[str, Any] = {"code": "weather", "note": "", "by": by}
        batch = held(lambda: cancel_session(first, **why, now=NOW), now=NOW)
        assert batch.messages
        if is_heard:
            cancel_visit(models.Visit.objects.get(pk=visit.pk), **why, now=NOW)
            later = NOW + timedelta(seconds=70)
            clock.move_to(later, tick=False)
            tell(later)
            # The mail about the session alone is not true any more, and another says all of it.
            assert tell_and_send(later)
            assert not models.OutboxMessage.objects.filter(pk__in=batch.messages).exists()
        undo(batch, by=by, now=NOW + timedelta(seconds=80))
        said = heard_of_it(models.Batch.objects.get(pk=batch.pk))
        assert ("Nobody had been told of it" in said) is not is_heard
        assert (" had gone" in said) is is_heard
