"""Every kind of page that somebody at a school opens, in each of its states, for tests that look at all of them."""

from datetime import UTC, date, datetime, timedelta

from django.urls import reverse

from schools import models
from schools.directory.accesses import end_links
from schools.planning.actions.answers import Chooser
from schools.planning.actions.dates import choose_date, refuse_dates
from schools.visits.actions.new_contacts import confirm_contact, name_contact
from schools.visits.actions.requests import confirm_request
from schools.visits.actions.school_answers import Giver
from schools.visits.new_contacts import HOLDS, PAGE, NewContact, token_of_new_contact
from schools.visits.request_links import token_of_request
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, coordinator_of
from tests.pack_files import PDF
from tests.planning.moving import DAY, a_booked_visit, offered_to_move
from tests.planning.offering import TUESDAY, a_school, offered, path_to, people
from tests.school_portal.asking import open_the_door
from tests.school_portal.visits import a_guest, a_visit, access_at, path_of, took_place

NOW = datetime(2026, 11, 26, 8, 45, tzinfo=UTC)
"""The Thursday on which all of them are open, twenty minutes or so before a visit begins."""
FAR = date(2026, 12, 10)
DEAD = "dead"
"""The page of a link that opens nothing: it answers that there is no such page."""
FILE = "pack file"
"""What is no page: a browser stores it."""
DEAD_STATES = {"link ended": "It was ended, or is too old", "link of who left": "where they are not any more",
               "link to nothing": "Nothing is planned any more", "no school": "We cannot come to this school"}  # fmt: skip
"""The other pages that answer so, and what each says."""
STATES = {
    "dates none": "Thank you for telling us",
    "dates lapsed": "These dates are not held for you any more",
    "dates wished": "people of ours have been needed elsewhere",
    "dates moved": "our visit is moved",
    "too late to confirm": "It is too late to confirm this",
    "not due": "yours is due again in",
    "contact too late to confirm": "You had a week to confirm this",
    **DEAD_STATES,
}
"""More states of the same pages, and what each says: for tests that may take long, since the others stand for them."""


def every_page() -> dict[str, str]:
    """The path of each, by what it shows; the time is NOW."""
    return {**of_visits(), **of_new_contacts(), **of_dates(), **of_asking(), DEAD: "/school/nonsense/"}


def every_state() -> dict[str, str]:
    """The path of each page in STATES; the time is NOW."""
    return {**_of_answered_dates(), **_of_late_links(), **_of_dead_links()}


def _of_answered_dates() -> dict[str, str]:
    """The pages of dates of which none suits, that lapsed, and by which a visit was moved, or is to be once there are people."""
    rows = {name: _dates(name, is_move=name in {"dates wished", "dates moved"}) for name in STATES if name.startswith("dates")}
    giver = Chooser("Pat Head")
    refuse_dates(rows["dates none"], giver, now=NOW)
    models.OfferedDates.objects.filter(pk=rows["dates lapsed"].pk).update(held_until=NOW.date() - timedelta(days=1))
    choose_date(rows["dates moved"], TUESDAY, giver, now=NOW)
    for cover in models.Cover.objects.filter(session__visit=rows["dates wished"].visit):
        models.Away.objects.get_or_create(volunteer=cover.volunteer, first_day=DAY, last_day=TUESDAY.day)
    choose_date(rows["dates wished"], TUESDAY, giver, now=NOW)
    return {name: path_to(row) for name, row in rows.items()}


def _of_late_links() -> dict[str, str]:
    """The pages of what was not confirmed in time, and of a request of a school that is not due yet."""
    open_the_door()
    school = a_school(AreaFactory(), name="Rowan Primary")
    SessionFactory(visit__school=school, delivered=True, day=date(2026, 10, 6))
    person = {"name": "Pat Head", "role": "head teacher", "email": school.contacts.get().email}
    late, known = (models.VisitRequest.objects.create(school=school, asked_at=at, **person) for at in (NOW - HOLDS, NOW))
    confirm_request(known, now=NOW)
    answer = _named(a_visit(day=FAR), "kim@fern.example.org")
    models.SchoolAnswer.objects.filter(pk=answer.pk).update(at=NOW - HOLDS)
    rows = {"too late to confirm": late, "not due": known}
    return {
        **{name: reverse("ask-confirm", args=[token_of_request(row)]) for name, row in rows.items()},
        "contact too late to confirm": reverse(PAGE, args=[token_of_new_contact(answer)]),
    }


def _of_dead_links() -> dict[str, str]:
    """The pages of links that were ended, of whoever left, and of pupils who do not come; and of a school that is closed."""
    ended, left, gone = (a_visit(day=FAR) for _ in range(3))
    guest = a_guest(gone)
    paths = {"link ended": path_of(ended), "link of who left": path_of(left), "link to nothing": path_of(gone, guest)}
    end_links([access_at(ended.school)], now=NOW)
    models.Contact.objects.filter(school=left.school).update(school=SchoolFactory(name="Elder Primary"))
    models.Headcount.objects.filter(school=guest).delete()
    closed = SchoolFactory(name="Closed Primary", status="closed")
    return {**paths, "no school": reverse("ask-school", args=[closed.pk])}


def of_visits() -> dict[str, str]:
    """The pages of a visit that is ahead, as host and as guest, of one today, of one that took place, and of a cancelled one."""
    ahead = a_visit(day=FAR)
    file = {"file_name": "plan.pdf", "file_kind": "pdf", "size": len(PDF), "content": PDF}
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    item = models.PackItem.objects.create(session_type=kind, title="Plan of it", **file)
    path, before = path_of(ahead), a_visit(day=NOW.date() - timedelta(days=2))
    took_place(before)
    off = a_visit(day=FAR)
    off.sessions.update(stage="cancelled", cancelled_code="weather")
    models.Visit.objects.filter(pk=off.pk).update(stage="cancelled", cancelled_code="weather")
    for name in ("Lower Site", "Upper Site"):
        models.Site.objects.create(school=ahead.school, name=name, postcode="CA1 2AB")
    parts = {part: f"{path}{part}/" for part in ("change", "roll", "contact", "pack", "site")}
    return {
        "visit": path,
        "guest": path_of(ahead, a_guest(ahead)),
        **parts,
        FILE: f"{path}pack/{item.pk}/",
        "today": path_of(a_visit(day=NOW.date())),
        "held": path_of(before),
        "certificate": f"{path_of(before)}certificate/",
        "cancelled": path_of(off),
    }


def of_new_contacts() -> dict[str, str]:
    """The page of somebody whom a colleague has named, and of somebody who has confirmed it."""
    waiting, confirmed = (_named(a_visit(day=FAR), address) for address in ("sam@fern.example.org", "lee@fern.example.org"))
    confirm_contact(confirmed, now=NOW)
    rows = {"contact to confirm": waiting, "contact confirmed": confirmed}
    return {name: reverse(PAGE, args=[token_of_new_contact(answer)]) for name, answer in rows.items()}


def _named(visit: models.Visit, address: str) -> models.SchoolAnswer:
    giver = Giver("Pat Head", visit.school_id, access_at(visit.school))
    return name_contact(visit.pk, NewContact("Sam Hill", "bursar", address), giver, now=NOW)


def of_dates() -> dict[str, str]:
    """The pages of dates that can be chosen, that were chosen, and that move a visit."""
    rows = {name: _dates(name, is_move=name == "dates to move") for name in ("dates", "dates chosen", "dates to move")}
    choose_date(rows["dates chosen"], TUESDAY, Chooser("Pat Head"), now=NOW)
    return {name: path_to(row) for name, row in rows.items()}


def _dates(name: str, *, is_move: bool = False) -> models.OfferedDates:
    area = AreaFactory(duty_phone="+441228606060")
    coordinator = coordinator_of(area, name="Cora Nwosu")
    number = 2 if name == "dates wished" else 4  # nobody else could go
    going, school = people(area, number), a_school(area, name=f"School of {name}")
    if not is_move:
        return offered(school)
    return offered_to_move(a_booked_visit(school, *going[:2], coordinator=coordinator))


def of_asking() -> dict[str, str]:
    """The public pages by which a school asks for a visit, and those of the link by which it is confirmed."""
    open_the_door()
    school = a_school(AreaFactory(), name="Larch Primary")
    facts = {"name": "Pat Head", "role": "head teacher", "email": "pat@larch.example.org", "asked_at": NOW}
    waiting, confirmed = (models.VisitRequest.objects.create(school=school, **facts) for _ in range(2))
    confirm_request(confirmed, now=NOW)
    rows = {"to confirm": waiting, "confirmed": confirmed}
    return {
        "ask": reverse("ask"),
        "ask-area": reverse("ask-area", args=[models.Area.objects.order_by("pk")[0].pk]),
        "ask-school": reverse("ask-school", args=[school.pk]),
        "ask-unlisted": reverse("ask-unlisted"),
        "ask-sent": reverse("ask-sent"),
        **{name: reverse("ask-confirm", args=[token_of_request(row)]) for name, row in rows.items()},
    }
