"""The small charity that the browser tests take place in, and who signs in to it."""

from dataclasses import dataclass
from datetime import date

from allauth.account.models import EmailAddress

from schools import models
from schools.accounts.models import Role
from schools.materials.models import KitLine
from tests.factories import (
    AreaAuthorityFactory,
    AreaFactory,
    AuthorityFactory,
    SchoolFactory,
    VolunteerFactory,
    able_volunteer,
    coordinator_of,
    user_with,
)

PASSWORD = "a-walk-by-the-river"
SCHOOL = "Larkfield Primary School"


@dataclass(frozen=True)
class Charity:
    """What the tests ask for by name."""

    area: models.Area
    school: models.School
    visit_elsewhere: models.Visit


def may_sign_in(user: models.User) -> models.User:
    """Give the user the password and a verified address."""
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_charity() -> Charity:
    """An area with a school, a coordinator, three volunteers who can go, one who has no clearance; an analyst; another area."""
    area = AreaFactory(name="Cumbria", duty_phone="+441614960001")
    authority = AuthorityFactory(gss="E06000063", code="942", name="Cumberland")
    AreaAuthorityFactory(area=area, authority=authority)
    school = SchoolFactory(
        name=SCHOOL,
        register_id="112233",
        authority=authority,
        postcode="CA1 9ZZ",
        address="School Road, Larkfield",
        pupils=210,
        easting=340_000,
        northing=555_000,
    )
    for group in range(7):
        models.Roll.objects.create(school=school, academic_year=2025, year_group=group, pupils=30, source="register")
    models.Contact.objects.create(school=school, name="Ruth Bowness", role="Head teacher", email="ruth@example.org")
    models.Contact.objects.create(school=school, name="Ian Relph", role="Safeguarding lead", phone="+441614960002")
    may_sign_in(coordinator_of(area, email="coordinator@example.org", name="Ravi Carruthers", phone="+441614960003"))
    may_sign_in(user_with(Role.ANALYST, email="analyst@example.org", name="Nia Pritchard"))
    _add_volunteers(area)
    _add_kit()
    elsewhere = AreaFactory(name="Northamptonshire")
    may_sign_in(coordinator_of(elsewhere, email="elsewhere@example.org", name="Gwen Powell"))
    visit_elsewhere = models.Visit.objects.create(
        reference="VELSEWH", school=SchoolFactory(area=elsewhere, name="Far Primary School")
    )
    return Charity(area, school, visit_elsewhere)


def _add_volunteers(area: models.Area) -> None:
    for number, name in enumerate(("Margaret Airey", "Asha Patel", "Tom Reid")):
        user = may_sign_in(user_with(Role.VOLUNTEER, email=f"{name.split()[0].lower()}@example.org", name=name))
        able_volunteer(area, user=user, name=name, reference=f"SP{number:04}", easting=341_000 + 900 * number, northing=556_000)
    newcomer = VolunteerFactory(name="Colin Newcomer", reference="SP0009")
    newcomer.areas.set([area])
    models.SignOff.objects.bulk_create(
        models.SignOff(volunteer=newcomer, session_type=kind, stage="signed_off", day=date(2026, 1, 5))
        for kind in models.SessionType.objects.all()
    )


def _add_kit() -> None:
    sticker = models.Material.objects.create(name="Sticker", unit="sticker")
    puppet = models.Material.objects.create(name="Hand puppet", unit="puppet", kind="equipment")
    ks1 = models.SessionType.objects.get(slug="ks1-assembly")
    KitLine.objects.create(session_type=ks1, material=sticker, quantity=1, per="pupil")
    KitLine.objects.create(session_type=ks1, material=puppet, quantity=1, per="session")
