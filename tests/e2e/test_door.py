"""A school's whole way on a phone: it asks from a poster, chooses a date, prepares, moves it, reads, confirms, and answers.

Each step is a function, so that another one goes between two of them. Clicks and screens are counted by the listener in the page.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from playwright.sync_api import Page, expect

from schools import models
from schools.messages.actions import deliver_due
from schools.visits.actions import assign
from schools.visits.half_days import HalfDay
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener, Visitor
from tests.e2e.jobs import Job, Jobs
from tests.news import tell_and_send
from tests.school_portal.asking import open_the_door
from tests.school_portal.letters import agreed

SOON = NOW + timedelta(hours=1)
"""By then whatever could be undone for a minute goes out."""
ADDRESS = "nell@school.example.org"
FREE_UNTIL = date(2026, 12, 15)
"""From the next day on nobody can go: so there are four days that can be offered, which are all ticked."""
MOST_SCREENS, MOST_CLICKS = 3, 3
MOST_MINUTES = 3
"""For the school, of all that it does from the page of the poster until the visit is booked, as `Job.minutes` reckons it."""

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def somebody_to_ask_and_something_to_read(charity: Charity) -> None:
    """Both public texts, somebody known at the school, plans of the sessions, and people who may be named to schools."""
    open_the_door()
    models.Contact.objects.create(school=charity.school, name="Nell Bryant", role="Deputy head", email=ADDRESS)
    for slug in ("ks1-assembly", "ks2-assembly"):
        kind = models.SessionType.objects.get(slug=slug)
        models.PackItem.objects.create(session_type=kind, title=f"Plan of the {kind.name}", words="We tell a story.")
    people = models.Volunteer.objects.filter(user__isnull=False)
    agreed(*people)
    for person in people:
        models.Away.objects.create(volunteer=person, first_day=FREE_UNTIL + timedelta(days=1), last_day=date(2026, 12, 31))


def mailed(pattern: str) -> str:
    """The path of the latest link of that form that went to the school."""
    bodies = [str(sent.body) for sent in mail.outbox if sent.to == [ADDRESS]]
    links = [link for body in bodies for link in re.findall(rf"https?://[^/\s]+({pattern}\S+)", body)]
    assert links, bodies
    return links[-1]


def counted(visitor: Visitor) -> Job:
    """Count what they do from now on; a browser without scripts has no listener, so nothing is counted there."""
    return Jobs(visitor.page).begins() if visitor.scripts else Job()


def asks(nell: Visitor, charity: Charity) -> tuple[Job, Job]:
    """Open the address of the poster, find the school, send the form; up to the page behind the link that is mailed.

    Return what they did up to the page that says to look for the mail, and what they do from the page behind the link on.
    """
    page = nell.page
    nell.goes_to(f"/ask/{charity.area.pk}/")
    jobs = Jobs(page) if nell.scripts else None
    asking = jobs.begins() if jobs else Job()
    page.get_by_label("Which school are you at").fill("larkfield")
    page.get_by_role("button", name="Find it").click()
    page.get_by_role("link", name=re.compile("Larkfield")).first.click()
    page.get_by_label("Your name").fill("Nell Bryant")
    page.get_by_label("Your role at the school").fill("deputy head")
    page.get_by_label("Your e-mail address at the school").fill(ADDRESS)
    page.get_by_label("Monday morning").check()
    page.get_by_role("button", name="Mail me the link").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    if jobs:
        assert asking.counts["load"] == MOST_SCREENS, "After the poster’s page: schools, the form, that a mail is sent."
        assert asking.counts["letter"] >= len("larkfieldNell Bryantdeputy head" + ADDRESS), "What was typed is in the minutes."
        jobs.begins()  # to open the link is no part of either
    deliver_due(clock=lambda: SOON)
    nell.goes_to(mailed("/ask/confirm/"))
    return asking, jobs.begins() if jobs else Job()


def offers(ravi: Visitor) -> None:
    """From home: what a school asked for, and the dates that are ticked, in three clicks."""
    page = ravi.page
    ravi.goes_to("/admin/")
    job = counted(ravi)
    page.get_by_role("link", name=re.compile("asked for a visit and waits for a day")).click()
    page.get_by_role("link", name=re.compile("Offer dates")).click()
    page.get_by_role("button", name="Offer these dates").click()
    expect(page.get_by_text("Offered 4 dates to Larkfield Primary School")).to_be_visible()
    assert not ravi.scripts or job.counts["click"] == MOST_CLICKS
    deliver_due(clock=lambda: SOON)


def chooses(nell: Visitor) -> models.Visit:
    """Choose the first of the dates; by that it is booked."""
    page = nell.page
    nell.goes_to(mailed("/school/dates/"))
    nell.looks("dates")
    expect(page.get_by_role("radio")).to_have_count(4)
    page.get_by_role("radio").first.check()
    page.get_by_label("Your name").first.fill("Nell Bryant")
    page.get_by_role("button", name="Choose this date").click()
    expect(page.get_by_role("heading", name="Thank you: your visit is booked")).to_be_visible()
    nell.looks("booked")
    visit = models.Visit.objects.get(school__name="Larkfield Primary School")
    assert (visit.stage, visit.agreed_with, visit.sessions.count()) == ("confirmed", "Nell Bryant", 2)
    return visit


def prepares(nell: Visitor) -> None:
    """From the page that says that it is booked: numbers, room, lead, parking, and the agreement of the year."""
    page = nell.page
    page.get_by_role("link", name="Prepare the visit").click()
    expect(page.get_by_role("heading", name="Our visit")).to_be_visible()
    page.get_by_label("Year 5").first.fill("27")
    page.get_by_label("Room", exact=True).first.fill("Hall")
    page.get_by_label("Safeguarding lead", exact=True).fill("Ian Relph")
    page.get_by_label("Parking").fill("Behind the hall")
    page.get_by_label(re.compile("Our school agrees")).check()
    page.get_by_label("In which role you agree").fill("deputy head")
    page.get_by_label("Your name").fill("Nell Bryant")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("Thank you. We have it")).to_be_visible()
    nell.looks("prepared")


def asks_for_another_day(nell: Visitor, visit: models.Visit) -> None:
    """From the page of the visit: the second of the days that were offered, at the same hour; it is kept as a wish."""
    page = nell.page
    (offered,) = models.OfferedDates.objects.filter(visit=visit)
    wanted = HalfDay.of_all(offered.half_days)[1].day
    page.get_by_role("link", name="Move or cancel our visit").click()
    part = page.locator("section", has=page.get_by_role("heading", name="Ask for another day"))
    part.get_by_label("A day that would do", exact=True).fill(wanted.isoformat())
    part.get_by_label("Something else is on that day").check()
    part.get_by_label("Your name").fill("Nell Bryant")
    part.get_by_role("button", name="Ask for another day").click()
    expect(page.get_by_text("We have not decided yet.")).to_be_visible()
    nell.looks("asked-for-another-day")
    assert not visit.sessions.filter(day=wanted).exists(), "a wish moves nothing"


def offers_other_days(ravi: Visitor, visit: models.Visit) -> None:
    """From the visit’s page: days on which people can come, which are ticked, in two clicks."""
    page = ravi.page
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    page.get_by_role("link", name="offer it dates for this visit").click()
    page.get_by_role("button", name="Offer these dates").click()
    expect(page.get_by_text(re.compile("Offered [3-5] dates to Larkfield Primary School"))).to_be_visible()
    deliver_due(clock=lambda: SOON)


def moves_it(nell: Visitor, visit: models.Visit) -> None:
    """By the link of the mail: the first of the dates, which moves the visit; its page then has the new day, and no wish."""
    page, before = nell.page, {each.day for each in visit.sessions.all()}
    nell.goes_to(mailed("/school/dates/"))
    expect(page.get_by_role("heading", name=re.compile("Another day for our visit"))).to_be_visible()
    nell.looks("dates-to-move")
    page.get_by_role("radio").first.check()
    page.get_by_label("Your name").first.fill("Nell Bryant")
    page.get_by_role("button", name="Choose this date").click()
    expect(page.get_by_role("heading", name="Thank you: our visit is moved")).to_be_visible()
    nell.looks("moved")
    (day,) = {each.day for each in visit.sessions.all()}
    assert day not in before
    page.get_by_role("link", name="Open the page of the visit").click()
    expect(page.get_by_text(f"{day:%-d %B %Y}").first).to_be_visible()
    expect(page.get_by_text("You have asked for another day")).to_have_count(0)


def takes_it(ravi: Visitor, visit: models.Visit) -> None:
    """Take all that the school said, with one click, and find people for the sessions."""
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    ravi.page.get_by_role("button", name="Take all of it").click()
    expect(ravi.page.get_by_text(re.compile("All [0-9] are taken"))).to_be_visible()
    by = models.User.objects.get(name="Ravi Carruthers")
    for session in visit.sessions.all():
        for name, role in (("Margaret Airey", "lead"), ("Asha Patel", "presenter")):
            assign(session, models.Volunteer.objects.get(name=name), role=role, by=by, now=NOW)


def reads_the_pack(nell: Visitor) -> None:
    """By the link of the mail with what to know beforehand: the plans, the letter, and that it was read."""
    page = nell.page
    nell.goes_to(mailed("/school/(?!dates)"))
    expect(page.get_by_text("Margaret, Asha")).to_be_visible()
    page.get_by_role("link", name="What we teach, and what to look at beforehand").click()
    expect(page.get_by_text("We tell a story.").first).to_be_visible()
    nell.looks("pack")
    page.get_by_role("button", name="Open the letter").click()
    expect(page.get_by_text("Asha Patel: checked under DBS, clear on that day")).to_be_visible()
    nell.looks("letter")
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_label("Your name").fill("Nell Bryant")
    page.get_by_role("button", name="We have read this").click()
    expect(page.get_by_text("Nell Bryant has read this")).to_be_visible()


def tells_how_it_went(margaret: Visitor, visit: models.Visit, day: date) -> None:
    """The volunteer tells of the whole morning: both went ahead, 28 children in each year group that was to come."""
    page = margaret.page
    margaret.goes_to(f"/mornings/{visit.pk}/{day.isoformat()}/outcome/")
    for session in visit.sessions.all():
        part = page.locator(f"#session-{session.pk}")
        part.get_by_label("Yes", exact=True).check()
        for box in part.locator("[data-most]:visible").all():
            box.fill("28")
    margaret.looks("outcome")
    page.get_by_role("button", name=re.compile("tell us|store|send|save", re.IGNORECASE)).last.click()
    expect(page.get_by_text("Stored. Thank you.")).to_be_visible()


def looks_back(nell: Visitor) -> None:
    """By the link of the thanks: other numbers for one year group, the five questions, and the certificate."""
    page = nell.page
    nell.goes_to(mailed("/school/(?!dates)"))
    expect(page.get_by_role("heading", name="Thank you for having had us")).to_be_visible()
    page.get_by_label("Year 5").first.fill("26")
    page.get_by_label("Your name").first.fill("Nell Bryant")
    page.get_by_role("button", name="Send these numbers").click()
    expect(page.get_by_text("Thank you. We have it")).to_be_visible()
    page.get_by_role("group", name="Would you have us again?").get_by_label("Yes").check()
    page.get_by_label("Your name").last.fill("Nell Bryant")
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_text("Nell Bryant has answered our questions.")).to_be_visible()
    nell.looks("looked-back")
    page.get_by_role("link", name="A certificate to print").click()
    expect(page.get_by_role("heading", name="Certificate")).to_be_visible()
    nell.looks("certificate")


def sees_it(ravi: Visitor, visit: models.Visit) -> None:
    """What the school said and thought is on the visit's page, and the children and the answer are counted on that of reach."""
    page: Page = ravi.page
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    expect(page.get_by_role("heading", name="What Larkfield Primary School thought of it")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("How many were there, Year 5"))).to_contain_text("26")
    ravi.goes_to("/admin/reach/")
    page.get_by_label("Period").fill("2026/27")
    page.get_by_role("button", name="Show reach").click()
    expect(page.get_by_text(re.compile("1 school was asked what they thought of a visit; 1 answered"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Cumbria")).first).to_contain_text("196")


@contextmanager
def later(now: datetime) -> Iterator[datetime]:
    """Server and test are at another moment for a while."""
    with time_machine.travel(now, tick=True):
        yield now


@pytest.mark.exhaustive
@pytest.mark.parametrize("scripts", BOTH)
def test_a_school_asks_from_a_poster_and_is_thanked_at_the_end(charity: Charity, visitor: Opener, scripts: bool) -> None:
    models.Visit.objects.filter(school=charity.school).delete()
    somebody_to_ask_and_something_to_read(charity)
    nell = visitor("nell", size=PHONE, scripts=scripts)
    asking, booking = asks(nell, charity)
    nell.page.get_by_role("button", name="Yes, we ask for it").click()
    expect(nell.page.get_by_role("heading", name="Thank you: we have your request")).to_be_visible()

    ravi = visitor("ravi", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    offers(ravi)
    visit = chooses(nell)
    if scripts:
        assert booking.counts["load"] == MOST_SCREENS, "From the request to booked: it is thanked, it chooses, it is booked."
        assert booking.counts["letter"] >= len("Nell Bryant"), "What was typed is in the minutes."
    whole = asking.minutes + booking.minutes_until_done
    assert whole <= MOST_MINUTES, (whole, asking.counts, asking.words, booking.counts, booking.words)
    prepares(nell)
    asks_for_another_day(nell, visit)
    offers_other_days(ravi, visit)
    moves_it(nell, visit)
    takes_it(ravi, visit)
    tell_and_send(SOON, kinds=["visits", "school-pack"])
    reads_the_pack(nell)

    session = visit.sessions.order_by("day")[0]
    with later(datetime.combine(session.day, time(12), tzinfo=UTC)):
        margaret = visitor("margaret", size=PHONE, scripts=scripts)
        margaret.signs_in("margaret@example.org")
        tells_how_it_went(margaret, visit, session.day)
    with later(datetime.combine(session.day + timedelta(days=1), time(10), tzinfo=UTC)) as day_after:
        tell_and_send(day_after, kinds=["school-thanks"])
        looks_back(nell)
        again = visitor("ravi-after", scripts=scripts)
        again.signs_in("coordinator@example.org")
        sees_it(again, visit)
