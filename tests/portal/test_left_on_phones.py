"""What a phone holds of a sign-in with which nobody comes in any more: who may send it, and what the phone is told of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from schools.accounts.models import Role, User
from schools.visits.actions.merging import merge_people, undo_merge
from schools.visits.models import Headcount, Merge, SafeguardingNotice, Session
from schools.volunteers.models import Volunteer
from tests.factories import AreaFactory, CoverFactory, UserFactory, VolunteerFactory, able_volunteer, manager
from tests.portal.pages import AFTER, BEFORE, client_of, day_url, morning_at, school_in, text_of, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    """Asha with the sign-in that stays: it was used first."""
    return able_volunteer(AreaFactory(), signs_in=True, name="Asha Rahman")


@pytest.fixture
def double(asha: Volunteer) -> Volunteer:
    """Asha once more, with a sign-in of its own: she tells with it how mornings went."""
    made = able_volunteer(asha.areas.get(), signs_in=True, name="Asha Raman")
    User.objects.filter(volunteer=asha).update(last_login=BEFORE)
    return made


@pytest.fixture
def session(double: Volunteer) -> Session:
    return morning_at(school_in(double.areas.get()), double)[0]


def merged(kept: Volunteer, gone: Volunteer, *chosen: str) -> Merge:
    kept, gone = (Volunteer.objects.get(pk=each.pk) for each in (kept, gone))
    return merge_people(kept, gone, chosen=chosen, mark=None, by=manager(), now=AFTER)


def sign_in(volunteer: Volunteer) -> str:
    assert volunteer.user_id is not None
    return str(volunteer.user_id)


def asks(client: Client, *holds: str) -> tuple[list[str], list[str]]:
    """Which of those of whom the phone holds something are earlier sign-ins of its reader, and which have ended."""
    answer = client.get(reverse("phone-token"), {"holds": holds}).json()
    return answer["earlier"], answer["ended"]


def switch_off(volunteer: Volunteer) -> None:
    User.objects.filter(volunteer=volunteer).update(is_active=False)


def test_who_signs_in_with_the_kept_sign_in_sends_what_waits_of_the_other_and_nobody_else_does(
    asha: Volunteer, double: Volunteer
) -> None:
    ben, old = able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro"), sign_in(double)
    assert asks(client_of(asha), old) == ([], []), "nobody has said that they are the same person"
    merged(asha, double)
    assert asks(client_of(asha), old, sign_in(ben)) == ([old], [])
    # It is somebody's who may still send it: to others it is neither given nor shown.
    assert asks(client_of(ben), old) == ([], [])
    assert asks(client_of(asha), "nonsense", "", "9" * 30) == ([], [])


def test_of_three_entries_made_one_each_earlier_sign_in_is_that_of_the_last(asha: Volunteer, double: Volunteer) -> None:
    third = able_volunteer(asha.areas.get(), signs_in=True, name="A. Rahman")
    merged(double, third)
    User.objects.filter(volunteer=double).update(last_login=BEFORE)
    User.objects.filter(volunteer=asha).update(last_login=None)
    merged(asha, double, "user")  # the sign-in of the entry that goes stays this time
    asha.refresh_from_db()
    olds = {sign_in(third), *map(str, User.objects.filter(volunteer=None, is_active=False).values_list("pk", flat=True))}
    assert (len(olds), asha.user_id) == (2, double.user_id)
    assert set(asks(client_of(asha), *olds)[0]) == olds


def test_two_whom_a_merge_made_one_by_mistake_are_two_again_once_it_is_undone(asha: Volunteer, double: Volunteer) -> None:
    undo_merge(merged(asha, double), by=manager(), now=AFTER)
    assert asks(client_of(asha), sign_in(double)) == ([], [])


def test_a_sign_in_that_somebody_else_was_given_since_is_nobodys_earlier_one(asha: Volunteer, double: Volunteer) -> None:
    user = User.objects.get(volunteer=double)
    merged(asha, double)
    User.objects.filter(pk=user.pk).update(is_active=True)
    VolunteerFactory(name="Cem Demir", user=user)
    assert asks(client_of(asha), sign_in(double)) == ([], [])


def test_of_who_has_left_anybody_signed_in_here_may_pass_it_on(asha: Volunteer, double: Volunteer) -> None:
    switch_off(double)
    erased = UserFactory()
    gone = str(erased.pk)
    erased.delete()
    assert asks(client_of(asha), sign_in(double), gone) == ([], sorted([sign_in(double), gone]))


def test_of_a_merged_entry_whose_kept_sign_in_is_off_too_it_is_passed_on(asha: Volunteer, double: Volunteer) -> None:
    merged(asha, double)
    switch_off(asha)
    ben = able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro")
    assert asks(client_of(ben), sign_in(double)) == ([], [sign_in(double)])


def test_where_nobody_is_signed_in_a_phone_is_told_of_those_who_used_it_and_a_stranger_of_nobody(double: Volunteer) -> None:
    phone = client_of(double)
    phone.get(reverse("me"))
    switch_off(double)
    phone.cookies.pop("sessionid")
    assert asks(phone, sign_in(double)) == ([], [sign_in(double)])
    assert asks(Client(), sign_in(double)) == ([], [])


def sends(volunteer: Volunteer, session: Session, said: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client_of(volunteer).post(day_url(session), said, headers={"accept": "application/json"}).json()
    return answer


@time_machine.travel(AFTER)
def test_what_was_typed_before_the_merge_is_stored_by_who_is_kept(asha: Volunteer, double: Volunteer, session: Session) -> None:
    said = typed(session)
    merged(asha, double)
    assert sends(asha, session, said)["kept"]
    assert Headcount.objects.get(session=session).pupils == 28
    session.refresh_from_db()
    assert (session.recorded_by_id, session.covers.get().state) == (asha.user_id, "attended")


@time_machine.travel(AFTER)
def test_what_had_arrived_under_the_earlier_sign_in_is_stored_once_and_corrected_by_its_person(
    asha: Volunteer, double: Volunteer, session: Session
) -> None:
    said = typed(session)
    assert sends(double, session, said)["kept"]
    stranger = able_volunteer(asha.areas.get(), signs_in=True, name="Ben Okoro")
    CoverFactory(session=session, volunteer=stranger, role="presenter")
    merged(asha, double)
    assert sends(asha, session, said)["kept"], "the answer was lost, and the phone sends it again"
    assert client_of(asha).get(reverse("phone-received"), {"key": said["key"]}).json() == {"received": [said["key"]]}
    corrected = typed(session, **{f"pupils_{session.visit.school_id}_5": "29", "replaces": said["key"]})
    assert not sends(stranger, session, corrected)["kept"], "it is not what they said"
    assert sends(asha, session, {**corrected, "key": str(uuid4())})["kept"]
    assert Headcount.objects.get(session=session).pupils == 29


@pytest.mark.parametrize("role", ["", Role.COORDINATOR.value])
@time_machine.travel(AFTER)
def test_whom_somebody_told_is_stored_once_under_whichever_sign_in_it_arrives(
    asha: Volunteer, double: Volunteer, session: Session, role: str
) -> None:
    if role:  # a merge leaves a sign-in of the office as it is
        assert double.user
        double.user.groups.add(Group.objects.get(name=role))

    def notes(volunteer: Volunteer, **other: str) -> None:
        said = {"session": session.pk, "role_told": "the head teacher", "day": "2026-11-26", "at": "10:30", **other}
        client_of(volunteer).post(day_url(session, "told"), said)

    notes(double)
    first = SafeguardingNotice.objects.get()
    merged(asha, double)
    notes(asha)
    assert SafeguardingNotice.objects.get() == first, "the answer was lost, and the phone sends it again"
    assert first.by == double.user
    assert "head teacher, Thu 26 November 2026, 10:30" in text_of(client_of(asha).get(day_url(session, "morning")))
    before = f"{session.pk} 2026-11-26T10:30 the head teacher"
    notes(asha, at="10:45", instead_of=before)
    corrected = SafeguardingNotice.objects.get()
    assert (corrected.pk, corrected.told_at - first.told_at) == (first.pk, timedelta(minutes=15))
