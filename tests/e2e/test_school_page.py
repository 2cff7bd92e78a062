"""A school reads the link of a mail on a phone, corrects numbers and agrees; the coordinator takes all of it with one click;
on the day no slip of a key tells anybody."""

import re
from datetime import date
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener
from tests.news import tell_and_send
from tests.portal.pages import morning_at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def link_mailed(charity: Charity) -> str:
    """The path of the link in the mail that tells the head teacher what to know before the visit."""
    agreed: dict[str, Any] = {"stage": "confirmed", "agreed_on": date(2026, 11, 2)}
    asha = models.Volunteer.objects.get(name="Asha Patel")
    people: dict[str, Any] = {
        "contact": models.Contact.objects.get(name="Ruth Bowness"),
        "coordinator": models.User.objects.get(name="Ravi Carruthers"),
    }
    morning_at(charity.school, asha, day=date(2026, 12, 3), **agreed, **people)
    tell_and_send(NOW, kinds=["school-pack"])
    (body,) = [str(sent.body) for sent in mail.outbox if sent.to == ["ruth@example.org"]]
    found = re.search(r"https?://[^/\s]+(/school/\S+)", body)
    assert found
    return found[1]


@pytest.mark.parametrize("scripts", BOTH)
def test_a_school_corrects_and_agrees_and_the_coordinator_takes_it_with_one_click(
    charity: Charity, visitor: Opener, scripts: bool
) -> None:
    link = link_mailed(charity)
    ruth = visitor("school", size=PHONE, scripts=scripts)
    ruth.goes_to(link)
    expect(ruth.page.get_by_role("heading", name="Our visit")).to_be_visible()
    expect(ruth.page.get_by_text("Asha", exact=True)).to_be_visible()
    ruth.looks_at_each_width("visit")
    ruth.page.get_by_label("Year 5").first.fill("27")
    ruth.page.get_by_label("Safeguarding lead", exact=True).fill("Ian Relph")
    ruth.page.get_by_label("Parking").fill("Behind the hall")
    ruth.page.get_by_label(re.compile("Our school agrees")).check()
    ruth.page.get_by_label("In which role you agree").fill("head teacher")
    ruth.page.get_by_role("button", name="Send it").click()
    expect(ruth.page.get_by_text("Your name: say who you are").first).to_be_visible()
    ruth.looks("visit-wrong")
    ruth.page.get_by_label("Your name").fill("Ruth Bowness")
    ruth.page.get_by_role("button", name="Send it").click()
    expect(ruth.page.get_by_text("Thank you. We have it")).to_be_visible()
    ruth.looks("visit-thanks")

    ravi = visitor("coordinator-school", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    ravi.goes_to("/admin/")
    ravi.page.get_by_role("link", name=re.compile("said something about its visit")).click()
    expect(ravi.page.get_by_role("heading", level=1)).to_be_visible()
    ravi.goes_to(f"/admin/visit/{models.Visit.objects.get(school=charity.school).pk}/")
    expect(ravi.page.get_by_role("heading", name="What the school said")).to_be_visible()
    ravi.looks_at_each_width("said")
    ravi.page.get_by_role("button", name="Take all of it").click()
    expect(ravi.page.get_by_text("All 4 are taken.")).to_be_visible()
    ravi.looks("taken")
    visit = models.Visit.objects.get(school=charity.school)
    assert visit.parking == "Behind the hall"
    assert visit.safeguarding_contact
    assert visit.safeguarding_contact.name == "Ian Relph"
    assert models.SchoolAgreement.objects.get(school=charity.school).by_role == "head teacher"
    assert models.Headcount.objects.filter(session__visit=visit, expected=27).count() == 1


@pytest.mark.parametrize("scripts", BOTH)
def test_on_the_day_enter_after_the_name_tells_nobody_and_a_button_does(charity: Charity, visitor: Opener, scripts: bool) -> None:
    link = link_mailed(charity)
    models.Session.objects.filter(visit__school=charity.school).update(day=NOW.date())
    ruth = visitor("school-today", size=PHONE, scripts=scripts)
    ruth.goes_to(link)
    ruth.page.get_by_label("Your name").first.fill("Ruth Bowness")
    ruth.page.get_by_label("Your name").first.press("Enter")
    expect(ruth.page.get_by_text("Nobody is told yet. Press the button that says what is so.")).to_be_visible()
    expect(ruth.page.get_by_label("Your name").first).to_have_value("Ruth Bowness")
    ruth.looks_at_each_width("which-button")
    assert not models.SchoolAlarm.objects.exists()
    ruth.page.get_by_role("button", name="Nobody has come").click()
    expect(ruth.page.get_by_text("Nobody has come: Ruth Bowness said so")).to_be_visible()
    assert models.SchoolAlarm.objects.count() == 1


def test_afterwards_a_school_says_its_own_number_and_what_it_thought(charity: Charity, visitor: Opener) -> None:
    link = link_mailed(charity)
    sessions = models.Session.objects.filter(visit__school=charity.school)
    sessions.update(day=date(2026, 11, 25), stage="delivered", went_ahead="yes", recorded_at=NOW)
    models.Headcount.objects.update(pupils=28)
    ruth = visitor("school-after", size=PHONE, scripts=False)
    ruth.goes_to(link)
    expect(ruth.page.get_by_role("heading", name="Thank you for having had us")).to_be_visible()
    ruth.looks_at_each_width("after")
    ruth.page.get_by_label("Year 5").first.fill("25")
    ruth.page.get_by_label("Your name").first.fill("Ruth Bowness")
    ruth.page.get_by_role("button", name="Send these numbers").click()
    expect(ruth.page.get_by_text("Thank you. We have it")).to_be_visible()
    ruth.page.get_by_role("group", name="Would you have us again?").get_by_label("Yes").check()
    ruth.page.get_by_label("Your name").last.fill("Ruth Bowness")
    ruth.page.get_by_role("button", name="Send the answers").click()
    expect(ruth.page.get_by_text("Ruth Bowness has answered our questions.")).to_be_visible()
    ruth.looks("after-answered")
    assert list(models.SchoolAnswer.objects.filter(item="counted", state="open").values_list("words", flat=True)) == ["25"]


def test_a_link_that_is_dead_says_so_at_each_width(charity: Charity, visitor: Opener) -> None:
    link = link_mailed(charity)
    models.SchoolAccess.objects.update(generation=1)
    ruth = visitor("school-dead", size=PHONE)
    ruth.may_fail = {404}
    ruth.goes_to(link)
    expect(ruth.page.get_by_role("heading", name="This link does not work")).to_be_visible()
    ruth.looks_at_each_width("dead")
