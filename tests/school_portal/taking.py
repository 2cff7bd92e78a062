"""What the tests share in which the office takes what a school said."""

from django.test import Client
from django.urls import reverse

from schools import models
from schools.office.bookings.as_read import to_post
from schools.visits.rules.school_answers import answer_as_shown


def office_of(visit: models.Visit) -> Client:
    """The office as the coordinator of the visit has it."""
    client = Client()
    assert visit.coordinator
    client.force_login(visit.coordinator)
    return client


def as_read(*answers: models.SchoolAnswer) -> dict[int, str]:
    """What somebody in the office has read of these answers who opens the page of the visit now."""
    return {each.pk: answer_as_shown(each) for each in models.SchoolAnswer.objects.filter(pk__in=[each.pk for each in answers])}


def all_waiting(visit: models.Visit) -> dict[int, str]:
    """What they have read of all that waits; at which site it is is taken by itself."""
    return as_read(*models.SchoolAnswer.objects.filter(visit=visit, state="open").exclude(item="site"))


def to_press(*answers: models.SchoolAnswer) -> list[str]:
    """What the buttons beside these answers post."""
    return [to_post(pk, shown) for pk, shown in as_read(*answers).items()]


def page_of(office: Client, visit: models.Visit) -> str:
    """The page of the visit, as it is in the office now."""
    return office.get(reverse("admin:visit-detail", args=[visit.pk])).content.decode()


def press(office: Client, visit: models.Visit, do: str, *answers: models.SchoolAnswer) -> int:
    """The status where somebody opens the page and presses a button beside these answers, or the one below all that wait."""
    address, posted = reverse("admin:visit-detail", args=[visit.pk]), to_press(*answers)
    if do == "take-all" and (page := office.get(address)).status_code == 200:
        posted = [line.to_post for line in page.context["all_to_take"]]
    return office.post(address, {"do": do, "answer": posted}).status_code
