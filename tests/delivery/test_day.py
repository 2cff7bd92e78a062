"""A day's report: all sessions or none; whatever order its versions arrive in, the last one is what is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import settings as examples_of
from hypothesis import strategies as st

from schools.accounts.models import User
from schools.delivery import actions
from schools.delivery.forms import sessions_shown
from schools.delivery.forms.whole_day import OF_A_MATERIAL
from schools.delivery.queries import MixedClass, Outcome
from schools.delivery.rules import FAR, ordinary_counts, question_about
from schools.delivery.sharing import amounts_of_sessions, together
from schools.visits.models import Headcount, Session
from tests import factories
from tests.profiles import examples

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db

LATER = None
"""Where a version leaves a session for later."""


def test_a_form_is_read_whatever_numbers_its_sessions_and_materials_have() -> None:
    """After a restore they go on from far above."""
    assert sessions_shown(QueryDict("s9400000001-version=0&s7-version=2")) == [9_400_000_001, 7]
    assert OF_A_MATERIAL.fullmatch("used_9400000001")


class Phone:
    """A day of two sessions, and the versions of its report that one person confirmed."""

    def __init__(self) -> None:
        visit = factories.VisitFactory()
        volunteer = factories.able_volunteer(signs_in=True)
        self.sessions: list[Session] = [
            factories.SessionFactory(visit=visit, day=NOW.date(), starts=time(9 + number), ends=time(10 + number))
            for number in range(2)
        ]
        for session in self.sessions:
            factories.HeadcountFactory(session=session, year_group=5, expected=30)
            factories.CoverFactory(session=session, volunteer=volunteer, state="accepted")
        assert volunteer.user is not None
        self.by: User = volunteer.user
        self.versions: list[tuple[UUID, Sequence[int | None]]] = []

    def send(self, number: int) -> None:
        key, numbers = self.versions[number]
        before = [earlier for earlier, _ in self.versions[:number]]
        reports, later = [], []
        for session, pupils in zip(self.sessions, numbers, strict=True):
            replaces = tuple(actions.key_of(earlier, session) for earlier in before)
            if pupils is LATER:
                later.append((session, replaces))
            else:
                outcome = Outcome("yes", headcounts={(session.visit.school_id, 5): pupils})
                reports.append(actions.Report(session, outcome, None, actions.key_of(key, session), replaces))
        actions.record_day(reports, by=self.by, now=NOW, later=later)

    def stored(self) -> list[int | None]:
        rows = {row.session_id: row.pupils for row in Headcount.objects.filter(session__in=self.sessions)}
        return [rows[session.pk] for session in self.sessions]


VERSION = st.tuples(st.one_of(st.none(), st.integers(0, 60)), st.one_of(st.none(), st.integers(0, 60))).filter(any)


@examples_of(max_examples=examples(25))
@given(versions=st.lists(VERSION, min_size=1, max_size=4), arrivals=st.lists(st.integers(0, 3), max_size=8))
def test_whatever_arrives_when_each_session_has_what_was_said_of_it_last(
    versions: list[tuple[int | None, int | None]], arrivals: list[int]
) -> None:
    phone = Phone()
    phone.versions = [(uuid4(), version) for version in versions]
    last = len(versions) - 1
    naive: list[int | None] = [None, None]
    newest = -1
    for arrived in [*(number for number in arrivals if number <= last), last, *range(last)]:
        phone.send(arrived)
        if arrived > newest:
            newest = arrived
            naive = [before if new is LATER else new for before, new in zip(naive, versions[arrived], strict=True)]
        assert phone.stored() == naive


def test_if_one_session_is_refused_nothing_of_the_day_is_stored() -> None:
    phone = Phone()
    phone.versions = [(uuid4(), (28, 100_000))]
    with pytest.raises(actions.DayRefused, match="10:00–11:00 am: 100,000 pupils in Year 5 cannot be right") as refusal:
        phone.send(0)
    assert not refusal.value.only_differs
    assert phone.stored() == [None, None]
    phone.versions = [(phone.versions[0][0], (28, 31))]
    phone.send(0)
    assert phone.stored() == [28, 31]


@pytest.mark.parametrize("shares", [{3: 16, 4: 14}, {3: 31, 4: 14}, {3: 16}])
def test_the_shares_of_a_mixed_class_are_part_of_the_headcounts(shares: dict[int, int]) -> None:
    phone = Phone()
    session = phone.sessions[0]
    school = session.visit.school_id
    outcome = Outcome(
        "yes", headcounts={(school, 3): 16, (school, 4): 14}, mixed=(MixedClass(school, shares),), count_basis="spread"
    )
    report = actions.Report(session, outcome, None, uuid4())
    if shares == {3: 16, 4: 14}:
        actions.record_day([report], by=phone.by, now=NOW)
        session.refresh_from_db()
        assert session.mixed_classes == [{"school": school, "shares": {"3": 16, "4": 14}}]
    else:
        with pytest.raises(actions.DayRefused, match="mixed class"):
            actions.record_day([report], by=phone.by, now=NOW)


@given(pupils=st.integers(0, 1000), expected=st.integers(0, 1000))
def test_the_question_is_asked_by_a_plain_computation(pupils: int, expected: int) -> None:
    above = pupils > 1.5 * expected and pupils > expected + FAR
    below = pupils < expected // 2 and pupils < expected - FAR
    assert bool(question_about(pupils, expected)) == (above or below)
    least, most = ordinary_counts(expected)
    assert (least <= pupils <= most) == (not above and not below)


@given(
    number=st.one_of(st.none(), st.integers(0, 300)),
    planned=st.lists(st.one_of(st.none(), st.integers(0, 90)), min_size=1, max_size=4),
    comes_back=st.booleans(),
)
def test_what_is_shared_out_over_a_day_is_the_day_again(
    number: int | None, planned: list[int | None], *, comes_back: bool
) -> None:
    each = amounts_of_sessions((number, number), {}, dict(enumerate(planned)), comes_back=comes_back)
    for position in (0, 1):
        assert together([amounts[position] for amounts in each.values()], comes_back=comes_back) == number
    # Told again and not changed, every session stays as it is.
    assert amounts_of_sessions((number, number), each, dict(enumerate(planned)), comes_back=comes_back) == each
