"""Nobody sees, chooses or filters by another area's rows."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from schools import models
from schools.apps import SchoolsConfig
from schools.office.frame.visibility import BELONGS_TO, WITH_FOR_USER
from tests import factories
from tests.browsing import saved
from tests.house import assert_stated

OF_NO_AREA = {
    models.Agreement, models.Region, models.SessionType, models.Material, models.KitLine,
    models.Term, models.VisitTemplate, models.VisitTemplateLine, models.PackItem,
}  # fmt: skip
"""Tables that a coordinator sees and whose rows belong to no area."""

NOT_THEIRS = {
    models.User, Group, models.OutboxMessage, models.OutcomeSubmission, models.StockSubmission, models.Postcode,
    models.Reorganisation, models.Deprivation, models.MessageAbout, models.MessageTo, models.StandIn, models.MailPace,
    models.Publication, models.PublishedPlace, models.PublishedAtom, models.PublishedPupils,
    models.OfficeFeed, models.EditedText, models.Erasure, models.EarlierValue, models.PurgeRun, models.SubjectAccess,
    models.Recovery, models.RecoveryStep, models.Trustee,
    models.ClearanceLook, models.SchoolAccess, models.PublicText,
    models.AddressChange, models.FeedToken, models.ColumnMatch, models.ImportChange, models.ImportFile, models.ImportRun,
    models.ApiToken, models.ApiUse, models.Subscription, models.Charity, models.PeriodicJob, models.SignOfLife, models.BackupRun,
}  # fmt: skip
"""Tables that no coordinator may open."""

ALL = sorted(
    (model for model in admin.site._registry if model.__module__.startswith(("schools.", "django.contrib.auth"))), key=str
)
OF_AREAS = [model for model in ALL if model not in OF_NO_AREA | NOT_THEIRS]


def url(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_table_of_ours_is_in_the_office() -> None:
    import schools.models

    ours = {getattr(schools.models, name) for name in schools.models.__all__}
    assert_stated(
        (model.__name__ for model in ours),
        (model.__name__ for model in ALL if model is not Group),
        add="Register each table with the office (schools/office), so that a manager can look at its rows.",
        remove="Name each table in __all__ of schools/models.py, or take it out of the office.",
    )
    assert SchoolsConfig.name == "schools"


@pytest.mark.parametrize("model", sorted(NOT_THEIRS, key=str))
def test_a_coordinator_may_not_open_what_is_the_managers(model: type[Model], office: Client) -> None:
    assert office.get(url(model, "changelist")).status_code == 403


@pytest.mark.parametrize("model", ALL)
def test_the_form_to_add_opens_where_one_may_add(model: type[Model], managers_office: Client) -> None:
    answer = managers_office.get(url(model, "add"))
    with_a_page_of_its_own = {models.Visit, models.Area, models.Volunteer}
    assert answer.status_code in ({302} if model in with_a_page_of_its_own else {200, 403})


def test_the_tables_of_areas_say_how_they_are_scoped() -> None:
    known = {*WITH_FOR_USER, *BELONGS_TO, models.Authority, models.Contact, models.SchoolLink, models.SuppressedAddress}
    known |= {models.VisitRequest}
    assert set(OF_AREAS) <= known


def test_autocomplete_offers_only_own_rows(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    mine, theirs = factories.SchoolFactory(area=area, name="Mine"), factories.SchoolFactory(area=elsewhere, name="Theirs")
    answer = office.get(reverse("admin:autocomplete"), {"app_label": "schools", "model_name": "contact", "field_name": "school"})
    ids = {result["id"] for result in answer.json()["results"]}
    assert str(mine.pk) in ids
    assert str(theirs.pk) not in ids


def test_a_row_cannot_be_added_to_another_areas_school(office: Client, elsewhere: models.Area) -> None:
    theirs = factories.SchoolFactory(area=elsewhere)
    answer = office.post(url(models.Contact, "add"), {"school": theirs.pk, "name": "Pat"})
    assert "school" in answer.context["adminform"].form.errors
    assert not models.Contact.objects.exists()


def test_a_conflict_cannot_point_to_another_areas_school(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    theirs = factories.SchoolFactory(area=elsewhere)
    answer = office.post(url(models.Conflict, "add"), {"volunteer": volunteer.pk, "school": theirs.pk})
    assert "school" in answer.context["adminform"].form.errors
    assert not models.Conflict.objects.exists()


def volunteer_form(volunteer: models.Volunteer, *areas: models.Area) -> dict[str, Any]:
    return {
        "name": volunteer.name,
        "reference": volunteer.reference,
        "status": volunteer.status,
        "areas": [area.pk for area in areas],
        "languages": ["en"],
    }


def test_saving_a_volunteer_keeps_the_areas_that_one_cannot_see(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.set([area, elsewhere])
    answer = saved(office, url(models.Volunteer, "change", volunteer.pk), volunteer_form(volunteer, area))
    assert answer.status_code == 302
    assert set(volunteer.areas.all()) == {area, elsewhere}


def test_a_volunteer_cannot_be_put_into_another_area(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    answer = saved(office, url(models.Volunteer, "change", volunteer.pk), volunteer_form(volunteer, area, elsewhere))
    assert answer.status_code == 200
    assert set(volunteer.areas.all()) == {area}


def test_filters_offer_only_own_areas(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    factories.SchoolFactory(area=area)
    factories.SchoolFactory(area=elsewhere)
    for model in (models.School, models.Session, models.Volunteer):
        specs = {spec.title: spec for spec in office.get(url(model, "changelist")).context["cl"].filter_specs}
        names = [choice[1] for choice in specs["area"].lookup_choices]
        assert names == ["Cumberland"], model


def test_a_filter_by_a_related_row_offers_only_ones_own(
    office: Client, coordinator: models.User, area: models.Area, elsewhere: models.Area
) -> None:
    stranger = factories.coordinator_of(elsewhere, name="Stranger")
    factories.VisitFactory(coordinator=stranger)
    factories.VisitFactory(coordinator=coordinator, school=factories.SchoolFactory(area=area))
    page = office.get(url(models.Visit, "changelist"))
    specs = {spec.title: spec for spec in page.context["cl"].filter_specs}
    assert [pk for pk, _ in specs["coordinator"].lookup_choices] == [coordinator.pk]
    assert "Stranger" not in page.content.decode()


def test_a_visits_contacts_are_the_schools_own(office: Client, area: models.Area) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    elsewhere_in_area = models.Contact.objects.create(school=factories.SchoolFactory(area=area), name="Not here")
    answer = saved(office, f"/admin/visit/{visit.pk}/edit/", {"contact": elsewhere_in_area.pk})
    assert "contact" in answer.context["form"].errors


def test_a_keeper_whom_one_cannot_see_stays_when_something_else_is_stored(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    theirs, another = factories.VolunteerFactory(name="Kit Hale"), factories.VolunteerFactory()
    elsewhere.volunteers.add(theirs, another)
    store = models.Store.objects.create(area=area, name="Hall", keeper=theirs)
    address = url(models.Store, "change", store.pk)
    page = office.get(address).content.decode()
    assert f'<option value="{theirs.pk}" selected>Kit Hale</option>' in page
    assert f'<option value="{another.pk}"' not in page
    assert saved(office, address, {"name": "Village hall", "keeper": theirs.pk}).status_code == 302
    store.refresh_from_db()
    assert (store.name, store.keeper) == ("Village hall", theirs)
    refused = saved(office, address, {"name": "Village hall", "keeper": another.pk})
    assert "keeper" in refused.context["adminform"].form.errors


def test_a_conflict_with_a_school_that_one_cannot_see_is_shown_and_stays(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    theirs, another = (factories.SchoolFactory(area=elsewhere, name=name) for name in ("Far Primary", "Farther Primary"))
    conflict = models.Conflict.objects.create(volunteer=volunteer, school=theirs)
    address = url(models.Conflict, "change", conflict.pk)
    page = office.get(address).content.decode()
    assert f'<option value="{theirs.pk}" selected>' in page
    assert saved(office, address, {"volunteer": volunteer.pk, "school": theirs.pk}).status_code == 302
    assert models.Conflict.objects.get().school == theirs
    refused = saved(office, address, {"volunteer": volunteer.pk, "school": another.pk})
    assert "school" in refused.context["adminform"].form.errors
