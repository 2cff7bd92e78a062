"""Two people report at once, in real processes: one outcome. Two managers change what a closed return rests on, and both can."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest

from schools.core.periods import Period
from schools.delivery.actions import Restate
from schools.delivery.models import OutcomeSubmission
from schools.reach.actions import close, sign_off
from schools.reach.models import Restatement
from schools.visits.models import Cover, Headcount, Session
from tests.delivery.outcomes import morning, user_of
from tests.factories import AreaFactory, SchoolFactory, able_volunteer, manager
from tests.processes import together
from tests.reach.examples import delivered


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


def restates(session_id: int, user_id: int, added: int | None) -> str:
    """In a process of its own: add this volunteer as having been there; None: correct the number by the form of the day."""
    from schools.accounts.models import User
    from schools.delivery.actions import Report, add_person, record_day
    from schools.delivery.queries import Outcome
    from schools.reach.actions import restate
    from schools.visits.models import Session
    from schools.volunteers.models import Volunteer

    session, by = Session.objects.get(pk=session_id), User.objects.get(pk=user_id)
    given: dict[str, Any] = {"why": "Told late", "by": by, "now": datetime(2026, 11, 26, 12, tzinfo=UTC)}
    if added is None:
        # Whoever is there is left as they are: the form showed nobody.
        outcome = Outcome("yes", {(session.visit.school_id, 5): 27}, shown=frozenset())
        report = Report(session, outcome, session.version, uuid4(), ())
        record_day([report], by=by, now=given["now"], each=lambda report, store: restate(report.session, store, **given))
        return "corrected"
    volunteer = Volunteer.objects.get(pk=added)

    def add(restate_return: Restate | None) -> None:
        add_person(session, volunteer, role="lead", by=by, now=given["now"], restate=restate_return)

    restate(session, add, people=[added], **given)
    return "added"


@pytest.mark.django_db(transaction=True)
@pytest.mark.exhaustive
def test_two_managers_who_restate_at_once_wait_for_each_other_and_both_are_stored() -> None:
    by, now = manager(), datetime(2026, 11, 26, 12, tzinfo=UTC)
    for number in range(5):
        area = AreaFactory()
        session = delivered(
            SchoolFactory(area=area), "ks2-assembly", date(2025, 10, 6), time(9), {5: 28}, version=1, recorded_at=now
        )
        close(sign_off(area, Period.parse("2025/26"), by=by, now=now), by=by, now=now)
        added = able_volunteer(area).pk
        done = together(restates, [(session.pk, by.pk, added), (session.pk, by.pk, None)])
        assert sorted(done) == ["added", "corrected"], number
        assert Headcount.objects.get(session=session).pupils == 27
        assert Cover.objects.get(session=session).state == "attended"
        assert Restatement.objects.filter(session=session).count() == 2
