"""Two people report at once, in real processes: one outcome."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from schools.delivery.models import OutcomeSubmission
from schools.visits.models import Cover, Headcount, Session
from tests.delivery.outcomes import morning, user_of
from tests.processes import together


def record(session_id: int, user_id: int, pupils: int, key: UUID) -> str:
    """In a process of its own: report so many pupils of Year 5 and return the answer."""
    from schools.accounts.models import User
    from schools.delivery import actions
    from schools.delivery.queries import Outcome
    from schools.visits.models import Session

    session, by = Session.objects.get(pk=session_id), User.objects.get(pk=user_id)
    outcome = Outcome("yes", {(session.visit.school_id, 5): pupils})
    try:
        actions.record(session, outcome, key=key, by=by, now=datetime(2026, 11, 26, 12, tzinfo=UTC))
    except actions.OutcomeDiffers as refusal:
        return f"differs {[(row.what, row.stored, row.said) for row in refusal.differences if row.what == 'Year 5']}"
    return "stored"


def record_at_once(session: Session, *sendings: tuple[int, int, UUID]) -> list[str]:
    """Each (user id, pupils of Year 5, key) in a process of its own, let go together; what each was answered."""
    return together(record, [(session.pk, *sending) for sending in sendings])


@pytest.mark.django_db(transaction=True)
@pytest.mark.exhaustive
def test_two_people_report_at_once_and_the_second_sees_what_differs() -> None:
    for _ in range(3):
        one = morning()
        told = record_at_once(one.session, (user_of(one.lead).pk, 28, uuid4()), (user_of(one.presenter).pk, 29, uuid4()))
        stored = Headcount.objects.get(session=one.session, year_group=5).pupils
        assert stored in {28, 29}
        other = 57 - stored
        assert sorted(told) == [f"differs [('Year 5', '{stored}', '{other}')]", "stored"]
        assert Session.objects.get(pk=one.session.pk).version == 1
        assert Cover.objects.filter(session=one.session, state="absent").count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_twice_at_once_is_stored_once_and_both_are_answered_well() -> None:
    one, key = morning(), uuid4()
    sending = (user_of(one.lead).pk, 28, key)
    assert record_at_once(one.session, sending, sending) == ["stored", "stored"]
    assert OutcomeSubmission.objects.filter(session=one.session).count() == 1
    assert Session.objects.get(pk=one.session.pk).version == 1
