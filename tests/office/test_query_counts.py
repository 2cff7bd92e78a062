"""Every list asks a fixed number of questions, however long it is."""

from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from pytest_django import DjangoDbBlocker

from schools import models
from tests import factories
from tests.house import assert_stated
from tests.kept import kept_for_several_tests
from tests.office.conftest import NOW, rows_in
from tests.office.test_visibility import ALL, url

QUERIES: dict[type[Model], int] = {
    Group: 8,
    models.User: 10,
    models.OutcomeSubmission: 10,
    models.Charity: 8,
    models.Area: 9,
    models.AreaAuthority: 9,
    models.AreaCoordinator: 9,
    models.Authority: 8,
    models.Postcode: 8,
    models.Deprivation: 9,
    models.MessageAbout: 8,
    models.MessageTo: 8,
    models.EditedText: 8,
    models.PublicText: 8,
    models.Erasure: 8,
    models.EarlierValue: 8,
    models.PurgeRun: 8,
    models.SubjectAccess: 8,
    models.Recovery: 8,
    models.RecoveryStep: 8,
    models.Trustee: 8,
    models.Region: 8,
    models.Reorganisation: 10,
    models.School: 9,
    models.Contact: 9,
    models.ImportChange: 8,
    models.ColumnMatch: 9,
    models.ImportFile: 8,
    models.ImportRun: 9,
    models.Roll: 9,
    models.SchoolAgreement: 11,
    models.SchoolAuthority: 8,
    models.SchoolLink: 8,
    models.Site: 8,
    models.KitLine: 9,
    models.Material: 8,
    models.MaterialUse: 9,
    models.Movement: 10,
    models.Packed: 9,
    models.Parcel: 9,
    models.Piece: 10,
    models.PieceBooking: 8,
    models.SessionKit: 9,
    models.StockSubmission: 10,
    models.Store: 9,
    models.BackupRun: 8,
    models.OutboxMessage: 10,
    models.SuppressedAddress: 8,
    models.MailPace: 8,
    models.PeriodicJob: 8,
    models.SignOfLife: 9,
    models.SessionType: 8,
    models.PackItem: 9,
    models.Cover: 10,
    models.Headcount: 10,
    models.Session: 12,
    models.SafeguardingNotice: 10,
    models.ClosedPeriod: 11,
    models.Return: 10,
    models.ReturnRow: 8,
    models.Restatement: 8,
    models.Drift: 8,
    models.Publication: 8,
    models.PublishedPlace: 8,
    models.PublishedAtom: 8,
    models.PublishedPupils: 8,
    models.ContactLog: 10,
    models.Visit: 9,
    models.VisitTemplate: 8,
    models.VisitTemplateLine: 10,
    models.Batch: 10,
    models.Merge: 8,
    models.TwoPeople: 8,
    models.Term: 10,
    models.Availability: 8,
    models.Away: 10,
    models.Clearance: 11,
    models.ClearanceLook: 11,
    models.Conflict: 8,
    models.SignOff: 9,
    models.Volunteer: 10,
    models.VolunteerStep: 10,
    models.Accepted: 9,
    models.AddressChange: 8,
    models.Agreement: 8,
    models.FeedToken: 8,
    models.OfficeFeed: 8,
    models.Invitation: 10,
    models.ApiToken: 8,
    models.ApiUse: 12,
    models.Confirmed: 9,
    models.StandIn: 10,
    models.SchoolAccess: 8,
    models.SchoolAnswer: 8,
    models.SchoolAlarm: 8,
    models.SchoolChange: 8,
    models.Feedback: 8,
    models.VisitRequest: 8,
    models.OfferedDates: 8,
    models.Subscription: 8,
}
"""Queries of each list: who signed in, their rights, the counts, the rows, what filters offer."""

HOME = 13
"""Queries of the home page: who signed in, rights, patch, the fortnight (two), who stands in, one for all needs that are not
kept, one for what is not set up yet."""

HOME_AFRESH = 34
"""The same once nothing is kept any more: three needs are worked out, and the term's reach twice."""

type Asserts = Callable[[int], Any]


def test_every_list_is_counted() -> None:
    assert_stated(
        (model.__name__ for model in ALL),
        (model.__name__ for model in QUERIES),
        add="Add the number of queries of each table's list to QUERIES (tests/office/test_query_counts.py).",
        remove="The office has no such table: take each out of QUERIES (tests/office/test_query_counts.py).",
    )


@pytest.fixture(scope="class", params=[1, 3])
def _rows(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One row of every table, then three."""
    with kept_for_several_tests(django_db_blocker):
        with time_machine.travel(NOW, tick=False):
            by = factories.manager()
            for _ in range(request.param):
                rows_in(factories.AreaFactory(), by=by)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("_rows")
class TestLists:
    @pytest.mark.parametrize("model", ALL)
    def test_of_one_row_and_of_three(
        self, model: type[Model], managers_office: Client, django_assert_num_queries: Asserts
    ) -> None:
        address = url(model, "changelist")
        managers_office.get(address)
        with django_assert_num_queries(QUERIES[model]):
            managers_office.get(address)


def a_booked_session(area: models.Area) -> models.Session:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    factories.HeadcountFactory(session=session)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area))
    return session


@pytest.mark.parametrize("many", [1, 3])
def test_home_asks_the_same_of_one_session_and_of_three(
    many: int, office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    for _ in range(many):
        a_booked_session(area)
    with django_assert_num_queries(HOME_AFRESH):
        office.get("/admin/")
    with django_assert_num_queries(HOME):
        office.get("/admin/")


def test_a_sessions_page_asks_the_same_of_one_volunteer_and_of_four(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    session = a_booked_session(area)
    factories.able_volunteer(area)
    address = f"/admin/session/{session.pk}/"
    office.get(address)
    with django_assert_num_queries(14):
        office.get(address)
    for _ in range(3):
        factories.able_volunteer(area)
        factories.HeadcountFactory(session=session, year_group=models.Headcount.objects.count() % 5)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area), state="offered")
    with django_assert_num_queries(14):
        office.get(address)


def test_a_visit_days_page_asks_the_same_of_one_volunteer_and_of_four_guests_and_all(
    office: Client, area: models.Area, elsewhere: models.Area, django_assert_num_queries: Asserts
) -> None:
    session = a_booked_session(area)
    models.School.objects.update(easting=330_000, northing=520_000)

    def somebody() -> None:
        factories.able_volunteer(area)
        factories.able_volunteer(elsewhere, easting=335_000, northing=520_000)

    somebody()
    address = f"/admin/visit/{session.visit_id}/{session.day}/?elsewhere=on"
    office.get(address)
    with django_assert_num_queries(23):
        assert len(office.get(address).context["guests"]) == 1
    for number in range(3):
        somebody()
        factories.SessionFactory(visit=session.visit, starts=time(10 + number), ends=time(10 + number, 30))
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area), state="offered")
    with django_assert_num_queries(23):
        assert len(office.get(address).context["guests"]) == 4


def test_a_volunteers_page_asks_the_same_of_one_morning_and_of_three(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    volunteer = factories.able_volunteer(area)

    def more(day: int) -> None:
        factories.CoverFactory(volunteer=volunteer, session__day=factories.DAY.replace(day=day))
        factories.CoverFactory(volunteer=volunteer, session__day=factories.DAY.replace(day=day - 20))
        factories.CoverFactory(
            volunteer=volunteer, state="attended", session__delivered=True, session__day=factories.DAY.replace(month=10, day=day)
        )
        models.Away.objects.create(volunteer=volunteer, first_day=factories.DAY, last_day=factories.DAY)
        models.VolunteerStep.objects.create(volunteer=volunteer, step="active", day=factories.DAY.replace(day=day))
        factories.ClearanceFactory(volunteer=volunteer)

    more(26)
    address = f"/admin/volunteer/{volunteer.pk}/?clearances=1"
    office.get(address)
    with django_assert_num_queries(22):
        office.get(address)
    for day in (27, 28):
        more(day)
    with django_assert_num_queries(22):
        office.get(address)


def test_a_visits_page_asks_the_same_of_one_session_and_of_three(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    session = a_booked_session(area)
    factories.able_volunteer(area)
    address = f"/admin/visit/{session.visit_id}/"
    office.get(address)
    with django_assert_num_queries(28):
        office.get(address)
    for day in (1, 2):
        other = factories.SessionFactory(visit=session.visit, day=factories.DAY.replace(day=day))
        factories.HeadcountFactory(session=other)
        factories.CoverFactory(session=other, volunteer=factories.able_volunteer(area))
    with django_assert_num_queries(28):
        office.get(address)


def test_the_search_for_a_school_asks_the_same_of_two_and_of_four(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    for _ in range(2):
        factories.SchoolFactory(area=area, name="Ashfield")
    address = "/admin/book/?q=ash"
    office.get(address)
    with django_assert_num_queries(8):
        office.get(address)
    for _ in range(2):
        factories.SchoolFactory(area=area, name="Ashfield")
    with django_assert_num_queries(8):
        assert len(office.get(address).context["schools"]) == 4


@pytest.mark.exhaustive
def test_the_reach_page_asks_the_same_of_one_school_and_of_three(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    def delivered() -> None:
        school = factories.SchoolFactory(area=area)
        session = factories.SessionFactory(visit__school=school, delivered=True, day=factories.DAY.replace(day=2), area=area)
        factories.HeadcountFactory(session=session, pupils=30, area=area)
        factories.SessionFactory(visit__school=school, day=factories.DAY.replace(day=3))  # nobody said how it went

    delivered()
    office.get("/admin/reach/")
    with django_assert_num_queries(20):
        office.get("/admin/reach/")
    for _ in range(2):
        delivered()
    with django_assert_num_queries(20):
        office.get("/admin/reach/")
