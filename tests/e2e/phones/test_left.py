"""What waits on a phone of a sign-in with which nobody comes in any more: its person sends it, or somebody passes it on."""

from datetime import UTC, datetime

import pytest
from django.contrib.sessions.models import Session as SignIn
from playwright.sync_api import expect

from schools.accounts.models import Role, User
from schools.visits.actions.merging import merge_people
from schools.visits.models import Session
from schools.volunteers.models import Volunteer
from tests.e2e.charity import may_sign_in
from tests.e2e.conftest import NOW
from tests.e2e.phone import ASHA, MARGARET, TODAY, Phone, PhoneOpener, of, outcome_of, pupils, until
from tests.factories import VolunteerFactory, user_with

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

FIRST = "margaret.first@example.org"
"""The address with which Margaret signed in years ago."""


def counts_without_signal(shared: Phone, session: Session) -> None:
    """Margaret begins to note whom she told, and corrects how it went; neither leaves the phone."""
    shared.signs_in(MARGARET)
    shared.reports(session, {"Year 5": "27"})
    expect(shared.page.get_by_text("Stored. Thank you.")).to_be_visible()
    shared.goes_to(f"/mornings/{session.visit_id}/{TODAY}/told/")
    shared.page.get_by_label("The school’s safeguarding lead", exact=True).check()
    shared.remembers()
    shared.goes_to("/")
    shared.has(outcome_of(session))
    shared.cuts()
    shared.reports(session, {"Year 5": "28"})
    shared.is_safe()


def entered_first() -> Volunteer:
    """Margaret's other entry, with a sign-in of its own that she used first."""
    user = may_sign_in(user_with(Role.VOLUNTEER, email=FIRST, name="Margaret Airey"))
    User.objects.filter(pk=user.pk).update(date_joined=datetime(2024, 1, 1, tzinfo=UTC), last_login=NOW)
    made: Volunteer = VolunteerFactory(name="Margaret Airey", reference="SP0100", user=user)
    return made


def test_what_waits_of_an_entry_that_was_made_one_with_another_is_sent_by_its_person_and_by_nobody_else(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    shared, session, old = phone("shared"), sessions[0], str(of("Margaret").user_id)
    kept = entered_first()
    counts_without_signal(shared, session)
    merge_people(kept, Volunteer.objects.get(user=int(old)), chosen=(), mark=None, by=User.objects.get(email=MARGARET), now=NOW)
    shared.finds_signal()
    # A colleague, who was there as well, is given nothing of it, and does not see it either.
    shared.signs_in(ASHA)
    shared.goes_to("/")
    shared.has(outcome_of(session))
    shared.goes_to("/phone/")
    expect(shared.page.get_by_role("link", name=session.visit.school.name).first).to_be_visible()
    shared.page.wait_for_timeout(1_000)
    assert [row["person"] for row in shared.rows()] == [old]
    expect(shared.page.locator("article")).to_have_count(0)
    assert pupils() == [27, None]
    SignIn.objects.all().delete()
    shared.signs_in(FIRST)
    shared.has_sent_all()
    session.refresh_from_db()
    assert (pupils(), session.recorded_by_id) == ([28, None], int(old))
    now = str(kept.user_id)
    assert [row["person"] for row in shared.rows("drafts")] == [now]
    [receipt] = [row for row in shared.rows("meta") if row["id"].startswith("receipt|")]
    assert (receipt["id"], receipt["person"], len(receipt["replaces"])) == (f"receipt|{now}|{outcome_of(session)}", now, 1)
    shared.goes_to(f"/mornings/{session.visit_id}/{TODAY}/told/")
    expect(shared.page.get_by_label("The school’s safeguarding lead", exact=True)).to_be_checked()


def test_what_waits_of_who_cannot_sign_in_any_more_is_read_by_who_holds_the_phone_until_it_was_passed_on(
    phone: PhoneOpener, sessions: list[Session]
) -> None:
    shared, session = phone("shared"), sessions[0]
    counts_without_signal(shared, session)
    # Before there is signal: what waits would go at once with a sign-in that still counts.
    User.objects.filter(email=MARGARET).update(is_active=False)
    SignIn.objects.all().delete()
    shared.finds_signal()
    shared.goes_to("/")
    bar = shared.page.get_by_text("Left on this phone: 2.")
    expect(bar).to_be_visible()
    shared.looks("left-and-nobody")
    shared.page.get_by_role("link", name="See what waits").click()
    left = shared.page.get_by_role("region", name="To be passed on")
    expect(
        left.get_by_role("heading", name=f"{session.visit.school}, {TODAY:%a} {TODAY.day} {TODAY:%B}", exact=True)
    ).to_be_visible()
    expect(left.get_by_role("listitem").filter(has_text="9:15–9:45 am: Year 5").last).to_contain_text("28")
    expect(left.get_by_role("heading", name="Told somebody")).to_be_visible()
    # Nobody is told to sign in, and that it goes by itself then.
    expect(shared.page.get_by_text("Nobody is signed in on this phone")).to_be_hidden()
    shared.looks("left")
    shared.signs_in(ASHA)
    shared.goes_to("/")
    expect(bar).to_be_visible()
    shared.has(outcome_of(session))
    shared.cuts()
    shared.goes_to("/phone/")
    expect(left.get_by_role("listitem").filter(has_text="9:15–9:45 am: Year 5").last).to_contain_text("28")
    assert (len(shared.rows()), pupils()) == (1, [27, None])
    left.get_by_role("button", name="I have passed it on").first.click()
    expect(left.get_by_role("article")).to_have_count(1)
    left.get_by_role("button", name="I have passed it on").click()
    expect(left).to_be_hidden()
    expect(bar).to_be_hidden()
    until(lambda: not shared.rows(), shared)
    assert shared.rows("drafts") == []
