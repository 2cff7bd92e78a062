"""What schools get beforehand of the made-up charity's sessions, and the page of one visit on which it can be read."""

from collections.abc import Iterator, Mapping
from datetime import date

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from schools.directory.accesses import access_of, token_of
from schools.directory.models import AccessPurpose
from schools.programme.models import PackItem, PackKind, SessionType
from schools.visits.models import Cover, CoverState, SessionStage, VisitStage

PLANS = {
    "ks1-assembly": """\
Who we are, and why we are there (3 minutes).

Feelings: happy, sad, worried, cross. A puppet shows them, the children name them (7 minutes).

Whom I can tell: five grown-ups, one for each finger of a hand (7 minutes).

What we say together at the end (3 minutes).""",
    "ks2-assembly": """\
Who we are, and why we are there (3 minutes).

What is all right and what is not: pictures, and hands up (12 minutes).

It is never the child's fault, and a secret that hurts is no good secret (7 minutes).

Whom I can tell, at school, at home and by phone, and what then happens (8 minutes).""",
    "workshop-5-6": """\
We agree how we talk with one another (5 minutes).

Four stories in small groups: what could they do, and who could help (30 minutes).

What each group came to, on one sheet (15 minutes).

Questions on paper, which we answer without a name (10 minutes).""",
}
"""How each session goes, by the slug of its type."""

TO_LOOK_AT = """\
The slides have pictures and few words. No picture shows anybody being hurt.

Each child gets a card for five names, to keep. Teachers get the same card for the wall."""

FOR_PARENTS = """\
On the day that your school has told you, two people of the Lantern Trust speak with the children about feeling safe, \
and whom they can tell when they are worried.

The words fit their age. Nobody is asked to tell anything, and no child has to speak.

Ask at home: “Who are the five people on your card?” If you have a question, or would like to see all of it beforehand, ask the \
school."""


def store(types: Mapping[str, SessionType]) -> None:
    """Store a plan, what there is to look at, and a page for parents, of each type that has a plan here."""
    for slug, plan in PLANS.items():
        for kind, title, words in (
            (PackKind.PLAN, f"Plan of the {types[slug].name}", plan),
            (PackKind.MATERIAL, "Slides and cards", TO_LOOK_AT),
            (PackKind.PARENTS, "For parents", FOR_PARENTS),
        ):
            PackItem.objects.create(session_type=types[slug], kind=kind, title=title, words=words)


def lines_for_schools(*, on: date) -> Iterator[str]:
    """Yield where somebody at a school reads about its next visit and what it gets beforehand; nothing where none is to come."""
    going = Cover.objects.filter(state=CoverState.ACCEPTED, session__day__gt=on, session__stage=SessionStage.SCHEDULED)
    going = going.filter(
        session__type__slug__in=PLANS,
        session__visit__stage=VisitStage.CONFIRMED,
        session__visit__contact__school=F("session__visit__school"),
    )
    cover = going.exclude(session__visit__contact__email="").order_by("session__day", "session__visit", "pk").first()
    if cover is None or (contact := cover.session.visit.contact) is None:
        return
    token = token_of(access_of(contact, AccessPurpose.VISITS, on=on), cover.session.visit_id, contact.school_id or 0)
    # Of the pages for schools alone: to know every URL, all rooms of the office are imported first.
    page = reverse("school-visit", urlconf="schools.school_portal.urls", args=[token])
    yield f"Somebody at a school, without signing in: {settings.SPEAKOUT_ADDRESS}{page}"
