"""What is still to be set up, step by step: worked out from what is there each time home is opened, never stored.

A manager sees the steps of the charity, a coordinator those of their areas. Once all are done, home no longer has the list.
"""

from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from schools.accounts.models import Role, User
from schools.charity.models import THE_ROW, Charity, PublicText
from schools.core.batched_queries import Batch, NamedQuery, named_query
from schools.core.nations import WITHOUT_REGISTER
from schools.directory.models import Area, AreaAuthority, AreaCoordinator, Contact, Postcode, School, Source, Term
from schools.directory.models.areas import Patch, holds_on
from schools.materials.models import KitLine
from schools.office.frame.setting_up import Starting, Step
from schools.office.frame.visibility import visible_rows
from schools.office.home.need_counts import Viewer
from schools.visits.models import Session, SessionStage, Visit
from schools.volunteers.models import Agreement, Volunteer, VolunteerStatus

MOST_AREAS = 5
"""Areas without volunteers that home names; it says how many more there are."""


def starting(user: User, on: date) -> Starting:
    """Return what the user still has to set up on the day; one query, and those of `Viewer.of`."""
    heading, steps, batch = _steps(Viewer.of(user, on=on))
    answers = batch.run()
    there = answers["there"][0]
    ticked = [replace(step, done=bool(there[step.key])) for step in steps]
    by_name = sorted(answers["bare"], key=lambda row: (row["name"].casefold(), row["id"])) if there["volunteers"] else []
    bare = [Area.from_db(None, ["id", "name"], [row["id"], row["name"]]) for row in by_name]
    return Starting(heading, ticked, bare[:MOST_AREAS], len(bare[MOST_AREAS:]))


@lru_cache(maxsize=256)
def _steps(viewer: Viewer) -> tuple[str, list[Step], Batch]:
    """Return the heading, the steps, and what asks which of them are done and in which areas nobody volunteers."""
    heading = "Setting up, in this order" if viewer.sees_everything else "Your first days, in this order"
    return heading, [step for step, _ in _with_rows(viewer)], Batch(partial(_queries, viewer))


def _queries(viewer: Viewer) -> list[NamedQuery]:
    there = {step.key: Exists(rows) for step, rows in _with_rows(viewer)}
    areas = _areas_without_volunteers(viewer.user, on=viewer.on)
    return [
        named_query("there", User.objects.filter(pk=viewer.user.pk), **there),
        named_query("bare", areas, id="pk", name="name"),
    ]


def _with_rows(viewer: Viewer) -> list[tuple[Step, QuerySet[Any]]]:
    """Return the steps, each with the rows of which one has to be there."""
    return _steps_of_charity(viewer.on) if viewer.sees_everything else _steps_of_coordinator(viewer.user, viewer.on)


def _areas_without_volunteers(user: User, *, on: date) -> QuerySet[Area]:
    """Return the user's areas that hold an authority and have no volunteer who has not left; not those that imports made."""
    helpers = Volunteer.areas.through.objects.filter(area=OuterRef("pk")).exclude(volunteer__status=VolunteerStatus.LEFT)
    held = AreaAuthority.objects.filter(holds_on(on), area=OuterRef("pk"))
    areas = visible_rows(Area.objects.filter(automatic=False), user, on=on)
    return areas.filter(Exists(held), ~Exists(helpers))


# Longer than 40 lines: it is one list.
def _steps_of_charity(on: date) -> list[tuple[Step, QuerySet[Any]]]:
    """Return the steps of a manager, each with the rows of which one has to be there."""
    delivered = Session.objects.filter(stage=SessionStage.DELIVERED)
    return [
        (_step("charity", "Who you are", "Give the charity its name, how it is reached, where answers to its mails go, and whom "
               "to phone who is worried about a child. Until then mails and pages say Speakout.",
               "Name the charity", "schools_charity_change", args=(THE_ROW,)),
         Charity.objects.exclude(name="").exclude(safeguarding_phone="")),
        (_step("register", "Schools", "Hand in each nation’s register: the schools and their authorities come with it.",
               "Hand a register in", "registers", guide="office#once-a-year-registers-and-areas"),
         # One that was entered by hand, to book it at once, does not bring the others.
         School.objects.filter(Q(source=Source.REGISTER) | Q(nation__in=WITHOUT_REGISTER))),
        (_step("coordinators", "Coordinators", "Add the people who look after areas. If you do that yourself, go on: you can "
               "name yourself on the page of the area.",
               "Add a coordinator", "schools_user_add", query={"role": Role.COORDINATOR.value}),
         _any_of(User.objects.filter(groups__name=Role.COORDINATOR.value, is_active=True),
                 AreaCoordinator.objects.filter(holds_on(on)))),
        (_step("areas", "Areas", "Say into which areas you cut your work, which authorities each of them holds, and who "
               "coordinates it.",
               "Add an area", "area-add"),
         _looked_after(on)),
        (_step("texts", "What anybody may read", "Read the drafts of the privacy notice and the accessibility statement, fill in "
               "what they leave open, and publish them: mails to people at schools lead there. Until then no school can sign up "
               "by itself.",
               "Read the drafts", "charity", guide="office#what-anybody-may-read"),
         _published()),
        (_step("agreement", "The volunteer agreement", "Write down what volunteers promise. Everybody who comes in reads and "
               "accepts it first; while there is none, nobody is asked to.",
               "Write the agreement", "schools_agreement_add", guide="office#volunteers"),
         Agreement.objects.all()),
        (_step("volunteers", "Volunteers", "Bring in who goes to schools, from a spreadsheet or one by one: how to reach "
               "them, where they help, what they are cleared and signed off for.",
               "Import volunteers", "imports", query={"kind": "volunteers"}, guide="office#volunteers"),
         Volunteer.objects.exclude(status=VolunteerStatus.LEFT)),
        (_step("contacts", "People at schools", "Bring in whom to ask for at a school, and its safeguarding lead, from a "
               "spreadsheet or one by one.",
               "Import contacts", "imports", query={"kind": "contacts"}, guide="office#conversations-with-schools"),
         Contact.objects.all()),
        (_step("kits", "Session types and their kits", "Eight session types are there; change them to what you teach, under "
               "Session types. Say what each needs: first the materials, then how many of each. Without materials this is done "
               "with your first session.",
               "Say what a session needs", "schools_kitline_changelist", guide="office#materials-and-stock"),
         _any_of(KitLine.objects.all(), delivered)),
        (_step("terms", "School terms", "With them the program warns of a visit in the holidays.",
               "Import terms", "imports", query={"kind": "terms"}, guide="files#terms"),
         Term.objects.all()),
        (_step("postcodes", "Postcodes", "With them it is known how far volunteers live from schools. Some registers say "
               "no places either. Without them this is done with your first session.",
               "Import postcodes", "imports", query={"kind": "postcodes"}, guide="files#postcodes"),
         _any_of(Postcode.objects.all(), delivered)),
        (_step("past", "Past sessions", "Load the sessions of earlier years, so that it is known which schools are due. If you "
               "have none, this is done with your first session.",
               "Import past sessions", "imports", query={"kind": "sessions"}, guide="files#sessions"),
         Session.objects.filter(day__lt=on)),
        (_step("visit", "The first visit", "Find a school that is due, and book a visit.", "Book a visit", "book",
               guide="office#booking-a-visit"),
         _booked(Visit.objects.all())),
    ]  # fmt: skip


def _steps_of_coordinator(user: User, on: date) -> list[tuple[Step, QuerySet[Any]]]:
    """Return the steps of a coordinator, each with the rows of which one has to be there."""
    volunteers = visible_rows(Volunteer.objects.exclude(status=VolunteerStatus.LEFT), user, on=on)
    # Contacts and visits are asked by the two ways in which they can be a coordinator's, each until its first row. Of the union
    # that their lists are read from, PostgreSQL makes the whole for each visit that it looks at (270 ms nationally).
    schools = visible_rows(School.objects.all(), user, on=on).order_by().values("pk")
    return [
        (_step("areas", "Your area", "You coordinate no area yet, so every list is empty. Ask a manager to name you on the page "
               "of your area.", "", "index"),
         Area.objects.coordinated_by(user, on=on)),
        (_step("register", "Schools of your area", "Schools come with the authorities that your area holds. If there are none, "
               "ask a manager to hand in the register and to give your area its authorities.",
               "See the schools", "schools_school_changelist", guide="office#once-a-year-registers-and-areas"),
         visible_rows(School.objects.all(), user, on=on)),
        (_step("volunteers", "Volunteers", "Bring in the people who help in your area, from a spreadsheet or one by "
               "one, and invite them to sign in.",
               "Import volunteers", "imports", query={"kind": "volunteers"}, guide="office#volunteers"),
         volunteers),
        (_step("active", "Somebody who may go", "With a clear decision and a sign-off, write down on their page that they became "
               "active.", "See the volunteers", "schools_volunteer_changelist", guide="office#volunteers"),
         volunteers.filter(status=VolunteerStatus.ACTIVE)),
        (_step("contacts", "People at schools", "Bring in whom to ask for at a school, and its safeguarding lead, from a "
               "spreadsheet or one by one.",
               "Import contacts", "imports", query={"kind": "contacts"}, guide="office#conversations-with-schools"),
         _any_of(Contact.objects.filter(school__in=schools), Contact.also_at.through.objects.filter(school__in=schools))),
        (_step("visit", "The first visit", "See who is due, ring a school, and book a visit.", "See who is due", "due",
               guide="office#which-school-to-ask-next-who-is-due"),
         _any_of(_booked(Visit.objects.filter(school__in=schools)),
                 Session.objects.filter(area__in=Patch.of(user, on=on).areas, visit__in=_booked(Visit.objects.all())))),
    ]  # fmt: skip


def _step(
    key: str,
    words: str,
    how: str,
    link: str,
    view: str,
    query: dict[str, str] | None = None,
    args: tuple[int, ...] = (),
    guide: str = "office#starting-from-nothing-to-the-first-visit",
) -> Step:
    """Return a step that is not done; `query` is what is chosen beforehand on its page."""
    address = reverse(f"admin:{view}", args=args, query=query)
    return Step(key, words, how, link, address, guide)


def _published() -> QuerySet[PublicText]:
    """Return the privacy notice where it is published, and the accessibility statement too."""
    rows = PublicText.objects.standing().in_usual_language()
    return rows.filter(Exists(rows.filter(key=PublicText.Key.ACCESSIBILITY)), key=PublicText.Key.PRIVACY)


def _looked_after(on: date) -> QuerySet[AreaAuthority]:
    """Return what areas of the charity's own hold on the day, where somebody coordinates them."""
    coordinating = AreaCoordinator.objects.filter(holds_on(on), area=OuterRef("area"))
    return AreaAuthority.objects.filter(Exists(coordinating), holds_on(on), area__automatic=False)


def _booked(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """Return the visits that somebody booked here: those of earlier years that came with a file have no coordinator."""
    return visits.filter(coordinator__isnull=False)


def _any_of(first: QuerySet[Any], second: QuerySet[Any]) -> QuerySet[Any]:
    """Return rows that are there where one of both has some: the one row of the user who asks, under either condition."""
    return User.objects.filter(Q(Exists(first)) | Q(Exists(second)))
