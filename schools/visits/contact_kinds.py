"""The kind of messages by which somebody at a school hears that a colleague named another in their place (docs/messages.md).

It waits for the end of the quiet hours, and by then whoever was named may have confirmed it, or the visit may be off. So it says
what holds when it goes: that our mails still come to its reader, or that they do not any more.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial

from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.directory.accesses import last_ended
from schools.directory.models import Contact
from schools.directory.queries import contacts_of, with_contacts
from schools.messages.hours import is_quiet
from schools.messages.kinds import Audience, Draft
from schools.visits.contact_emails import mail_to_contact_before
from schools.visits.fingerprints import fingerprint
from schools.visits.models import CALLED_OFF_STAGES, AnswerItem, AnswerState, SchoolAnswer, Session
from schools.visits.new_contacts import HOLDS, NewContact, is_by_ended_link
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.queries.standings import SCHOOL
from schools.visits.reminders import Reminded, of_visits, reminder
from schools.visits.school_links import link_of_school

CONTACT_BEFORE = "school-contact-before"
"""Also how the keys of these messages begin; the number of the answer follows."""


def contacts_before_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what those are told to whom we write, or wrote until then: who was named in their place."""
    if is_quiet(now, weekends=True):
        return
    answers = list(of_visits(_standing(now), about))
    people = {answer.pk: NewContact.of(answer.words) for answer in answers}
    emails = {person.email for person in people.values()}
    ended = last_ended(emails, since=min(answer.at for answer in answers)) if answers else {}
    for answer in answers:
        email = people[answer.pk].email.lower()
        is_ended = is_by_ended_link(answer) or (email in ended and ended[email] >= answer.at)
        if answer.state == AnswerState.OPEN and is_ended:
            continue  # the office has ended their links, or the one that named them, so they cannot confirm it any more
        reader = _reader(answer)
        if reader is not None and reader.email.lower() != email:
            about_it = [Reminded(SCHOOL, (answer.visit_id, answer.school_id))]
            key = f"{CONTACT_BEFORE}:{answer.pk}:{fingerprint(answer.words, answer.at.isoformat())}"
            yield Draft(key, reader.email, partial(mail_to_contact_before, answer, reader), about_it, who=reader.name)


def _standing(now: datetime) -> QuerySet[SchoolAnswer]:
    """Return the answers by which somebody can still be put in place, or was in the last week, of visits to come."""
    on = timezone.localdate(now)
    to_come = Session.objects.scheduled().filter(Q(day__gte=on) | Q(until_day__gte=on), recorded_at=None)
    stands = Q(state=AnswerState.OPEN, at__gt=now - HOLDS) | Q(state=AnswerState.TAKEN, decided_at__gt=now - HOLDS)
    rows = SchoolAnswer.objects.filter(stands, item=AnswerItem.CONTACT, visit__in=to_come.order_by().values("visit"))
    rows = rows.exclude(visit__stage__in=CALLED_OFF_STAGES)
    rows = rows.select_related("visit__school", "visit__contact", "school", "access__contact").order_by("pk")
    return rows.prefetch_related(*with_contacts("visit__school__"))


def _reader(answer: SchoolAnswer) -> Contact | None:
    """Return to whom we write, or wrote before whoever was named took their place; None: to nobody, or it was changed since."""
    visit, before = answer.visit, answer.before or {}
    if answer.state == AnswerState.OPEN:
        return contact_to_write_to(visit, visit.school)
    if visit.contact_id is None or visit.contact_id != before.get("contact"):
        return None
    others = (contact for contact in contacts_of(visit.school) if contact.email and contact.pk != visit.contact_id)
    return next((contact for contact in others if contact.pk == before.get("reader")), None)


KINDS = (
    reminder(
        CONTACT_BEFORE,
        "Somebody else is named at a school",
        Audience.SCHOOLS,
        "once they are named",
        contacts_before_due,
        is_woken=True,
        own_link=link_of_school,
    ),
)
