"""A booking, sessions added, a guest and a request that was seen to are undone, unless something hangs on them by now."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from schools.models import (
    AreaAuthority,
    Batch,
    ClosedPeriod,
    Contact,
    Headcount,
    OutboxMessage,
    Parcel,
    School,
    Session,
    SessionType,
    Store,
    User,
    Visit,
    VisitRequest,
)
from schools.visits.actions import NewSession, VisitDetails, assign, cancel_session, confirm
from schools.visits.actions.booked import BookedAlready, add_to_undo, book_to_undo, see_to_request_to_undo, set_guest_to_undo
from schools.visits.actions.confirming import confirm_to_undo
from schools.visits.actions.editing import remove_session
from schools.visits.actions.guest_schools import coming_of, mark_of
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries.held import heard_of_it
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
IN_TIME, RELEASED = timedelta(seconds=59), HELD_FOR + CLOCKS_APART
REFERENCE = "VABC234"


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def school() -> School:
    made: School = SchoolFactory(name="Ash")
    Contact.objects.create(school=made, name="Nia Head", email="nia@ash.example.org")
    return made


@pytest.fixture
def guest() -> School:
    made: School = SchoolFactory(name="Fern")
    Contact.objects.create(school=made, name="Fay Office", email="fay@fern.example.org")
    return made


def assembly(**facts: Any) -> NewSession:
    return replace(NewSession(SessionType.objects.get(slug="ks2-assembly"), DAY, time(9, 15), expected={3: 30, 4: 29}), **facts)


def two() -> list[NewSession]:
    return [assembly(), assembly(starts=time(10, 30))]


def booked(school: School, by: User, now: datetime, **typed: Any) -> Batch:
    return held(
        lambda: book_to_undo(school, typed.pop("sessions", None) or two(), by=by, now=now, reference=REFERENCE, **typed), now=now
    )


def added(visit: Visit, by: User, now: datetime, *sessions: NewSession) -> Batch:
    return held(lambda: add_to_undo(visit, sessions or [assembly(starts=time(13))], by=by, now=now), now=now)


def sets(session: Session, guest: School, coming: dict[int, dict[int, int | None]], by: User, now: datetime) -> Batch:
    """Set the guest as somebody does it who has just looked."""
    seen = mark_of(coming_of(guest, session.visit.sessions.prefetch_related("headcounts")))
    return held(lambda: set_guest_to_undo(session.visit, guest, coming, seen=seen, by=by, now=now), now=now)


def standing() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in (Visit, Session, Headcount, VisitRequest)]


def agreed(school: School) -> Session:
    made: Session = SessionFactory(
        visit__school=school, visit__stage="confirmed", visit__agreed_on=date(2026, 11, 20), visit__agreed_with="Nia", day=DAY
    )
    return made


def test_a_booking_that_is_undone_never_was(school: School, guest: School, by: User, now: datetime) -> None:
    before = standing()
    batch = booked(school, by, now, sessions=[*two(), assembly(starts=time(13), guests=((guest, {3: 12}),))])
    assert (Session.objects.count(), Headcount.objects.count()) == (3, 7)
    assert batch.words == f"Booked visit {REFERENCE} to Ash"
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert standing() == before
    tell_and_send(now + RELEASED)
    assert not OutboxMessage.objects.exists()
    assert heard_of_it(batch) == ""


def test_what_a_school_had_asked_for_waits_for_a_day_again(school: School, by: User, now: datetime) -> None:
    asked = Visit.objects.create(
        reference=REFERENCE, school=school, stage="requested", requested_on=date(2026, 11, 2), arrival_notes="Ring twice"
    )
    before = standing()
    batch = booked(school, by, now, details=VisitDetails(arrival_notes="Ring once", parking="Behind the hall"))
    asked.refresh_from_db()
    assert (asked.stage, asked.parking, asked.coordinator) == ("planned", "Behind the hall", by)
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before


def test_what_a_school_had_asked_for_stays_booked_once_others_have_worked_on_it_or_it_asked_anew(
    school: School, by: User, now: datetime
) -> None:
    asked = Visit.objects.create(reference=REFERENCE, school=school, stage="requested", requested_on=date(2026, 11, 2))
    asked.contact_logs.create(school=school, day=date(2026, 11, 2), how="phone", who="Nia", by=by)
    batch = booked(school, by, now)
    store = Store.objects.create(area=AreaFactory(), name="Cupboard")
    Parcel.objects.create(visit=asked, store=store, sent_on=now.date(), by=by)
    Visit.objects.create(reference="VXYZ234", school=school, stage="requested", requested_on=now.date())
    before = standing()
    left = " ".join(undo(batch, by=by, now=now + IN_TIME).left_alone)
    assert "Others have worked on it since. Cancel it on its page instead." in left
    assert "The school has asked for visit VXYZ234 since." in left
    assert standing() == before


def test_the_same_form_twice_books_once_and_has_one_bar(school: School, by: User, now: datetime) -> None:
    booked(school, by, now)
    with pytest.raises(BookedAlready) as refusal:
        booked(school, by, now)
    assert refusal.value.visit == Visit.objects.get()
    assert Batch.objects.count() == 1


def somebody_is_put_on(visit: Visit, by: User, now: datetime) -> None:
    session = visit.sessions.first()
    assert session
    volunteer = able_volunteer(*(holding.area for holding in AreaAuthority.objects.filter(authority=visit.school.authority)))
    assign(session, volunteer, role="presenter", by=by, now=now)


def other_pupils_come(visit: Visit, by: User, now: datetime) -> None:
    Headcount.objects.filter(session__visit=visit, year_group=3).update(expected=31)


def it_is_agreed(visit: Visit, by: User, now: datetime) -> None:
    confirm(visit, agreed_on=now.date(), agreed_with="Nia", by=by, now=now)


def a_session_is_added(visit: Visit, by: User, now: datetime) -> None:
    added(visit, by, now)


def a_session_is_off(visit: Visit, by: User, now: datetime) -> None:
    session = visit.sessions.first()
    assert session
    cancel_session(session, code="weather", note="", by=by, now=now)


def it_is_spoken_of(visit: Visit, by: User, now: datetime) -> None:
    visit.contact_logs.create(school=visit.school, day=now.date(), how="phone", who="Nia", by=by)


def it_is_agreed_and_taken_back_on_saturday(visit: Visit, by: User, now: datetime) -> None:
    """The school was mailed that it is agreed, and reads on Monday that it is not."""
    batch = held(lambda: confirm_to_undo(visit, agreed_on=now.date(), agreed_with="Nia", by=by, now=now), now=now)
    assert tell_and_send(now + RELEASED, kinds=["visits"]) == 1
    saturday = now + timedelta(days=4)
    assert undo(batch, by=by, now=saturday).left_alone == []
    assert not tell_and_send(saturday, kinds=["visits"])


def it_is_made_good(visit: Visit, by: User, now: datetime) -> None:
    Visit.objects.create(reference="VXYZ234", school=visit.school, replaces=visit)


@pytest.mark.parametrize(
    ("since", "why"),
    [
        (
            somebody_is_put_on,
            "Somebody was asked or put on since, or something is set aside for it. Cancel the visit on its page",
        ),
        (other_pupils_come, "Somebody changed since which pupils come."),
        (it_is_agreed, f"{REFERENCE}, Ash was changed since, so it stays as it is."),
        (a_session_is_added, "Another session was added to it since. Undo that first, or cancel the visit on its page."),
        (a_session_is_off, "A session of it was changed since."),
        (it_is_spoken_of, "Others have worked on it since. Cancel it on its page instead."),
        (it_is_agreed_and_taken_back_on_saturday, "Somebody was told of it since. Cancel it on its page instead."),
        (it_is_made_good, "Others have worked on it since."),
    ],
)
def test_a_booking_on_which_something_hangs_stays_whole_and_says_what(
    since: Callable[[Visit, User, datetime], None], why: str, school: School, by: User, now: datetime
) -> None:
    batch = booked(school, by, now)
    since(Visit.objects.get(), by, now)
    before = standing()
    left = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert standing() == before
    assert why in " ".join(left)
    assert len(left) == 3, "the visit and both sessions"


def test_a_booking_stays_once_its_day_is_over_and_one_of_a_day_past_goes_as_a_slip(
    school: School, by: User, now: datetime
) -> None:
    batch = booked(school, by, now)
    before = standing()
    left = undo(batch, by=by, now=now + timedelta(days=10)).left_alone
    assert standing() == before
    assert "Thu 3 December 2026 is over. Write down how it went, or cancel it on its page." in " ".join(left)
    late = held(
        lambda: book_to_undo(school, [assembly(day=date(2026, 11, 19))], by=by, now=now, reference="VXYZ234"), now=now
    )  # fmt: skip
    assert undo(late, by=by, now=now + IN_TIME).left_alone == []
    assert standing() == before


def test_nobody_undoes_a_booking_of_another_area_or_in_days_that_are_signed_off(school: School, now: datetime) -> None:
    area = AreaAuthority.objects.get(authority=school.authority).area
    cora = coordinator_of(area)
    batch = booked(school, cora, now)
    ClosedPeriod.objects.create(area=area, first_day=DAY, last_day=DAY)
    before = standing()
    assert "signed off" in " ".join(undo(batch, by=cora, now=now).left_alone)
    Batch.objects.update(undone_at=None, undone_by=None)
    AreaAuthority.objects.update(area=AreaFactory())
    cora = User.objects.get(pk=cora.pk)  # who they are is read once for each request
    assert "is in another area now." in " ".join(undo(batch, by=cora, now=now).left_alone)
    assert standing() == before


def test_added_sessions_go_and_the_school_hears_of_neither_in_time(school: School, by: User, now: datetime) -> None:
    session = agreed(school)
    before = standing()
    batch = added(session.visit, by, now, *two()[1:], assembly(starts=time(13)))
    assert batch.words == f"Added 2 sessions to visit {session.visit.reference}, Ash"
    assert OutboxMessage.objects.filter(to="nia@ash.example.org").count() == 1
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert standing() == before
    assert not tell_and_send(now + RELEASED, kinds=["visits"])


def test_a_school_that_heard_of_an_added_session_hears_that_it_is_off(school: School, by: User, now: datetime) -> None:
    session = agreed(school)
    batch = added(session.visit, by, now)
    assert tell_and_send(now + RELEASED, kinds=["visits"]) == 1
    assert undo(batch, by=by, now=now + RELEASED).left_alone == []
    assert "1 message had gone or could not be stopped: they are told what holds now." in heard_of_it(batch)
    assert tell_and_send(now + 2 * RELEASED, kinds=["visits"]) == 1


def test_an_added_session_stays_where_nobody_would_hear_that_it_is_off(school: School, by: User, now: datetime) -> None:
    session = agreed(school)
    batch = added(session.visit, by, now)
    soon = added(session.visit, by, now, assembly(day=date(2026, 11, 25)))
    assert undo(soon, by=by, now=now + IN_TIME).left_alone == [], "nobody has heard of it"
    soon = added(session.visit, by, now, assembly(day=date(2026, 11, 25)))
    assert "It begins soon, and the school knows of it." in " ".join(undo(soon, by=by, now=now + RELEASED).left_alone)
    Session.objects.exclude(starts=time(13)).update(stage="cancelled", cancelled_code="weather")
    before = standing()
    left = " ".join(undo(batch, by=by, now=now + RELEASED).left_alone)
    assert "No other session of the visit is to come. Cancel it on its page instead." in left
    assert standing() == before


def test_the_last_session_of_a_visit_stays_although_it_was_added(school: School, by: User, now: datetime) -> None:
    session = SessionFactory(visit__school=school, day=DAY)
    batch = added(session.visit, by, now)
    remove_session(session, by=by, now=now)
    before = standing()
    (sentence,) = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert "No other session of the visit is to come." in sentence
    assert standing() == before


def test_of_added_sessions_the_one_on_which_somebody_is_stays(school: School, by: User, now: datetime) -> None:
    visit = SessionFactory(visit__school=school, day=DAY).visit
    batch = added(visit, by, now, *two()[1:], assembly(starts=time(13)))
    taken = visit.sessions.get(starts=time(13))
    area = AreaAuthority.objects.get(authority=school.authority).area
    assign(taken, able_volunteer(area), role="presenter", by=by, now=now)
    (sentence,) = undo(batch, by=by, now=now).left_alone
    assert sentence.startswith(str(taken))
    assert "Cancel it on its page instead." in sentence
    assert list(visit.sessions.order_by("starts").values_list("starts", flat=True)) == [time(9, 15), time(13)]


def test_each_change_of_a_guest_is_undone_to_what_stood_before(school: School, guest: School, by: User, now: datetime) -> None:
    session = agreed(school)
    second = SessionFactory(visit=session.visit, day=DAY, starts=time(11), ends=time(11, 30))
    steps: list[tuple[str, dict[int, dict[int, int | None]]]] = [
        ("Added", {session.pk: {3: 12, 4: None}}),
        ("Changed", {session.pk: {3: 14}, second.pk: {5: 9}}),
        ("Took off", {}),
    ]
    for verb, coming in steps:
        before = standing()
        batch = sets(session, guest, coming, by, now)
        after = standing()
        assert batch.words.startswith(f"{verb} guest Fern at visit")
        assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
        assert standing() == before
        assert not tell_and_send(now + IN_TIME, kinds=["visits"])
        sets(session, guest, coming, by, now)
        assert len(standing()[2]) == len(after[2])


def test_a_guest_that_heard_of_it_hears_that_it_does_not_come(school: School, guest: School, by: User, now: datetime) -> None:
    session = agreed(school)
    batch = sets(session, guest, {session.pk: {3: 12}}, by, now)
    assert tell_and_send(now + RELEASED, kinds=["visits"]) == 2
    assert undo(batch, by=by, now=now + RELEASED).left_alone == []
    assert tell_and_send(now + 2 * RELEASED, kinds=["visits"]) == 2
    news = OutboxMessage.objects.filter(kind="visits").order_by("pk").values_list("to", "subject")
    subjects = {to: [subject.split(":")[0] for read, subject in news if read == to] for to, _ in news}
    assert subjects.pop("fay@fern.example.org") == ["Our visit", "Not at our visit any more"]
    assert list(subjects.values()) == [["Guests at our visit", "Guests at our visit"]], "so does the host"


def test_a_guest_that_comes_anew_does_not_get_its_earlier_pupils_back_as_well(
    school: School, guest: School, by: User, now: datetime
) -> None:
    session = agreed(school)
    HeadcountFactory(session=session, school=guest, year_group=3, expected=12)
    batch = sets(session, guest, {}, by, now)
    undo(sets(session, guest, {session.pk: {5: 7}}, by, now), by=by, now=now)  # what was taken back hinders nothing
    sets(session, guest, {session.pk: {4: 9}}, by, now)
    before = standing()
    (sentence,) = undo(batch, by=by, now=now).left_alone
    assert "Somebody said since which of its pupils come." in sentence
    assert standing() == before


def test_a_guest_stays_away_where_it_can_come_no_more(school: School, guest: School, by: User, now: datetime) -> None:
    session = agreed(school)
    HeadcountFactory(session=session, school=guest, year_group=3, expected=12)
    batch = sets(session, guest, {}, by, now)
    School.objects.filter(pk=guest.pk).update(status="closed")
    before = standing()
    (sentence,) = undo(batch, by=by, now=now).left_alone
    assert sentence.startswith(f"Fern, Year 3, {session} stays as it is. Fern is closed and cannot be a guest.")
    assert standing() == before


def test_pupils_of_a_guest_that_were_changed_since_or_counted_stay(
    school: School, guest: School, by: User, now: datetime
) -> None:
    session = agreed(school)
    batch = sets(session, guest, {session.pk: {3: 12, 4: 9}}, by, now)
    Headcount.objects.filter(year_group=3).update(expected=13)
    (sentence,) = undo(batch, by=by, now=now).left_alone
    assert sentence.startswith("Fern, Year 3, ")
    assert "was changed since" in sentence
    assert list(Headcount.objects.values_list("year_group", "expected")) == [(3, 13)]
    batch = sets(session, guest, {}, by, now)
    Session.objects.filter(pk=session.pk).update(stage="delivered", went_ahead="yes")
    (sentence,) = undo(batch, by=by, now=now).left_alone
    assert "This session took place." in sentence
    assert not Headcount.objects.exists()


def test_pupils_that_are_gone_are_named_by_school_and_year_group(school: School, guest: School, by: User, now: datetime) -> None:
    session = agreed(school)
    batch = sets(session, guest, {session.pk: {3: 12}}, by, now)
    Headcount.objects.all().delete()
    assert undo(batch, by=by, now=now).left_alone == ["Fern, Year 3 was changed since, so it stays as it is."]


def test_a_request_that_was_seen_to_by_a_slip_waits_again(school: School, by: User, now: datetime) -> None:
    visit = Visit.objects.create(reference=REFERENCE, school=school)
    request = VisitRequest.objects.create(
        school=school, visit=visit, name="Pat", role="head", email="pat@ash.example.org", asked_at=now, confirmed_at=now,
        state="waits",
    )  # fmt: skip
    before = standing()
    batch = see_to_request_to_undo(request, by=by, now=now)
    assert batch.words == "Saw to a request of Ash"
    assert see_to_request_to_undo(request, by=by, now=now).changes == []
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before
    cora = coordinator_of(AreaFactory())
    assert "is in another area now" in " ".join(
        undo(see_to_request_to_undo(request, by=by, now=now), by=cora, now=now).left_alone
    )
