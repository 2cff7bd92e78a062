"""Logging that somebody saw clearances, one row a page and person, and deleting the rows that were kept long enough (rule 13)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from schools.accounts.models import User
from schools.core.nations import Scheme
from schools.directory.models import School, SchoolAccess
from schools.volunteers.models import Clearance, ClearanceLook, ClearanceLookQuerySet, LookPage, Volunteer
from schools.volunteers.triggers import complete_looks

ROWS_A_STATEMENT = 1000


def look_at(people: Iterable[int], page: LookPage, *, by: User | None, now: datetime) -> None:
    """Log that somebody saw decision, dates or reference of these volunteers' clearances on the page: one row for each person.

    `people` are numbers of volunteers; None stands for no `by`, the command that imports.
    """
    keep_until = kept_until(now)
    looks = [ClearanceLook(volunteer_number=pk, page=page, by=by, at=now, keep_until=keep_until) for pk in sorted(set(people))]
    ClearanceLook.objects.bulk_create(looks, batch_size=ROWS_A_STATEMENT)


def look_by_letter(people: Iterable[int], access: SchoolAccess, *, school: School, now: datetime) -> None:
    """Log that somebody at the school, by a link of this access, read of these volunteers that they are clear."""
    numbers, until = sorted(set(people)), kept_until(now)
    facts = {"page": LookPage.LETTER, "access_number": access.pk, "shown_to": str(school), "at": now, "keep_until": until}
    ClearanceLook.objects.bulk_create(ClearanceLook(volunteer_number=pk, **facts) for pk in numbers)


def look_at_scheme(people: Iterable[int], scheme: str, *, by: User, now: datetime) -> None:
    """Log that somebody saw of these people of another area whether they are clear under the scheme."""
    held = Clearance.objects.filter(volunteer__in=list(people), scheme=scheme).order_by()
    look_at(held.values_list("volunteer", flat=True), LookPage.GUESTS, by=by, now=now)


def look_at_imported(
    shown: Mapping[str, Collection[str]],
    *,
    once_known: Callable[[Collection[str]], Collection[int]],
    by: User,
    now: datetime,
) -> None:
    """Log that somebody saw clearances of people whom we have in what an import says of them.

    `shown` are the facts that the page names for each person, who is known by reference or e-mail address in small letters;
    `once_known` returns the volunteers (ids) who had one of such addresses before. What was decided may have been corrected
    since: it was theirs all the same.
    """
    labels = [f"{scheme} " for scheme in Scheme.labels]
    people = {key for key, facts in shown.items() if key and any(fact.startswith(label) for fact in facts for label in labels)}
    if not people:
        return
    keys = {"reference_key": Lower("reference"), "address_key": Lower("email"), "sign_in_key": Lower("user__email")}
    named = Q(reference_key__in=people) | Q(address_key__in=people) | Q(sign_in_key__in=people)
    seen = set(Volunteer.objects.annotate(**keys).filter(named).values_list("pk", flat=True))
    look_at(seen | set(once_known(people)), LookPage.IMPORT, by=by, now=now)


def kept_until(at: datetime) -> date:
    """Return the last day on which a look of that time is kept."""
    day = timezone.localdate(at)
    year = day.year + settings.SPEAKOUT_LOOKS_KEPT_YEARS
    return day.replace(year=year) if (day.month, day.day) != (2, 29) else date(year, 3, 1)


def looks_kept_long_enough(*, now: datetime) -> ClearanceLookQuerySet:
    """Return the looks of which the last day is over."""
    return ClearanceLook.objects.filter(keep_until__lt=_over_before(now))


def _over_before(now: datetime) -> date:
    """Return the day before which a last day is over: the clocks of program and database need not agree on when a day ends."""
    return timezone.localdate(now) - timedelta(days=1)


@transaction.atomic
def delete_looks_kept_long_enough(*, now: datetime) -> int:
    """Delete the looks of which the last day is over, and return how many went; the only way in which one goes."""
    complete_looks()
    with connection.cursor() as cursor:
        # By SQL, because the QuerySet of looks refuses to delete.
        cursor.execute(f"DELETE FROM {ClearanceLook._meta.db_table} WHERE keep_until < %s", [_over_before(now)])  # noqa: S608  # our own table
        return int(cursor.rowcount)
