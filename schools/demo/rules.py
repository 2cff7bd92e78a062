"""The reasons against loading the made-up charity, and whether it is loaded already."""

from django.conf import settings

from schools.accounts.models import User
from schools.demo.made_schools import FIRST_REGISTER_ID
from schools.demo.people import SIGN_INS
from schools.directory.models import Area, Authority, Region, School
from schools.volunteers.models import Volunteer

FIRST, LAST = str(FIRST_REGISTER_ID), str(FIRST_REGISTER_ID + 999_999)


def is_loaded() -> bool:
    """Whether the demo was loaded before: its four people can sign in and its schools exist."""
    addresses = [person.email for person in SIGN_INS]
    made = School.objects.filter(register_id__range=(FIRST, LAST), register_id__regex=r"^99[0-9]{6}$")
    return User.objects.filter(email__in=addresses).count() == len(addresses) and made.exists()


def reasons_not_to_demo() -> list[str]:
    """Check that the settings allow the demo; those of a real charity do not."""
    if settings.SPEAKOUT_DEMO_ALLOWED:
        return []
    return ["These settings do not allow the demo: it is for development settings, never for a charity’s own installation."]


def reasons_not_to_load() -> list[str]:
    """Check that the database holds no real data, so that the made-up charity may be loaded into it."""
    real = School.objects.exclude(register_id__regex=r"^99[0-9]{6}$").order_by("pk").first()
    if real:
        what_to_do = "Load the demo into an empty database: set SPEAKOUT_DATABASE_URL to another one."
        return [f"This database has real schools, such as {real} ({real.register_id}). {what_to_do}"]
    other = (Region, Area, Authority, School, Volunteer)
    here = [str(model._meta.verbose_name_plural) for model in other if model._default_manager.exists()]
    here += ["people with the demo’s addresses"] * User.objects.filter(email__in=[person.email for person in SIGN_INS]).exists()
    if here:
        return [f"This database has {', '.join(here)} that the demo did not make. Load the demo into an empty database."]
    return []
