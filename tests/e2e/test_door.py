"""A school's whole way on a phone: it asks from a poster, chooses a date, prepares, moves it, reads, confirms, and answers.

Everybody does with their hands what they do: the school, a colleague to whom it hands the visit on, coordinator and volunteers.

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
from schools.visits.half_days import HalfDay
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener, Visitor
from tests.e2e.jobs import Job, Jobs, counted, hands_of
from tests.news import NEWS, tell_and_send
from tests.portal.links import links_in
from tests.school_portal.asking import open_the_door
from tests.school_portal.letters import agreed

SOON = NOW + timedelta(hours=1)
"""By then whatever could be undone for a minute goes out."""
ADDRESS, SAM = "nell@school.example.org", "sam@school.example.org"
GO = {"Margaret Airey": "margaret@example.org", "Asha Patel": "asha@example.org"}
"""Who goes, and where they read their mail."""
FREE_UNTIL = date(2026, 12, 15)
"""From the next day on nobody can go: so there are four days that can be offered, which are all ticked."""
SCREENS = ("ask, from the poster", "confirm it, from the mail", "choose a date, from the mail")
"""The pages on which the school has to do something, from the poster until the visit is booked.

Those on which it only reads are none: that a mail is sent, that we have the request, that the visit is booked. A fourth one is
there where several schools fit what it typed: the same page, to choose its own.
"""
MOST_CLICKS = 3
MOST_MINUTES = 3
"""For the school, of all that it does on our pages from the poster’s until the visit is booked, as `Job.minutes` reckons it.

What it takes to read the two mails is no part of it.
"""

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


def mailed(pattern: str, to: str = ADDRESS) -> str:
    """The path of the latest link of that form that went to the address; Nell's if none is said."""
    bodies = [str(sent.body) for sent in mail.outbox if sent.to == [to]]
    links = [link for body in bodies for link in re.findall(rf"https?://[^/\s]+({pattern}\S+)", body)]
    assert links, bodies
    return links[-1]


def asks(nell: Visitor, charity: Charity) -> Job:
    """Open the address of the poster, name the school, send the form, and confirm it by the link that is mailed.

    Return what is counted from the page of the poster on: what follows is part of it.
    """
    page = nell.page
    nell.goes_to(f"/ask/{charity.area.pk}/")
    journey = counted(hands_of(nell))
    page.get_by_label("Which school are you at").fill("larkfield")
    page.get_by_label("Your name").fill("Nell Bryant")
    page.get_by_label("Your role at the school").fill("deputy head")
    page.get_by_label("Your e-mail address at the school").fill(ADDRESS)
    page.get_by_label("Monday morning").check()
    page.get_by_role("button", name="Mail me the link").click()
    expect(page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    typed = "larkfieldNell Bryantdeputy head" + ADDRESS
    assert not nell.scripts or journey.counts["letter"] >= len(typed), "What was typed is in the minutes."
    deliver_due(clock=lambda: SOON)
    nell.goes_to(mailed("/ask/confirm/"))
    page.get_by_role("button", name="Yes, we ask for it").click()
    expect(page.get_by_role("heading", name="Thank you: we have your request")).to_be_visible()
    return journey


def offers(ravi: Visitor, hands: Jobs | None) -> None:
    """From home: what a school asked for, and the dates that are ticked, in three clicks."""
    page = ravi.page
    ravi.goes_to("/admin/")
    job = counted(hands)
    page.get_by_role("link", name=re.compile("asked for a visit and waits for a day")).click()
    page.get_by_role("link", name=re.compile("Offer dates")).click()
    page.get_by_role("button", name="Offer these dates").last.click()
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


def adds_a_site(ravi: Visitor, school: models.School) -> None:
    """Write down that the school has a second building: where a school has several, the office would book what it chooses."""
    ravi.goes_to(f"/admin/school/{school.pk}/")
    ravi.page.get_by_role("link", name="Add a site").click()
    ravi.page.get_by_role("textbox", name="Name", exact=True).fill("Lower Site")
    ravi.page.get_by_role("textbox", name="Postcode").fill("ca1 9zy")
    ravi.page.get_by_role("button", name="Save", exact=True).click()
    expect(ravi.page.get_by_role("link", name="Change Lower Site")).to_be_visible()


def prepares(nell: Visitor) -> None:
    """From the page that says that it is booked: all that the page of the visit asks for, and the agreement of the year."""
    page = nell.page
    page.get_by_role("link", name="Prepare the visit").click()
    expect(page.get_by_role("heading", name="Our visit")).to_be_visible()
    expect(page.get_by_text("Nobody is down for it yet.")).to_be_visible()
    expect(page.get_by_text("A room with a screen and sound.")).to_be_visible()
    page.get_by_label("Year 5").first.fill("27")
    for box in page.get_by_label("Room", exact=True).all():
        box.fill("Hall")
    page.get_by_label("Safeguarding lead", exact=True).fill("Lee Safe")
    page.get_by_label("Phone of the safeguarding lead").fill("01228 606062")
    page.get_by_label("On arrival").fill("Ring at the gate")
    page.get_by_label("Parking").fill("Behind the hall")
    page.get_by_label("On which day you told parents").fill(NOW.date().isoformat())
    page.get_by_label(re.compile("Our school agrees")).check()
    page.get_by_label("In which role you agree").fill("deputy head")
    sends(page, "Send it")
    nell.looks("prepared")


def sends(page: Page, button: str) -> None:
    """Give Nell's name and send the form: what it says is kept."""
    page.get_by_label("Your name").fill("Nell Bryant")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Thank you. We have it")).to_be_visible()


def corrects_roll_and_site(nell: Visitor) -> None:
    """On the pages beside that of the visit: how many are in Year 5, and at which of the school's sites it is best."""
    page = nell.page
    page.get_by_role("link", name="Correct how many are on roll").click()
    page.get_by_label("Year 5").fill("31")
    sends(page, "Send these numbers")
    nell.looks("roll")
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_role("link", name="Say at which of your sites it is best").click()
    page.get_by_label("Lower Site, CA1 9ZY").check()
    sends(page, "Send it")
    nell.looks("site")
    page.get_by_role("link", name="Back", exact=True).click()


def hands_it_on(nell: Visitor) -> None:
    """Name a colleague who looks after the visit from now on; nothing changes before they confirm it."""
    page = nell.page
    page.get_by_role("link", name="Somebody else looks after this visit now").click()
    page.get_by_label("Their name").fill("Sam Hill")
    page.get_by_label("Their role at the school").fill("bursar")
    page.get_by_label("Their e-mail address at the school").fill(SAM)
    page.get_by_label("Your name").fill("Nell Bryant")
    page.get_by_role("button", name="Name them").click()
    expect(page.get_by_text("Sam Hill was named and has to confirm it")).to_be_visible()
    nell.looks("named")
    deliver_due(clock=lambda: SOON)


def takes_over(sam: Visitor, visit: models.Visit) -> None:
    """Confirm it by the link of the mail, which leads to the page of the visit; whom we wrote to before is told."""
    page = sam.page
    sam.goes_to(mailed("/school/contact/", SAM))
    sam.looks("confirm-contact")
    page.get_by_role("button", name="Yes, write to me").click()
    expect(page.get_by_role("heading", name="Our visit")).to_be_visible()
    visit.refresh_from_db()
    assert (visit.contact and visit.contact.email) == SAM
    tell_and_send(SOON, kinds=["school-contact-before"])
    (told,) = [str(sent.body) for sent in mail.outbox if sent.to == [ADDRESS] and "Sam Hill" in str(sent.body)]
    assert "Nell Bryant says that Sam Hill looks after our visit" in told


def asks_for_another_day(sam: Visitor, visit: models.Visit) -> None:
    """From the page of the visit: the second of the days that were offered, at the same hour; it is kept as a wish."""
    page = sam.page
    (offered,) = models.OfferedDates.objects.filter(visit=visit)
    wanted = HalfDay.of_all(offered.half_days)[1].day
    page.get_by_role("link", name="Move or cancel our visit").click()
    part = page.locator("section", has=page.get_by_role("heading", name="Ask for another day"))
    part.get_by_label("A day that would do", exact=True).fill(wanted.isoformat())
    part.get_by_label("Something else is on that day").check()
    part.get_by_label("Your name").fill("Sam Hill")
    part.get_by_role("button", name="Ask for another day").click()
    expect(page.get_by_text("We have not decided yet.")).to_be_visible()
    sam.looks("asked-for-another-day")
    assert not visit.sessions.filter(day=wanted).exists(), "a wish moves nothing"


def offers_other_days(ravi: Visitor, visit: models.Visit) -> None:
    """From the visit’s page: days on which people can come, which are ticked, in two clicks."""
    page = ravi.page
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    page.get_by_role("link", name="offer it dates for this visit").click()
    page.get_by_role("button", name="Offer these dates").last.click()
    expect(page.get_by_text(re.compile("Offered [3-5] dates to Larkfield Primary School"))).to_be_visible()
    deliver_due(clock=lambda: SOON)


def moves_it(sam: Visitor, visit: models.Visit) -> None:
    """By the link of the mail: the first of the dates, which moves the visit; its page then has the new day, and no wish."""
    page, before = sam.page, {each.day for each in visit.sessions.all()}
    sam.goes_to(mailed("/school/dates/", SAM))
    expect(page.get_by_role("heading", name=re.compile("Another day for our visit"))).to_be_visible()
    sam.looks("dates-to-move")
    page.get_by_role("radio").first.check()
    page.get_by_label("Your name").first.fill("Sam Hill")
    page.get_by_role("button", name="Choose this date").click()
    expect(page.get_by_role("heading", name="Thank you: our visit is moved")).to_be_visible()
    sam.looks("moved")
    (day,) = {each.day for each in visit.sessions.all()}
    assert day not in before
    page.get_by_role("link", name="Open the page of the visit").click()
    expect(page.get_by_text(f"{day:%-d %B %Y}").first).to_be_visible()
    expect(page.get_by_text("You have asked for another day")).to_have_count(0)


def takes_it(ravi: Visitor, visit: models.Visit) -> None:
    """Take all that the school said: the site by itself, with which goes where people travel, and the rest with one click."""
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    ravi.page.get_by_role("button", name=re.compile("Take it.*At which of your sites")).click()
    expect(ravi.page.get_by_text("It is taken.")).to_be_visible()
    ravi.page.get_by_role("button", name="Take all of it").click()
    expect(ravi.page.get_by_text(re.compile("All [0-9]+ are taken"))).to_be_visible()
    assert {(session.room, session.site and session.site.name) for session in visit.sessions.all()} == {("Hall", "Lower Site")}
    assert models.Roll.objects.filter(school=visit.school, year_group=5, pupils=31).exists()


def puts_two_on(ravi: Visitor, hands: Jobs | None) -> None:
    """On the page of the visit that is open: tick two, and put them on both sessions, in three clicks; they are told of it."""
    page = ravi.page
    job = counted(hands)
    for name in GO:
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Put them on these 2 sessions").click()
    expect(page.get_by_text("Put 2 people on 2 sessions at Larkfield Primary School.")).to_be_visible()
    assert not ravi.scripts or (job.counts["click"], job.counts["load"]) == (MOST_CLICKS, 1)
    tell_and_send(SOON, kinds=NEWS)


def says_yes_again(volunteer: Visitor, address: str) -> None:
    """By the link of the mail that says that it was moved: they can come then, too."""
    body = [str(sent.body) for sent in mail.outbox if sent.to == [address]][-1]
    assert "Can you come then too?" in body
    volunteer.goes_to(dict(links_in(body))["Yes, I go"])
    volunteer.page.get_by_role("button", name="Yes, I go").click()
    expect(volunteer.page.get_by_role("heading", name="You’re down for this")).to_be_visible()
    volunteer.looks("yes-again")


def reads_the_pack(sam: Visitor) -> None:
    """By the link of the mail with what to know beforehand: the plans, the letter, and that it was read."""
    page = sam.page
    sam.goes_to(mailed("/school/(?!dates|contact)", SAM))
    expect(page.get_by_text("Margaret, Asha")).to_be_visible()
    page.get_by_role("link", name="What we teach, and what to look at beforehand").click()
    expect(page.get_by_text("We tell a story.").first).to_be_visible()
    sam.looks("pack")
    page.get_by_role("button", name="Open the letter").click()
    expect(page.get_by_text("Asha Patel: checked under DBS, clear on that day")).to_be_visible()
    sam.looks("letter")
    page.get_by_role("link", name="Back", exact=True).click()
    page.get_by_label("Your name").fill("Sam Hill")
    page.get_by_role("button", name="We have read this").click()
    expect(page.get_by_text("Sam Hill has read this")).to_be_visible()


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


def looks_back(sam: Visitor) -> None:
    """By the link of the thanks: other numbers for one year group, the five questions, and the certificate."""
    page = sam.page
    sam.goes_to(mailed("/school/(?!dates|contact)", SAM))
    expect(page.get_by_role("heading", name="Thank you for having had us")).to_be_visible()
    page.get_by_label("Year 5").first.fill("26")
    page.get_by_label("Your name").first.fill("Sam Hill")
    page.get_by_role("button", name="Send these numbers").click()
    expect(page.get_by_text("Thank you. We have it")).to_be_visible()
    page.get_by_role("group", name="Would you have us again?").get_by_label("Yes").check()
    page.get_by_label("Your name").last.fill("Sam Hill")
    page.get_by_role("button", name="Send the answers").click()
    expect(page.get_by_text("Sam Hill has answered our questions.")).to_be_visible()
    sam.looks("looked-back")
    page.get_by_role("link", name="A certificate to print").click()
    expect(page.get_by_role("heading", name="Certificate")).to_be_visible()
    sam.looks("certificate")


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
    nell, ravi = visitor("nell", size=PHONE, scripts=scripts), visitor("ravi", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    hands = hands_of(ravi)
    journey = asks(nell, charity)
    offers(ravi, hands)
    visit = chooses(nell)
    assert not scripts or journey.counts["screen"] == len(SCREENS), journey.counts
    assert journey.minutes_until_done <= MOST_MINUTES, (journey.minutes_until_done, journey.counts, journey.words)
    adds_a_site(ravi, charity.school)
    prepares(nell)
    corrects_roll_and_site(nell)
    hands_it_on(nell)
    sam = visitor("sam", size=PHONE, scripts=scripts)
    takes_over(sam, visit)
    takes_it(ravi, visit)
    puts_two_on(ravi, hands)
    asks_for_another_day(sam, visit)
    offers_other_days(ravi, visit)
    moves_it(sam, visit)
    tell_and_send(SOON, kinds=NEWS)
    for name, address in GO.items():
        says_yes_again(visitor(f"{name.split()[0]}-again", size=PHONE, scripts=scripts), address)
    tell_and_send(SOON, kinds=["visits", "school-pack"])
    reads_the_pack(sam)
    takes_place(visitor, sam, visit, scripts=scripts)


def takes_place(visitor: Opener, sam: Visitor, visit: models.Visit, *, scripts: bool) -> None:
    """On the day the volunteer tells how it went; on the next the school answers, and the office sees it."""
    day = visit.sessions.order_by("day")[0].day
    with later(datetime.combine(day, time(12), tzinfo=UTC)):
        margaret = visitor("margaret", size=PHONE, scripts=scripts)
        margaret.signs_in("margaret@example.org")
        tells_how_it_went(margaret, visit, day)
    with later(datetime.combine(day + timedelta(days=1), time(10), tzinfo=UTC)) as day_after:
        tell_and_send(day_after, kinds=["school-thanks"])
        looks_back(sam)
        again = visitor("ravi-after", scripts=scripts)
        again.signs_in("coordinator@example.org")
        sees_it(again, visit)
