"""Me: what a volunteer says of themselves, what is known of them, everything that is held, and never of others."""

import csv
import io
import json
from datetime import date, time
from random import Random
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from schools import models
from schools.directory.models import Area
from schools.volunteers.models import Away, Clearance, Volunteer
from tests.factories import AreaFactory, ClearanceFactory, CoverFactory, HeadcountFactory, SessionFactory, able_volunteer
from tests.portal.pages import BEFORE, client_of, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before() -> Any:
    with time_machine.travel(BEFORE):
        yield


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Cumberland")
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rahman", phone="+447700900123")


def test_my_week_is_what_i_ticked_and_what_the_office_said_of_saturdays_stays(asha: Volunteer) -> None:
    asha.availabilities.create(weekday=0, part="morning")
    asha.availabilities.create(weekday=5, part="morning")
    client = client_of(asha)
    assert 'value="0-morning" ' in text_of(client.get(reverse("week"))).replace("checked", " checked ")
    client.post(reverse("week"), {"half_days": ["1-afternoon", "3-morning"]})
    assert sorted(asha.availabilities.values_list("weekday", "part")) == [(1, "afternoon"), (3, "morning"), (5, "morning")]
    assert "Tuesday afternoon" in text_of(client.get(reverse("me")))


def test_days_away_are_added_and_taken_out_and_nobody_takes_out_anothers(asha: Volunteer, area: Area) -> None:
    client = client_of(asha)
    client.post(reverse("away"), {"first_day": "2026-12-01", "last_day": "2026-12-03"})
    mine = Away.objects.get(volunteer=asha)
    assert (mine.first_day, mine.last_day) == (date(2026, 12, 1), date(2026, 12, 3))
    other = able_volunteer(area, signs_in=True)
    assert client_of(other).post(reverse("away-end", args=[mine.pk])).status_code == 404
    client.post(reverse("away-end", args=[mine.pk]))
    assert not Away.objects.exists()


def test_days_away_the_wrong_way_round_or_past_are_refused_with_what_to_do(asha: Volunteer) -> None:
    client = client_of(asha)
    assert "before the first" in text_of(client.post(reverse("away"), {"first_day": "2026-12-03", "last_day": "2026-12-01"}))
    assert "has passed" in text_of(client.post(reverse("away"), {"first_day": "2026-11-01", "last_day": "2026-11-02"}))
    assert not Away.objects.exists()


def test_how_far_which_languages_and_whether_partners_see_the_phone(asha: Volunteer) -> None:
    client = client_of(asha)
    models.Charity.objects.update(distances_in="km")
    answer = {"furthest": "25", "languages": ["en", "cy"], "phone": "07400 123456", "share_phone": "on"}
    assert client.post(reverse("profile"), answer).status_code == 302
    asha.refresh_from_db()
    assert (asha.furthest_km, asha.languages, asha.phone.as_e164, asha.share_phone) == (25, ["en", "cy"], "+447400123456", True)
    page = text_of(client.post(reverse("profile"), {"languages": ["en"], "share_phone": "on"}))
    assert "Give the phone number that partners may see" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "It holds until 1 January 2028. There is nothing to do."),
        ({"recheck_on": date(2027, 1, 31)}, "Ask your coordinator now to begin a new one"),
        ({"recheck_on": date(2026, 11, 24)}, "It ran out on 24 November 2026."),
        ({"withdrawn_on": date(2026, 11, 1)}, "It was withdrawn."),
        ({"decision": "pending"}, "You have applied."),
        ({"decision": "not_clear"}, "Ask your coordinator what comes next."),
    ],
)
def test_each_clearance_says_what_to_do_next(asha: Volunteer, changes: dict[str, Any], words: str) -> None:
    Clearance.objects.filter(volunteer=asha).update(**changes)
    assert words in text_of(client_of(asha).get(reverse("me")))


def test_nothing_is_asked_about_a_clearance_that_a_newer_one_replaced(asha: Volunteer) -> None:
    ClearanceFactory(volunteer=asha, issued=date(2023, 1, 1), decided_on=date(2023, 1, 1), recheck_on=date(2026, 1, 1))
    page = text_of(client_of(asha).get(reverse("me")))
    assert "A newer decision has taken its place." in page
    assert "It ran out" not in page
    Clearance.objects.filter(volunteer=asha, recheck_on=date(2028, 1, 1)).update(withdrawn_on=date(2026, 11, 1))
    assert "It ran out on 1 January 2026." in text_of(client_of(asha).get(reverse("me")))


def test_a_sign_off_that_has_an_end_says_from_when_it_no_longer_holds(asha: Volunteer) -> None:
    client = client_of(asha)
    assert "no longer from" not in text_of(client.get(reverse("me")))
    models.SignOff.objects.filter(volunteer=asha).update(recheck_on=date(2026, 11, 24))
    assert "signed off, 2 January 2025; no longer from 24 November 2026" in text_of(client.get(reverse("me")))


def test_thanks_are_for_what_i_attended_and_what_was_counted_there(asha: Volunteer, area: Area) -> None:
    for day, state, pupils in (
        (date(2026, 10, 1), "attended", 28),
        (date(2025, 10, 1), "attended", None),
        (date(2026, 10, 2), "absent", 99),
    ):
        session = SessionFactory(visit__school=school_in(area), day=day, starts=time(9), ends=time(10), delivered=True)
        HeadcountFactory(session=session, pupils=pupils)
        CoverFactory(session=session, volunteer=asha, state=state)
        CoverFactory(session=session, volunteer=able_volunteer(area), state="attended")
    page = text_of(client_of(asha).get(reverse("me")))
    assert "you were at 1 session and gave 1.8 hours" in page
    assert "2 sessions, 3.5 hours" in page


def a_past_of(asha: Volunteer, area: Area, made: Random) -> None:
    """Thirty sessions of all kinds: delivered and not, with children and with parents, at schools that became others."""
    schools = [school_in(area) for _ in range(4)]
    later = school_in(area, chain=schools[0].pk)
    models.School.objects.filter(pk=schools[0].pk).update(chain=schools[0].pk)
    parents = models.SessionType.objects.get(slug="parents")
    for number in range(30):
        day = made.choice([date(2025, 7, 31), date(2025, 9, 9), date(2026, 7, 31), date(2026, 8, 1), date(2026, 10, 6)])
        kind = {"type": parents} if made.random() < 0.15 else {}
        stage = {"delivered": True} if made.random() < 0.8 else {"cancelled": True}
        school = made.choice([*schools, later])
        session = SessionFactory(visit__school=school, day=day, starts=time(9), ends=time(10), **stage, **kind)
        for year_group in range(made.choice([0, 1, 2])):
            guest = {"school": made.choice(schools)} if made.random() < 0.3 else {}
            HeadcountFactory(session=session, year_group=year_group, pupils=made.choice([None, 0, 7, number]), **guest)
        CoverFactory(
            session=session, volunteer=asha, state=made.choice(["attended", "attended", "absent", "accepted", "withdrawn"])
        )
        CoverFactory(session=session, volunteer=able_volunteer(area), state="attended")


@pytest.mark.parametrize("seed", range(3))
def test_the_seats_and_schools_of_the_thanks_are_those_that_a_plain_count_finds(seed: int, asha: Volunteer, area: Area) -> None:
    a_past_of(asha, area, Random(seed))  # noqa: S311  # no secret
    mine = [cover.session for cover in models.Cover.objects.filter(volunteer=asha) if cover.state == "attended"]
    mine = [session for session in mine if session.stage == "delivered" and session.type.audience == "pupils"]
    seats = {session: sum(row.pupils or 0 for row in session.headcounts.all()) for session in mine}
    this_year = sum(number for session, number in seats.items() if date(2026, 8, 1) <= session.day <= date(2027, 7, 31))
    schools = {session.visit.school.chain or session.visit.school_id for session in mine}
    page = " ".join(text_of(client_of(asha).get(reverse("me"))).split())
    assert seats
    assert (
        f"{sum(seats.values()):,} seats filled in {len(schools)} schools with you there, {this_year:,} this school year." in page
    )


def test_somebody_who_has_not_been_anywhere_yet_reads_something_kind_and_no_nought(asha: Volunteer) -> None:
    page = text_of(client_of(asha).get(reverse("me")))
    assert "It is good to have you here." in page
    assert "0 seats" not in page
    assert "0 sessions" not in page


def test_where_nobody_counted_the_thanks_name_the_sessions_and_no_seats(asha: Volunteer, area: Area) -> None:
    session = SessionFactory(visit__school=school_in(area), day=date(2026, 10, 1), delivered=True)
    HeadcountFactory(session=session, pupils=None)
    CoverFactory(session=session, volunteer=asha, state="attended")
    page = text_of(client_of(asha).get(reverse("me")))
    assert "you were at 1 session" in page
    assert "seats filled" not in page
    assert "It is good to have you here." not in page


@pytest.mark.parametrize("how_many", [1, 4])
def test_me_costs_eight_queries_however_much_there_is(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        asha.aways.create(first_day=date(2026, 12, 1 + number), last_day=date(2026, 12, 1 + number))
        asha.availabilities.create(weekday=number, part="morning")
        session = SessionFactory(visit__school=school_in(area), day=date(2026, 10, 1), delivered=True)
        CoverFactory(session=session, volunteer=asha, state="attended")
    client = client_of(asha)
    with django_assert_num_queries(8):
        client.get(reverse("me"))


def held(volunteer: Volunteer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client_of(volunteer).get(reverse("my-data-json")).content)
    return found


def test_everything_held_on_me_is_there_and_nothing_of_others(asha: Volunteer, area: Area) -> None:
    ben = able_volunteer(area, signs_in=True, name="Ben Okoro", home_postcode="LA9 4QU", phone="+447700900999")
    one, _ = morning_at(school_in(area, name="Larkfield"), asha, ben)
    assert asha.user
    models.SafeguardingNotice.objects.create(session=one, told_at=BEFORE, role_told="the head teacher", by=asha.user)
    asha.aways.create(first_day=date(2026, 12, 1), last_day=date(2026, 12, 3))
    models.OutboxMessage.objects.create(key="x", to=asha.user.email, subject="Hello", body="Hello")
    Volunteer.objects.filter(pk=asha.pk).update(phone="+447700900123")
    Volunteer.objects.filter(pk=asha.pk).update(phone="")
    found = held(asha)
    assert [row["value"] for row in found["what you were called and reached by before"]][-1] == "+447700900123"
    assert found["volunteer"][0]["name"] == "Asha Rahman"
    assert [row["area"] for row in found["areas"]] == ["Cumberland"]
    assert found["times away"][0]["first_day"] == "2026-12-01"
    assert len(found["places on sessions"]) == 2
    assert len(found["places on sessions, earlier states"]) == 2
    assert found["clearances"][0]["scheme"] == "DBS"
    assert found["messages to you"][0]["subject"] == "Hello"
    text = json.dumps(found)
    for words in ("Okoro", "LA9 4QU", "900999", ben.user.email if ben.user else "", "head teacher", "password", "hash"):
        assert words not in text, words


@pytest.mark.parametrize("how_many", [1, 4])
def test_everything_held_costs_a_query_a_table_however_much_there_is(
    how_many: int, asha: Volunteer, area: Area, django_assert_num_queries: Any
) -> None:
    assert asha.user
    for number in range(how_many):
        asha.aways.create(first_day=date(2026, 12, 1 + number), last_day=date(2026, 12, 1 + number))
        asha.conflicts.create(school=school_in(area))
        told = {"recorded_by": asha.user, "recorded_at": BEFORE}
        session = SessionFactory(visit__school=school_in(area), day=date(2026, 10, 1), delivered=True, **told)
        CoverFactory(session=session, volunteer=asha, state="attended")
        models.OutboxMessage.objects.create(key=f"x{number}", to=asha.user.email, subject="Hello", body="Hello")
    client = client_of(asha)
    # A table each, and for each way to reach them whether somebody else has it too.
    with django_assert_num_queries(160):
        client.get(reverse("my-data-json"))


def test_every_table_that_points_to_a_volunteer_is_among_what_is_held(asha: Volunteer) -> None:
    # A table that is added later is in the file by itself; this test says so.
    names = {str(one.related_model._meta.verbose_name_plural) for one in Volunteer._meta.related_objects if not one.many_to_many}
    assert names <= held(asha).keys()
    assert len(names) >= 9


def test_the_table_holds_the_same_as_the_program_file(asha: Volunteer) -> None:
    text = client_of(asha).get(reverse("my-data-csv")).getvalue().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["table", "row", "column", "value"]
    values = {(table, column): value for table, _, column, value in rows[1:]}
    assert values["volunteer", "name"] == "Asha Rahman"
    said = {table for table, rows in held(asha).items() if isinstance(rows, list) and rows}
    assert {table for table, *_ in rows[1:]} == said
