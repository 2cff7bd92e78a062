"""Versions of one report from one phone: whatever order they arrive in, and however often, the last one is what is stored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import settings as examples_of
from hypothesis import strategies as st

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.delivery.models import OutcomeSubmission
from schools.delivery.queries import Outcome
from schools.materials.models import Material
from schools.visits.models import Headcount, Session
from schools.volunteers.models import Volunteer
from tests import factories
from tests.profiles import examples

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def a_session() -> Session:
    session: Session = factories.SessionFactory(day=NOW.date())
    factories.HeadcountFactory(session=session, year_group=5, expected=30)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(signs_in=True), state="accepted")
    return session


def said(session: Session, pupils: int) -> Outcome:
    return Outcome("yes", headcounts={(session.visit.school_id, 5): pupils}, attended=frozenset())


def stored(session: Session) -> int | None:
    return Headcount.objects.get(session=session).pupils


def user_of(volunteer: Volunteer) -> User:
    assert volunteer.user is not None
    return volunteer.user


class Phone:
    """The versions that one person confirmed, each with the keys of those before it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.by = user_of(session.covers.get().volunteer)
        self.versions: list[tuple[UUID, int]] = []

    def confirm(self, pupils: int) -> None:
        self.versions.append((uuid4(), pupils))

    def send(self, number: int) -> None:
        key, pupils = self.versions[number]
        before = [one for one, _ in self.versions[:number]]
        actions.record(self.session, said(self.session, pupils), key=key, by=self.by, now=NOW, replaces=before)


@pytest.fixture
def session(db: None) -> Session:
    return a_session()


@examples_of(max_examples=examples(30))
@given(
    numbers=st.lists(st.integers(0, 60), min_size=1, max_size=5),
    arrivals=st.lists(st.integers(0, 4), max_size=12),
)
def test_the_last_version_is_what_is_stored_whatever_arrives_when(numbers: list[int], arrivals: list[int]) -> None:
    phone = Phone(a_session())
    for number in numbers:
        phone.confirm(number)
    last = len(numbers) - 1
    newest = -1
    for arrived in [*(one for one in arrivals if one <= last), last, *(one for one in reversed(arrivals) if one <= last)]:
        phone.send(arrived)
        newest = max(newest, arrived)
        assert stored(phone.session) == numbers[newest]
    assert OutcomeSubmission.objects.filter(session=phone.session).count() <= len(numbers)


def test_a_version_that_arrives_after_the_one_that_replaces_it_changes_nothing(session: Session) -> None:
    phone = Phone(session)
    phone.confirm(5)
    phone.confirm(25)
    phone.send(1)
    phone.send(0)
    session.refresh_from_db()
    assert (stored(session), session.version) == (25, 1)


def test_a_change_after_somebody_elses_correction_is_shown_beside_it(session: Session) -> None:
    phone = Phone(session)
    phone.confirm(5)
    phone.send(0)
    session.refresh_from_db()
    manager = factories.manager(name="Maya Lewis")
    actions.amend(session, said(session, 9), key=uuid4(), version=session.version, by=manager, now=NOW)
    phone.confirm(25)
    with pytest.raises(actions.OutcomeDiffers, match="Maya corrected what was reported of this session"):
        phone.send(1)
    assert stored(session) == 9


def test_who_corrected_somebody_elses_report_and_tells_anew_elsewhere_reads_that_they_reported_it(session: Session) -> None:
    phone = Phone(session)
    partner = factories.CoverFactory(session=session, volunteer=factories.able_volunteer(signs_in=True), state="accepted")
    by = user_of(partner.volunteer)
    phone.confirm(5)
    phone.send(0)
    session.refresh_from_db()
    actions.amend(session, said(session, 9), key=uuid4(), version=session.version, by=by, now=NOW)
    with pytest.raises(actions.OutcomeDiffers, match="You reported this session already, elsewhere"):
        actions.record(session, said(session, 7), key=uuid4(), by=by, now=NOW)
    assert stored(session) == 9


def test_a_form_that_was_opened_before_anything_was_stored_forgets_no_number_unasked(session: Session) -> None:
    phone = Phone(session)
    phone.confirm(28)
    phone.send(0)
    blank = Outcome("yes", headcounts={(session.visit.school_id, 5): None}, attended=frozenset())
    before = [phone.versions[0][0]]
    with pytest.raises(actions.OutcomeDiffers):
        actions.record(session, blank, key=uuid4(), by=phone.by, now=NOW, replaces=before)
    assert stored(session) == 28
    session.refresh_from_db()
    actions.amend(session, blank, key=uuid4(), version=session.version, by=phone.by, now=NOW, replaces=before)
    assert stored(session) is None, "who has been asked may"


FORGETS: dict[str, Callable[[Outcome, int], Outcome]] = {
    "the note": lambda whole, absent: replace(whole, note=""),
    "what went differently": lambda whole, absent: replace(whole, differed=""),
    "how much was used": lambda whole, absent: replace(whole, materials=dict.fromkeys(whole.materials, (30, None))),
    "a material": lambda whole, absent: replace(whole, materials={}),
    "who was absent": lambda whole, absent: replace(whole, attended=whole.attended | {absent}),
    "that they came again": lambda whole, absent: replace(whole, pupils_are="new"),
    "that the school counted": lambda whole, absent: replace(whole, count_basis="counted"),
}
"""What a form says that was opened before anything was stored, and has all of it but one thing."""


@pytest.mark.parametrize("what", FORGETS)
def test_such_a_form_forgets_nothing_else_unasked_either(session: Session, what: str) -> None:
    there, first = session.covers.get(), uuid4()
    absent = factories.CoverFactory(session=session, volunteer=factories.able_volunteer(), role="presenter", state="accepted")
    whole = replace(
        said(session, 28),
        note="The screen was too small.",
        differed="room",
        attended=frozenset({there.pk}),
        materials={Material.objects.create(name="Paper").pk: (30, 28)},
        pupils_are="again",
        count_basis="school",
    )
    by = user_of(there.volunteer)
    actions.record(session, whole, key=first, by=by, now=NOW)
    forgetting = FORGETS[what](whole, absent.pk)
    with pytest.raises(actions.OutcomeDiffers):
        actions.record(session, forgetting, key=uuid4(), by=by, now=NOW, replaces=[first])
    with pytest.raises(actions.OutcomeDiffers):  # nor does one that was opened before the last correction
        actions.amend(session, forgetting, key=uuid4(), version=session.version, by=by, now=NOW, replaces=[first])
    changed = replace(whole, headcounts=said(session, 29).headcounts, note="It was far too small.")
    changed = replace(changed, materials=dict.fromkeys(whole.materials, (30, 27)))
    actions.record(session, changed, key=uuid4(), by=by, now=NOW, replaces=[first])
    assert stored(session) == 29, "a form that still has everything is not asked about"


def test_keys_of_somebody_elses_report_open_nothing(session: Session) -> None:
    phone = Phone(session)
    phone.confirm(5)
    phone.send(0)
    partner = factories.able_volunteer(signs_in=True)
    factories.CoverFactory(session=session, volunteer=partner, state="accepted")
    key, _ = phone.versions[0]
    with pytest.raises(actions.OutcomeDiffers):
        actions.record(session, said(session, 40), key=uuid4(), by=user_of(partner), now=NOW, replaces=[key])
    assert stored(session) == 5


def test_what_is_refused_leaves_no_trace_of_the_versions_that_it_names(session: Session) -> None:
    phone = Phone(session)
    phone.confirm(5)
    phone.confirm(25)
    key, earlier = phone.versions[1][0], phone.versions[0][0]
    wrong = replace(said(session, 25), headcounts={(session.visit.school_id, 5): 100_000})
    with pytest.raises(RuleBroken):
        actions.record(session, wrong, key=key, by=phone.by, now=NOW, replaces=[earlier])
    assert not OutcomeSubmission.objects.exists()
    phone.send(0)
    assert stored(session) == 5
