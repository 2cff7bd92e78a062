"""The kinds of messages to schools before anything is booked: that they asked for a visit, and the dates that were offered."""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.directory.queries import with_contacts
from schools.messages.hours import MANUAL_DAYS, is_quiet
from schools.messages.kinds import Audience, Draft
from schools.visits.fingerprints import fingerprint
from schools.visits.models import ContactLog, OfferedDates, OfferedState, RequestState, Visit, VisitRequest, VisitStage
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.queries.standings import SCHOOL
from schools.visits.reminders import Reminded, of_visits, reminder
from schools.visits.school_links import link_of_dates, link_of_school
from schools.visits.school_reminder_emails import mail_of_dates, mail_of_request

LATEST = MANUAL_DAYS
"""So many days after it nobody has to be told any more what they asked for, or what was said on the phone."""


def requests_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what schools are answered that asked for a visit; somebody who wrote to them since has answered already."""
    if is_quiet(now, weekends=True):
        return
    written = ContactLog.objects.filter(school=OuterRef("school"), how=ContactLog.How.EMAIL, day__gte=OuterRef("requested_on"))
    on = timezone.localdate(now)
    fresh = Visit.objects.filter(stage=VisitStage.REQUESTED, requested_on__gte=on - LATEST)
    # Who asked by choosing one of the dates that were offered reads on that page what follows.
    chosen = OfferedDates.objects.filter(visit=OuterRef("pk"), state=OfferedState.CHOSEN)
    # The visit is there because somebody whom we do not know asked on the public page, and reads there what follows.
    unknown = VisitRequest.objects.filter(visit=OuterRef("pk"), contact=None, state=RequestState.DONE)
    fresh = fresh.exclude(Q(Exists(unknown), contact=None)).filter(~Exists(written), ~Exists(chosen))
    for visit in _readable(of_visits(fresh, about, "pk")):
        if contact := contact_to_write_to(visit, visit.school):
            about_it = [Reminded(SCHOOL, (visit.pk, visit.school_id))]
            yield Draft(f"{REQUEST}:{visit.pk}", contact.email, partial(mail_of_request, visit, contact), about_it)


def dates_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield the dates that somebody offered in a conversation about a visit, so that the school has them in writing.

    Those of a mail or a letter are in writing already. A later conversation, and an agreed visit, take their place.
    """
    if is_quiet(now, weekends=True):
        return
    on = timezone.localdate(now)
    spoken = ContactLog.objects.filter(day__range=(on - LATEST, on), how__in=(ContactLog.How.PHONE, ContactLog.How.IN_PERSON))
    later = ContactLog.objects.spoken().filter(Q(day__gt=OuterRef("day")) | Q(day=OuterRef("day"), pk__gt=OuterRef("pk")))
    spoken = spoken.exclude(dates_offered="").filter(~Exists(later.filter(school=OuterRef("school"))))
    spoken = spoken.filter(visit__stage__in=(VisitStage.REQUESTED, VisitStage.PLANNED), visit__school=F("school"))
    logs = {log.visit_id: log for log in of_visits(spoken, about)}
    for visit in _readable(Visit.objects.filter(pk__in=logs)):
        log = logs[visit.pk]
        if contact := contact_to_write_to(visit, visit.school):
            about_it = [Reminded(SCHOOL, (visit.pk, visit.school_id))]
            key = f"{DATES}:{log.pk}:{fingerprint(log.dates_offered)}"
            write = partial(mail_of_dates, visit, contact, log.dates_offered)
            yield Draft(key, contact.email, write, about_it)


def _readable(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """Return the visits with all that a mail reads of them, in order."""
    rows = visits.select_related("school", "contact", "coordinator").order_by("pk")
    return rows.prefetch_related(*with_contacts("school__"))


REQUEST, DATES = "school-request", "school-dates"

KINDS = (
    reminder(
        REQUEST,
        "A school asked for a visit",
        Audience.SCHOOLS,
        "once it is written down",
        requests_due,
        is_woken=True,
        own_link=link_of_school,
    ),
    reminder(
        DATES,
        "Dates that were offered",
        Audience.SCHOOLS,
        "once they were offered by word of mouth",
        dates_due,
        is_woken=True,
        own_link=link_of_dates,
    ),
)
