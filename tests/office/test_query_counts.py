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
    Group: 7,
    models.User: 9,
    models.OutcomeSubmission: 8,
    models.Charity: 6,
    models.Area: 7,
    models.AreaAuthority: 7,
    models.AreaCoordinator: 7,
    models.Authority: 6,
    models.Postcode: 6,
    models.Deprivation: 7,
    models.MessageAbout: 6,
    models.MessageTo: 6,
    models.EditedText: 7,
    models.PublicText: 7,
    models.Erasure: 6,
    models.EarlierValue: 6,
    models.PurgeRun: 6,
    models.SubjectAccess: 6,
    models.Recovery: 6,
    models.RecoveryStep: 6,
    models.Trustee: 6,
    models.Region: 6,
    models.Reorganisation: 8,
    models.School: 7,
    models.Contact: 7,
    models.ImportChange: 6,
    models.ColumnMatch: 7,
    models.ImportFile: 6,
    models.ImportRun: 7,
    models.Roll: 7,
    models.SchoolAgreement: 9,
    models.SchoolAuthority: 6,
    models.SchoolLink: 6,
    models.Site: 6,
    models.KitLine: 7,
    models.Material: 6,
    models.MaterialUse: 7,
    models.Movement: 8,
    models.Packed: 7,
    models.Parcel: 7,
    models.Piece: 8,
    models.PieceBooking: 6,
    models.SessionKit: 7,
    models.StockSubmission: 8,
    models.Store: 7,
    models.BackupRun: 6,
    models.OutboxMessage: 8,
    models.SuppressedAddress: 6,
    models.MailPace: 6,
    models.PeriodicJob: 6,
    models.SignOfLife: 7,
    models.SessionType: 6,
    models.PackItem: 7,
    models.Cover: 8,
    models.Headcount: 8,
    models.Session: 10,
    models.SafeguardingNotice: 8,
    models.ClosedPeriod: 9,
    models.Return: 8,
    models.ReturnRow: 6,
    models.Restatement: 6,
    models.Drift: 6,
    models.Publication: 6,
    models.PublishedPlace: 6,
    models.PublishedAtom: 6,
    models.PublishedPupils: 6,
    models.ContactLog: 8,
    models.Visit: 7,
    models.VisitTemplate: 6,
    models.VisitTemplateLine: 8,
    models.Batch: 8,
    models.Merge: 6,
    models.TwoPeople: 6,
    models.Term: 8,
    models.Availability: 6,
    models.Away: 8,
    models.Clearance: 9,
    models.ClearanceLook: 9,
    models.Conflict: 6,
    models.SignOff: 7,
    models.Volunteer: 8,
    models.VolunteerStep: 8,
    models.Accepted: 7,
    models.AddressChange: 6,
    models.Agreement: 6,
    models.FeedToken: 6,
    models.OfficeFeed: 6,
    models.Invitation: 8,
    models.ApiToken: 6,
    models.ApiUse: 10,
    models.Confirmed: 7,
    models.StandIn: 8,
    models.SchoolAccess: 6,
    models.SchoolAnswer: 6,
    models.SchoolAlarm: 6,
    models.SchoolChange: 6,
    models.Feedback: 6,
    models.VisitRequest: 6,
    models.OfferedDates: 6,
    models.Subscription: 6,
}
"""Queries of each list: who signed in, their rights, the counts, the rows, what filters offer."""

HOME = 11
"""Queries of the home page: who signed in, rights, patch, the fortnight (two), who stands in, one for all needs that are not
kept, one for what is not set up yet."""

HOME_AFRESH = 34
"""The same once nothing is kept any more: five needs are worked out, and the term's reach twice."""

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
    with django_assert_num_queries(12):
        office.get(address)
    for _ in range(3):
        factories.able_volunteer(area)
        factories.HeadcountFactory(session=session, year_group=models.Headcount.objects.count() % 5)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area), state="offered")
    with django_assert_num_queries(12):
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
    with django_assert_num_queries(21):
        assert len(office.get(address).context["guests"]) == 1
    for number in range(3):
        somebody()
        factories.SessionFactory(visit=session.visit, starts=time(10 + number), ends=time(10 + number, 30))
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area), state="offered")
    with django_assert_num_queries(21):
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
    with django_assert_num_queries(21):
        office.get(address)
    for day in (27, 28):
        more(day)
    with django_assert_num_queries(21):
        office.get(address)


def test_a_visits_page_asks_the_same_of_one_session_and_of_three(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    session = a_booked_session(area)
    factories.able_volunteer(area)
    address = f"/admin/visit/{session.visit_id}/"
    office.get(address)
    with django_assert_num_queries(26):
        office.get(address)
    for day in (1, 2):
        other = factories.SessionFactory(visit=session.visit, day=factories.DAY.replace(day=day))
        factories.HeadcountFactory(session=other)
        factories.CoverFactory(session=other, volunteer=factories.able_volunteer(area))
    with django_assert_num_queries(26):
        office.get(address)


def test_the_search_for_a_school_asks_the_same_of_two_and_of_four(
    office: Client, area: models.Area, django_assert_num_queries: Asserts
) -> None:
    for _ in range(2):
        factories.SchoolFactory(area=area, name="Ashfield")
    address = "/admin/book/?q=ash"
    office.get(address)
    with django_assert_num_queries(6):
        office.get(address)
    for _ in range(2):
        factories.SchoolFactory(area=area, name="Ashfield")
    with django_assert_num_queries(6):
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
    with django_assert_num_queries(18):
        office.get("/admin/reach/")
    for _ in range(2):
        delivered()
    with django_assert_num_queries(18):
        office.get("/admin/reach/")
