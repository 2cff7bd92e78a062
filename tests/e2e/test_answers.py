"""From a mail to a yes without signing in, on a phone, and back again; the mail program’s look at the link changes nothing."""

from datetime import date, datetime
from typing import Literal

import pytest
from django.core import mail
from playwright.sync_api import expect

from schools import models
from schools.visits.actions import offer
from schools.visits.queries import VisitDay
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener
from tests.news import tell_and_send
from tests.portal.links import links_in
from tests.portal.pages import morning_at

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def links_mailed(charity: Charity, now: datetime) -> dict[str, str]:
    """The links in the mail that asks Asha whether she could go, by their words."""
    session, _ = morning_at(charity.school, day=date(2026, 12, 3))
    asha = models.Volunteer.objects.get(name="Asha Patel")
    by = models.User.objects.get(email="coordinator@example.org")
    offer(VisitDay(session.visit, session.day), asha, role="presenter", by=by, now=now)
    tell_and_send(now)
    return dict(links_in(next(sent.body for sent in mail.outbox if sent.to == ["asha@example.org"])))


@pytest.mark.parametrize("scripts", BOTH)
def test_somebody_answers_a_mail_and_takes_it_back_without_signing_in(charity: Charity, visitor: Opener, scripts: bool) -> None:
    links = links_mailed(charity, NOW)
    asha = visitor("answers", size=PHONE, scripts=scripts)
    asha.goes_to(links["Yes, I go"])
    expect(asha.page.get_by_role("heading", name="Asha, could you take this?")).to_be_visible()
    asha.looks("question")
    assert set(models.Cover.objects.values_list("state", flat=True)) == {"offered"}

    asha.page.get_by_role("button", name="Yes, I go").click()
    expect(asha.page.get_by_role("heading", name="You’re down for this")).to_be_visible()
    asha.looks("down")
    assert set(models.Cover.objects.values_list("state", flat=True)) == {"accepted"}

    asha.page.get_by_role("button", name="I can’t make it").click()
    expect(asha.page.get_by_role("heading", name="Nobody expects you there")).to_be_visible()
    asha.looks("taken-back")
    assert set(models.Cover.objects.values_list("state", flat=True)) == {"withdrawn"}

    with asha.page.expect_request("**/accounts/login/**") as signing_in:
        asha.page.get_by_role("link", name="Sign in to see all that is yours").click()
    assert "referer" not in signing_in.value.all_headers()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_read_at_each_width_in_light_and_dark(
    charity: Charity, visitor: Opener, scheme: Literal["light", "dark"]
) -> None:
    links = links_mailed(charity, NOW)
    asha = visitor(f"answers-{scheme}")
    asha.page.emulate_media(color_scheme=scheme)
    asha.goes_to(links["No"])
    expect(asha.page.get_by_role("heading", name="Asha, can’t you take this?")).to_be_visible()
    asha.looks_at_each_width("no")
    models.Session.objects.update(day=date(2026, 12, 4))
    asha.may_fail = {404, 409}
    asha.page.get_by_role("button", name="No, not this time").click()
    expect(asha.page.get_by_text("This has changed since our mail.")).to_be_visible()
    asha.looks_at_each_width("moved")
    asha.goes_to("/answer/cut-off/")
    expect(asha.page.get_by_role("heading", name="This link does not work")).to_be_visible()
    asha.looks_at_each_width("no-link")
