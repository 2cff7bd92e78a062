"""The smallest valid objects, without randomness; a trait names the exception."""

from datetime import UTC, date, datetime, time

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from schools import models
from schools.accounts.models import Role
from schools.volunteers.models import Decision

DAY = date(2026, 11, 26)
"""A Thursday in term, the day of sessions unless a test says otherwise."""


class UserFactory(DjangoModelFactory):
    class Meta:
        model = models.User

    email = factory.Sequence("person{}@example.org".format)
    name = factory.Sequence("Person {}".format)
    date_joined = datetime(2025, 1, 1, 9, tzinfo=UTC)
    """Long before anything that happens in tests: nobody is new."""


def user_with(role: Role, **fields: object) -> models.User:
    """A user in the group of the role; all but volunteers may open the office."""
    user: models.User = UserFactory(is_staff=role != Role.VOLUNTEER, **fields)
    user.groups.add(Group.objects.get(name=role.value))
    return user


def manager(**fields: object) -> models.User:
    return user_with(Role.MANAGER, **fields)


def coordinator_of(*areas: models.Area, **fields: object) -> models.User:
    """A coordinator of the areas, from always."""
    user = user_with(Role.COORDINATOR, **fields)
    for area in areas:
        models.AreaCoordinator.objects.create(user=user, area=area)
    return user


def analyst(**fields: object) -> models.User:
    return user_with(Role.ANALYST, **fields)


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = models.Region
        django_get_or_create = ("nation", "name")

    name = "North West"
    nation = "england"


class AreaFactory(DjangoModelFactory):
    class Meta:
        model = models.Area

    name = factory.Sequence("Area {}".format)
    region = factory.SubFactory(RegionFactory)


class AuthorityFactory(DjangoModelFactory):
    class Meta:
        model = models.Authority

    nation = "england"
    gss = factory.Sequence("E{:08}".format)
    name = factory.Sequence("Authority {}".format)


class AreaAuthorityFactory(DjangoModelFactory):
    class Meta:
        model = models.AreaAuthority

    area = factory.SubFactory(AreaFactory)
    authority = factory.SubFactory(AuthorityFactory)


class SchoolFactory(DjangoModelFactory):
    """A school of an authority that an area holds from always."""

    class Meta:
        model = models.School
        skip_postgeneration_save = True

    class Params:
        area = None

    nation = "england"
    register_id = factory.Sequence("{:06}".format)
    name = factory.Sequence("School {}".format)
    low_age = 4
    high_age = 11
    authority = factory.LazyAttribute(
        lambda school: AreaAuthorityFactory(**({"area": school.area} if school.area else {})).authority
    )

    @factory.post_generation
    def of_authority(self: models.School, create: bool, *_: object, **__: object) -> None:
        if create and self.authority:
            models.SchoolAuthority.objects.create(school=self, authority=self.authority)


class VolunteerFactory(DjangoModelFactory):
    """Active, without clearance, sign-off, areas or sign-in; in the list since nobody knows when."""

    class Meta:
        model = models.Volunteer

    entered_at = None
    name = factory.Sequence("Volunteer {}".format)
    reference = factory.Sequence("W{:04}".format)
    status = models.Volunteer.Status.ACTIVE


def able_volunteer(*areas: models.Area, signs_in: bool = False, **fields: object) -> models.Volunteer:
    """A volunteer of the areas, clear under DBS and signed off for every type; with a user in the role if they sign in."""
    if signs_in:
        fields["user"] = user_with(Role.VOLUNTEER)
    volunteer: models.Volunteer = VolunteerFactory(**fields)
    volunteer.areas.set(areas)
    ClearanceFactory(volunteer=volunteer)
    for session_type in models.SessionType.objects.all():
        SignOffFactory(volunteer=volunteer, session_type=session_type)
    return volunteer


class ClearanceFactory(DjangoModelFactory):
    """Clear from January 2025 until the end of 2027."""

    class Meta:
        model = models.Clearance

    volunteer = factory.SubFactory(VolunteerFactory)
    scheme = "dbs"
    decision = Decision.CLEAR
    issued = date(2025, 1, 1)
    decided_on = date(2025, 1, 2)
    recheck_on = date(2028, 1, 1)


class SignOffFactory(DjangoModelFactory):
    class Meta:
        model = models.SignOff

    volunteer = factory.SubFactory(VolunteerFactory)
    session_type = factory.LazyFunction(lambda: models.SessionType.objects.get(slug="ks2-assembly"))
    stage = models.SignOff.Stage.SIGNED_OFF
    day = date(2025, 1, 2)


class VisitFactory(DjangoModelFactory):
    class Meta:
        model = models.Visit

    reference = factory.Sequence("T{:05}".format)
    school = factory.SubFactory(SchoolFactory)


class SessionFactory(DjangoModelFactory):
    """A scheduled KS2 assembly, Thursday 26 November 2026, 9:15 to 9:45."""

    class Meta:
        model = models.Session

    class Params:
        delivered = factory.Trait(stage="delivered", went_ahead="yes")
        cancelled = factory.Trait(stage="cancelled", cancelled_code="school")

    visit = factory.SubFactory(VisitFactory)
    type = factory.LazyFunction(lambda: models.SessionType.objects.get(slug="ks2-assembly"))
    day = DAY
    starts = time(9, 15)
    ends = time(9, 45)


class HeadcountFactory(DjangoModelFactory):
    class Meta:
        model = models.Headcount

    session = factory.SubFactory(SessionFactory)
    school = factory.SelfAttribute("session.visit.school")
    year_group = 5


class CoverFactory(DjangoModelFactory):
    """An accepted presenter."""

    class Meta:
        model = models.Cover

    session = factory.SubFactory(SessionFactory)
    volunteer = factory.SubFactory(VolunteerFactory)
    state = "accepted"
