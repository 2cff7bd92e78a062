"""A number of pupils that nobody knows is never shown as none."""

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory

pytestmark = pytest.mark.django_db


def test_pupils_that_nobody_knows_are_a_dash_on_the_visits_page_and_never_nought(office: Client, area: models.Area) -> None:
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    page = reverse("admin:visit-detail", args=[session.visit_id])

    def shown() -> tuple[str, str]:
        ((_, (row,)),) = office.get(page).context["days"]
        return row["expected"], row["counted"]

    HeadcountFactory(session=session, year_group=5)
    assert shown() == ("–", "–")
    HeadcountFactory(session=session, year_group=6, expected=28, pupils=0)
    assert shown() == ("28 and more", "0 and more")
