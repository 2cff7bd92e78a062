"""A school that nobody had booked sat in with the others: its children are counted as its own."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine

from schools.directory.models import Area, School
from schools.directory.queries import MOST_AROUND, schools_around
from schools.visits.models import Headcount, Session
from schools.volunteers.models import Volunteer
from tests.factories import DAY, AreaFactory, HeadcountFactory, able_volunteer
from tests.portal.pages import AFTER, client_of, day_url, morning_at, opened, school_in, text_of, typed

pytestmark = pytest.mark.django_db
HERE = {"easting": 340_000, "northing": 555_000}


@pytest.fixture(autouse=True)
def _after() -> Any:
    with time_machine.travel(AFTER):
        yield


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Cumberland", duty_phone="+441228606060")
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True)


@pytest.fixture
def session(asha: Volunteer, area: Area) -> Session:
    return morning_at(school_in(area, **HERE), asha, able_volunteer(area, signs_in=True))[0]


@pytest.fixture
def guest(area: Area) -> School:
    return school_in(area, name="Little Guest", postcode="CA1 9ZZ", easting=341_000, northing=555_000)


def counted(session: Session) -> set[tuple[int, int, int | None]]:
    return set(Headcount.objects.filter(session=session).values_list("school", "year_group", "pupils"))


def test_the_list_has_the_schools_around_of_the_hosts_own_area(asha: Volunteer, session: Session, guest: School) -> None:
    school_in(AreaFactory(), name="Beyond the border", **HERE)
    school_in(asha.areas.get(), name="Closed", status="closed", **HERE)
    page = text_of(client_of(asha).get(day_url(session)))
    assert "Little Guest" in page
    assert "Beyond the border" not in page
    assert "Closed" not in page
    form = client_of(asha).get(day_url(session)).context["form"]
    assert [pk for pk, _ in form.parts[0].fields["guest"].widget.choices] == ["", guest.pk]


def test_a_postcode_tells_two_schools_of_one_name_apart_and_no_other_school_carries_one(
    asha: Volunteer, session: Session, guest: School, area: Area
) -> None:
    for postcode in ("CA2 9ZZ", "CA3 9ZZ"):
        school_in(area, name="St Mary’s", postcode=postcode, **HERE)
    school_in(area, name=session.visit.school.name, postcode="CA4 9ZZ", **HERE)
    form = client_of(asha).get(day_url(session)).context["form"]
    shown = [str(words) for _, words in form.parts[0].fields["guest"].widget.choices]
    assert shown[1:] == sorted(
        ["Little Guest", "St Mary’s, CA2 9ZZ", "St Mary’s, CA3 9ZZ", f"{session.visit.school.name}, CA4 9ZZ"]
    )


def test_around_are_the_nearest_by_a_plain_computation(area: Area) -> None:
    host = school_in(area, **HERE)
    places = [(340_000 + 700 * (number * 17 % 60), 555_000 - 900 * (number * 7 % 60)) for number in range(60)]
    others = [school_in(area, name=f"{number:02}", easting=east, northing=north) for number, (east, north) in enumerate(places)]
    school_in(area, name="Nowhere", easting=None, northing=None)

    def far(school: School) -> tuple[int, int]:
        east, north = (school.easting or 0) - 340_000, (school.northing or 0) - 555_000
        return east * east + north * north, school.pk

    nearest = sorted(others, key=far)[:MOST_AROUND]
    assert schools_around(host, on=DAY) == sorted(nearest, key=lambda one: one.name)
    host.easting = host.northing = None
    assert len(schools_around(host, on=DAY)) == MOST_AROUND


def test_its_children_are_its_own_and_its_place_is_frozen(asha: Volunteer, session: Session, guest: School) -> None:
    client = client_of(asha)
    said = typed(session, guest=str(guest.pk), guest_5="12", guest_6="0")
    assert client.post(day_url(session), said).status_code == 302
    assert counted(session) == {(session.visit.school_id, 5, 28), (guest.pk, 5, 12), (guest.pk, 6, 0)}
    row = Headcount.objects.get(session=session, school=guest, year_group=5)
    assert (row.expected, row.authority, row.area) == (None, guest.authority, asha.areas.get())
    assert "Little Guest" in text_of(client.get(day_url(session, "day-reported")))


def test_several_are_told_of_in_one_go_each_folded_into_the_one_before(
    asha: Volunteer, session: Session, guest: School, area: Area
) -> None:
    second, third = (school_in(area, name=name, **HERE) for name in ("Second Guest", "Third Guest"))
    client = client_of(asha)
    page = text_of(client.get(day_url(session))).partition('class="session"')[2].partition("</section>")[0]
    assert page.count("Children of another school were there") == 1
    assert "Children of a third other school were there" in page
    assert '<details class="more" open>' not in page
    said = typed(session, guest=str(guest.pk), guest_5="12", guest2=str(second.pk), guest2_4="3")
    box = f"s{session.pk}-guest3"
    wrong = client.post(day_url(session), said | {box: str(third.pk)})
    assert "Say how many came from that school" in text_of(wrong)
    assert text_of(wrong).count('<details class="more" open>') == 4
    assert client.post(day_url(session), said | {box: str(third.pk), f"{box}_6": "0"}).status_code == 302
    assert counted(session) == {
        (session.visit.school_id, 5, 28), (guest.pk, 5, 12), (second.pk, 4, 3), (third.pk, 6, 0)
    }  # fmt: skip


def test_no_more_lists_are_there_than_schools_around(asha: Volunteer, session: Session, guest: School) -> None:
    form = client_of(asha).get(day_url(session)).context["form"]
    assert [name for name in form.parts[0].fields if name.startswith("guest") and "_" not in name] == ["guest"]


def test_a_second_one_is_added_by_a_correction_and_the_first_has_boxes_of_its_own(
    asha: Volunteer, session: Session, guest: School, area: Area
) -> None:
    second = school_in(area, name="Second Guest", **HERE)
    client = client_of(asha)
    client.post(day_url(session), typed(session, guest=str(guest.pk), guest_5="12"))
    boxes = opened(client, session)
    assert boxes[f"pupils_{guest.pk}_5"] == 12
    said = typed(session, version="1", guest=str(second.pk), guest_4="3", **{f"pupils_{guest.pk}_5": "12"})
    client.post(day_url(session), said)
    assert counted(session) >= {(guest.pk, 5, 12), (second.pk, 4, 3)}


def test_a_school_named_by_mistake_was_never_there_once_its_number_is_taken_out(
    asha: Volunteer, session: Session, guest: School, area: Area
) -> None:
    """Blank is "not counted" of who was expected; of a school that nobody planned it says that it was another one."""
    right = school_in(area, name="Right Guest", **HERE)
    booked = HeadcountFactory(session=session, school=school_in(area, name="Booked Guest", **HERE), year_group=4, expected=None)
    client = client_of(asha)
    box = f"pupils_{booked.school_id}_4"
    client.post(day_url(session), typed(session, guest=str(guest.pk), guest_5="12", **{box: "9"}))
    host = session.visit.school_id
    assert counted(session) == {(host, 5, 28), (booked.school_id, 4, 9), (guest.pk, 5, 12)}
    emptied = {f"pupils_{guest.pk}_5": "", box: ""}
    assert (
        client.post(day_url(session), typed(session, version="1", guest=str(right.pk), guest_5="12", **emptied)).status_code
        == 302
    )
    assert counted(session) == {(host, 5, 28), (booked.school_id, 4, None), (right.pk, 5, 12)}
    client.post(day_url(session), typed(session, version="2", **{f"pupils_{right.pk}_5": "12", f"pupils_{host}_6": "3"}))
    assert (host, 6, 3) in counted(session)
    client.post(day_url(session), typed(session, version="3", **{f"pupils_{right.pk}_5": "12", f"pupils_{host}_6": ""}))
    assert counted(session) == {(host, 5, 28), (booked.school_id, 4, None), (right.pk, 5, 12)}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"guest_5": "12"}, "Choose which, or empty its boxes."),
        ({"guest": "GUEST"}, "Say how many came from that school"),
        ({"guest": "GUEST", "guest_5": "many"}, "Year 5, other school: give a whole number"),
        ({"guest": "ELSEWHERE", "guest_5": "12"}, "This school cannot be chosen here."),
        ({"guest": "HOST", "guest_5": "12"}, "That school has boxes of its own above"),
        ({"guest": "GUEST", "guest_5": "12", "guest2": "GUEST", "guest2_6": "3"}, "You chose that school twice."),
        ({"guest2_5": "12"}, "Choose which, or empty its boxes."),
        ({"guest2": "GUEST", "guest2_5": "many"}, "Year 5, second other school: give a whole number"),
        (
            {"guest": "GUEST", "guest_5": "12", "pupils_HOST_5": "", "total": "40"},
            "Give the total or a number for each year group",
        ),
        ({"guest": "GUEST", "guest_5": "12", "went_ahead": "no", "pupils_HOST_5": ""}, "it did not go ahead, but gave a number"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_stored(
    asha: Volunteer, session: Session, guest: School, said: dict[str, str], reason: str
) -> None:
    HeadcountFactory(session=session, school=session.visit.school, year_group=6, expected=30)
    school_in(asha.areas.get(), name="Another Guest", **HERE)
    known = {"GUEST": guest.pk, "ELSEWHERE": school_in(AreaFactory()).pk, "HOST": session.visit.school_id}

    def filled(text: str) -> str:
        for word, pk in known.items():
            text = text.replace(word, str(pk))
        return text

    boxes = {filled(name): filled(value) for name, value in said.items()}
    answer = client_of(asha).post(day_url(session), typed(session, **boxes))
    assert answer.status_code == 200
    assert reason in text_of(answer)
    session.refresh_from_db()
    assert session.went_ahead == ""


def test_two_people_who_tell_of_the_same_school_agree(asha: Volunteer, session: Session, guest: School) -> None:
    ben = session.covers.exclude(volunteer=asha).get().volunteer
    said = typed(session, guest=str(guest.pk), guest_5="12")
    assert client_of(asha).post(day_url(session), said).status_code == 302
    assert client_of(ben).post(day_url(session), said | {"key": str(uuid4())}).status_code == 302
    other = client_of(ben).post(day_url(session), said | {"key": str(uuid4()), f"s{session.pk}-guest_5": "14"})
    assert "Year 5, Little Guest" in text_of(other)
    again = dict(other.context["again"])
    again["there"] = said["there"]
    assert client_of(ben).post(day_url(session), again).status_code == 302
    session.refresh_from_db()
    assert (session.version, (guest.pk, 5, 14) in counted(session)) == (2, True)


def test_where_no_school_is_around_nothing_is_asked(asha: Volunteer, session: Session) -> None:
    assert not [name for name in opened(client_of(asha), session) if name.startswith("guest")]
