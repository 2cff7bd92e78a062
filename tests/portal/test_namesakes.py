"""Two people of one first name on a visit day: who tells how it went knows which of the two is meant."""

import pytest
import time_machine

from schools.directory.models import Area
from schools.visits.models import Session
from schools.volunteers.first_names import called_apart
from schools.volunteers.models import Volunteer
from tests.factories import CoverFactory, able_volunteer
from tests.portal.pages import AFTER, client_of, day_url, text_of, whole_day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("namesakes")]


@pytest.fixture
def namesakes(area: Area, down: list[Session]) -> list[Volunteer]:
    """Two people called Sam: one on both of Asha's sessions, the other on the first alone."""
    both, once = (able_volunteer(area, name=name, signs_in=True) for name in ("Sam Rowe", "Sam Okoro"))
    for session, person in ((down[0], both), (down[1], both), (down[0], once)):
        CoverFactory(session=session, volunteer=person, role="presenter", state="accepted")
    return [both, once]


@time_machine.travel(AFTER)
def test_two_people_of_one_first_name_are_told_apart_in_the_form(asha: Volunteer, down: list[Session]) -> None:
    boxes = client_of(asha).get(day_url(down[0])).context["form"].whole_day.fields
    assert [words for _, words in boxes["there"].choices] == ["Asha (lead)", "Sam R. (presenter)", "Sam O. (presenter)"]
    assert [words for _, words in boxes["missed"].choices][1:2] == ["Sam R., 9:15–9:45 am"]


@pytest.mark.parametrize(
    ("names", "called"),
    [
        (("Sam Rowe", "Sam Reed", "Asha Patel"), ["Sam Ro.", "Sam Re.", "Asha"]),
        (("Sam Rowe", "Sam Row", "Sam"), ["Sam Rowe", "Sam Row", "Sam"]),
        (("Sam Ann Rowe", "Sam Bo Rowe", "Sam Okoro"), ["Sam Ann Rowe", "Sam Bo Rowe", "Sam O."]),
        (("Sam Rowe", "Sam Rowe"), ["Sam R.", "Sam R."]),
        (("Sam Rowe", "Sam Rowe", "Sam Reed"), ["Sam Ro.", "Sam Ro.", "Sam Re."]),
    ],
)
def test_as_much_of_the_last_name_is_read_as_tells_them_apart(area: Area, names: tuple[str, ...], called: list[str]) -> None:
    people = [able_volunteer(area, name=name) for name in names]
    assert list(called_apart(people).values()) == called


@time_machine.travel(AFTER)
def test_two_people_of_one_first_name_are_told_apart_in_what_is_stored(
    asha: Volunteer, down: list[Session], namesakes: list[Volunteer]
) -> None:
    both, once = namesakes
    data = whole_day(down, "28", "31", there=[asha.pk, both.pk])
    page = text_of(client_of(asha).post(day_url(down[0]), data, follow=True))
    assert "Sam O." in page
    assert "Asha and Sam R." in page
    differs = text_of(client_of(once).post(day_url(down[0]), whole_day(down[:1], "28", there=[asha.pk, both.pk, once.pk])))
    assert "Sam O.</th>" in differs
