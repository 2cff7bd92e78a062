"""What schools asked for: with which visit a request is joined, and who is surely at the school."""

from collections.abc import Collection
from datetime import date
from urllib.parse import urlsplit

from django.db.models import Exists, OuterRef, Q, QuerySet

from schools.core.batched_queries import Given
from schools.directory.models import Contact, School
from schools.visits.models import BOOKED_STAGES, RequestState, Session, Visit, VisitRequest, VisitStage


def visit_there(schools: Collection[int], *, on: date) -> Visit | None:
    """Return the visit that is booked or requested with one of the schools, as its host; None: there is none."""
    return visits_there(schools, on=on).first()


def visits_there(schools: Collection[int], *, on: date) -> QuerySet[Visit]:
    """Return the visits that are booked or requested with the schools, as their hosts; those that are booked first.

    One that is planned counts while a session is to come, or none was named yet. A visit to which pupils go as guests is another
    school's, and is none.
    """
    sessions = Session.objects.filter(visit=OuterRef("pk"))
    to_come = sessions.scheduled().filter(Q(day__gte=on) | Q(until_day__gte=on))
    booked = Q(stage__in=BOOKED_STAGES) & (Exists(to_come) | ~Exists(sessions))
    visits = Visit.objects.filter(Q(stage=VisitStage.REQUESTED) | booked, school__in=schools)
    # “requested” comes after “confirmed” and “planned”: what is booked tells the school more.
    return visits.order_by("stage", "pk")


def numbers_of(school: School) -> list[int]:
    """Return the ids of the school’s entries in registers: its own, and what it converted from or into. One query at most."""
    if school.chain is None:
        return [school.pk]
    return list(School.objects.filter(school.under_any_number).order_by("pk").values_list("pk", flat=True))


def asked_for_by(school: School) -> Visit | None:
    """Return the first visit that the school asked for, under any of its numbers, and nobody has planned yet; None: none."""
    return Visit.objects.filter(school__in=numbers_of(school), stage=VisitStage.REQUESTED).order_by("pk").first()


def visit_taken_back(visit_id: int) -> Visit | None:
    """Return a visit whose booking was undone, as it was; None: it is there still, or never was."""
    if Visit.objects.filter(pk=visit_id).exists():
        return None
    last = Visit.history.filter(id=visit_id).order_by("-history_date", "-history_id").first()
    return last.instance if last else None


def contact_of_address(school: School, email: str) -> Contact | None:
    """Return the person at the school with this e-mail address; None: nobody there has it, or it is blank."""
    # In small letters: in capitals, as `iexact` has it, a dotless ı is an I, and somebody else's address would be theirs.
    if not email:
        return None
    return Contact.objects.at([school]).with_address(email).order_by("pk").first()


def contact_under_any_number(school: School, email: str) -> Contact | None:
    """Return the same, or somebody at what the school was, or has become, under another register number."""
    if (here := contact_of_address(school, email)) or school.chain is None or not email:
        return here
    chain = School.objects.filter(school.under_any_number)
    return Contact.objects.at(chain).with_address(email).order_by("pk").first()


def contact_elsewhere(school: School, email: str) -> Contact | None:
    """Return somebody at other schools alone with this e-mail address, the first who was written down; None: there is nobody."""
    there = Contact.objects.at([school]).order_by().values("pk")
    people = Contact.objects.with_address(email).exclude(email="").exclude(pk__in=there).order_by("pk")
    # Without a limit, for which PostgreSQL would go through everybody in the order of their ids.
    return next(iter(people), None)


def is_surely_there(request: VisitRequest) -> bool:
    """Return whether whoever confirmed the request is at the school: somebody there has the address, or it is of its own domain.

    Only they may read what we have with the school; whoever else has a mailbox learns nothing by asking. A page at somebody
    else's, such as a council's or a provider's, names no domain of the school's own.
    """
    if request.school is None or request.state == RequestState.UNCONFIRMED:
        return False
    contact = request.contact
    if contact is not None and contact.email.lower() == request.email.lower() and _is_there(contact, request.school):
        return True
    domain = own_domain(request.school.website)
    return bool(domain) and request.email.lower().rpartition("@")[2] == domain


def _is_there(contact: Contact, school: School) -> bool:
    """Return whether the person is at the school, under any of its numbers; one query where it is not their first school."""
    if contact.school_id == school.pk:
        return True
    numbers = School.objects.filter(school.under_any_number)
    return Contact.objects.at(numbers).filter(pk=contact.pk).exists()


def own_domain(website: str) -> str:
    """Return the domain of a website that has one to itself, without “www.”; "" of another, and of what is no address."""
    try:
        parts = urlsplit(website.strip() if "//" in website else f"//{website.strip()}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return host if "." in host and parts.path in {"", "/"} and not parts.query else ""


def requests_of(visit: Visit | Given) -> QuerySet[VisitRequest]:
    """Return what was asked for by schools and belongs to the visit, the latest first."""
    return VisitRequest.objects.filter(visit=visit).select_related("school", "contact", "decided_by")
