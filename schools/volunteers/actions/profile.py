"""What volunteers store about themselves: half days, days away, distance, languages, phone, and the mail of the week."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.core.nations import Language
from schools.core.words import long_day
from schools.volunteers.models import Availability, Away, Volunteer


@transaction.atomic
def set_week(volunteer: Volunteer, halves: Collection[tuple[int, str]]) -> None:
    """Store the half days on which the volunteer can usually come, and delete all others.

    A half day is a weekday (0 is Monday) and a part of the day.
    """
    volunteer = Volunteer.objects.select_for_update().get(pk=volunteer.pk)
    stored = {(row.weekday, row.part): row for row in volunteer.availabilities.all()}
    for half, row in stored.items():
        if half not in halves:
            row.delete()
    wanted = sorted(set(halves) - stored.keys())
    Availability.objects.bulk_create(Availability(volunteer=volunteer, weekday=day, part=part) for day, part in wanted)


@transaction.atomic
def add_away(volunteer: Volunteer, *, first_day: date, last_day: date, on: date) -> Away:
    """Store days on which the volunteer cannot come, both ends included. Raises RuleBroken with every reason."""
    reasons = []
    if last_day < first_day:
        reasons.append(_("The last day away is before the first. Change one of them."))
    elif last_day < on:
        reasons.append(_("%(day)s has passed. Give days to come.") % {"day": long_day(last_day)})
    if volunteer.aways.filter(first_day__lte=first_day, last_day__gte=last_day).exists():
        reasons.append(_("You told us about these days already."))
    if reasons:
        raise RuleBroken(reasons)
    return Away.objects.create(volunteer=volunteer, first_day=first_day, last_day=last_day)


def remove_away(volunteer: Volunteer, away_id: int) -> bool:
    """Delete days away of this volunteer; return whether there were any with this id."""
    deleted, _each = Away.objects.filter(volunteer=volunteer, pk=away_id).delete()
    return bool(deleted)


@transaction.atomic
def change_profile(
    volunteer: Volunteer,
    *,
    furthest_km: int | None,
    languages: Collection[str],
    phone: str,
    share_phone: bool,
    mornings_by_mail: bool,
) -> Volunteer:
    """Store the volunteer's distance (kilometres in a straight line; None: anywhere), languages, phone, and the mail of the week.

    Raises RuleBroken with every reason.
    """
    reasons = []
    if unknown := set(languages) - set(Language.values):
        reasons.append(_("“%(code)s” is no language of ours. Choose from the list.") % {"code": min(unknown)})
    if not languages:
        reasons.append(_("Tick at least one language."))
    if share_phone and not phone:
        reasons.append(_("Give the phone number that partners may see, or untick sharing it."))
    if reasons:
        raise RuleBroken(reasons)
    volunteer = Volunteer.objects.select_for_update().get(pk=volunteer.pk)
    volunteer.furthest_km = furthest_km
    volunteer.languages = [code for code in Language.values if code in languages]
    volunteer.phone = phone
    volunteer.share_phone = share_phone
    volunteer.mornings_by_mail = mornings_by_mail
    volunteer.save(update_fields=["furthest_km", "languages", "phone", "share_phone", "mornings_by_mail"])
    return volunteer
