"""By what somebody's time is counted stays as long as it counts: no period takes away what another one goes by."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from schools import models
from schools.keeping.actions import purge
from schools.keeping.periods import months_before
from tests import factories
from tests.keeping.things import NOW, TODAY, at

pytestmark = pytest.mark.django_db
LONG_AGO = date(2020, 1, 9)


def invited(volunteer: models.Volunteer, day: date) -> models.Invitation:
    return models.Invitation.objects.create(
        volunteer=volunteer, email="ann@example.org", token_hash=str(uuid4()), sent_at=at(day), expires_at=at(day) + timedelta(7)
    )


def test_the_latest_invitation_of_an_enquirer_stays_because_their_time_counts_by_it(settings: Settings) -> None:
    settings.SPEAKOUT_KEEP_ENQUIRERS_MONTHS = 24
    enquirer = factories.VolunteerFactory(name="Ann Ash", status="enquirer", entered_at=at(LONG_AGO))
    models.VolunteerStep.objects.create(volunteer=enquirer, step="enquired", day=LONG_AGO)
    invited(enquirer, months_before(TODAY, 20))
    latest = invited(enquirer, months_before(TODAY, 18))
    invited(factories.VolunteerFactory(name="Bo Birch", status="active"), months_before(TODAY, 18))
    for _ in range(2):
        purge(clock=lambda: NOW)
    assert list(models.Invitation.objects.all()) == [latest]
    enquirer.refresh_from_db()
    assert (enquirer.name, enquirer.status) == ("Ann Ash", "enquirer")
    models.Invitation.objects.update(sent_at=at(months_before(TODAY, 24)))
    purge(clock=lambda: NOW)
    enquirer.refresh_from_db()
    assert enquirer.name == f"Former volunteer {enquirer.reference}"
    assert not models.Invitation.objects.exists()


def test_the_link_that_somebody_at_a_school_used_last_stays_because_their_time_counts_by_it() -> None:
    reader = models.Contact.objects.create(name="Ann Ash", school=factories.SchoolFactory(), entered_at=at(LONG_AGO))
    links = {
        purpose: models.SchoolAccess.objects.create(
            contact=person,
            email="ann@oak.org",
            purpose=purpose,
            expires=months_before(TODAY, 13),
            last_used_at=at(day) if day else None,
        )
        for purpose, person, day in (
            ("visits", reader, months_before(TODAY, 20)), ("dates", reader, None),
        )
    }  # fmt: skip
    for _ in range(2):
        purge(clock=lambda: NOW)
    assert list(models.SchoolAccess.objects.all()) == [links["visits"]]
    assert models.Contact.objects.get() == reader
    models.SchoolAccess.objects.update(last_used_at=at(months_before(TODAY, 36)))
    purge(clock=lambda: NOW)
    assert not models.Contact.objects.exists()
    assert not models.SchoolAccess.objects.exists()


@pytest.mark.parametrize("setting", ["SPEAKOUT_KEEP_CONVERSATIONS_MONTHS", "SPEAKOUT_KEEP_NOTES_MONTHS"])
def test_what_schools_said_is_kept_no_shorter_than_people_whose_time_counts_by_it(setting: str, settings: Settings) -> None:
    assert "speakout.E002" not in [problem.id for problem in run_checks()]
    setattr(settings, setting, 24)
    (problem,) = (problem for problem in run_checks() if problem.id == "speakout.E002")
    assert problem.msg == f"{setting} (24) is below SPEAKOUT_KEEP_CONTACTS_MONTHS (36)."
    settings.SPEAKOUT_KEEP_CONTACTS_MONTHS = 24
    assert "speakout.E002" not in [problem.id for problem in run_checks()]
