"""From booking with a guest to a snowed-off day: everybody is told once, by a real mail server, and their calendars follow.

The office and a volunteer's phone are used as people use them; what the mail server took is read as its readers would.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import escape
from playwright.sync_api import expect

from schools import models
from schools.accounts.models import Role
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import DESK, NOW, PHONE, Opener, Visitor
from tests.factories import SchoolFactory, user_with
from tests.mail_server import MailServer, mail_server
from tests.news import tell_and_send
from tests.portal.links import links_in
from tests.visits.calendar_client import CalendarClient

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

GUEST = "Little Beck Primary School"
EVERYBODY = HOST_ADDRESS, GUEST_ADDRESS, ASHA = "ruth@example.org", "nia@example.org", "asha@example.org"
DAY = NOW.date() + timedelta(days=49)
"""So far ahead that no reminder goes yet."""
MOVED_TO = DAY + timedelta(days=1)


@dataclass
class Post:
    """The mail server, what came to each address, and what each reader's calendar took from it."""

    server: MailServer
    taken: int = 0
    calendars: dict[str, CalendarClient] = field(default_factory=lambda: defaultdict(CalendarClient))

    def arrives(self) -> dict[str, EmailMessage]:
        """Let the minute of a change pass and the clock of the installation come round; return the new mail of each address.

        Nobody gets two at once.
        """
        tell_and_send(timezone.now() + HELD_FOR + CLOCKS_APART + timedelta(seconds=1))
        mails: dict[str, EmailMessage] = {}
        for text in self.server.taken[self.taken :]:
            mail = message_from_string(text, policy=default)
            assert isinstance(mail, EmailMessage)
            assert mail["To"] not in mails
            mails[mail["To"]] = mail
            self.calendars[mail["To"]].take(parts_of(mail))
        self.taken = len(self.server.taken)
        return mails

    def days(self, address: str) -> list[date]:
        """The days on which something stands in the calendar of whoever reads the address."""
        return [timezone.localtime(begins).date() for begins, _ in self.calendars[address].mornings]


def parts_of(mail: EmailMessage) -> list[Any]:
    """What a mail brings for a calendar."""
    return [
        SimpleNamespace(method=str(part.get_param("method")), text=part.get_content())
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]


def words_of(mail: EmailMessage) -> str:
    """The text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.fixture
def post(settings: Any, live_server: Any) -> Iterator[Post]:
    with mail_server() as server:
        settings.MAILERS = server.mailers
        settings.SPEAKOUT_ADDRESS = live_server.url
        yield Post(server)


@pytest.fixture
def guest(charity: Charity) -> models.School:
    """A school in the same authority, with somebody who reads mail."""
    school: models.School = SchoolFactory(name=GUEST, register_id="223345", authority=charity.school.authority, pupils=40)
    for group in range(7):
        models.Roll.objects.create(school=school, academic_year=2025, year_group=group, pupils=6, source="register")
    models.Contact.objects.create(school=school, name="Nia Hughes", email=GUEST_ADDRESS)
    return school


def books_with_a_guest(coordinator: Visitor, school: models.School) -> models.Visit:
    """A KS2 assembly, to which the pupils of the small school come, and the head says yes."""
    page = coordinator.page
    coordinator.goes_to(f"/admin/book/{school.pk}/")
    page.get_by_label("Find the guest school").fill("little beck")
    page.get_by_role("button", name="Find it").click()
    page.get_by_role("button", name=f"Add {GUEST}").click()
    expect(page.get_by_role("button", name=f"Leave {GUEST} out")).to_be_visible()
    row = page.get_by_role("group", name="Session 1", exact=True)
    row.get_by_label("Session type").select_option(label="KS2 assembly")
    row.get_by_label("Day", exact=True).fill(DAY.isoformat())
    row.get_by_label("Starts at").fill("10:00")
    expect(row.get_by_role("group", name=GUEST)).to_be_visible()
    coordinator.looks("booking-with-a-guest")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("is booked. Next: find people for its sessions.")).to_be_visible()
    visit = models.Visit.objects.get(school=school)
    form = page.get_by_role("form", name="The school agreed")
    form.get_by_label("Agreed with").fill("Ruth Bowness")
    form.get_by_role("button", name="Confirm this visit").click()
    expect(
        page.get_by_text("Still missing from the school").or_(page.get_by_role("heading", name="Correct the agreement")).first
    ).to_be_visible()
    visit.refresh_from_db()
    assert visit.stage == "confirmed"
    return visit


def asks(coordinator: Visitor, visit: models.Visit, *names: str) -> None:
    """Ask these volunteers whether they could go."""
    page = coordinator.page
    day = models.Session.objects.get(visit=visit).day
    coordinator.goes_to(f"/admin/visit/{visit.pk}/{day.isoformat()}/")
    for name in names:
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name=re.compile("Ask them")).first.click()


def says_yes_from_the_mail(reader: Visitor, mail: EmailMessage) -> None:
    """Without signing in, on the phone."""
    reader.goes_to(dict(links_in(words_of(mail)))["Yes, I go"])
    reader.looks("question-from-the-mail")
    reader.page.get_by_role("button", name="Yes, I go").click()
    expect(reader.page.get_by_role("heading", name="You’re down for this")).to_be_visible()


def moves(coordinator: Visitor, visit: models.Visit) -> None:
    """To the day after, at the same hour."""
    page = coordinator.page
    coordinator.goes_to(f"/admin/visit/{visit.pk}/move/")
    page.get_by_label("To which day").fill(MOVED_TO.isoformat())
    page.get_by_role("button", name="Look at what that does").click()
    page.get_by_role("button", name="Move it").click()
    assert models.Session.objects.get(visit=visit).day == MOVED_TO


def home(coordinator: Visitor) -> str:
    """What home says that somebody has to do."""
    coordinator.goes_to("/admin/")
    return re.sub(r"\s+", " ", " ".join(coordinator.page.locator(".need").all_inner_texts()))


def cancels_for_snow(coordinator: Visitor) -> None:
    """All of the day: the look says who is told what."""
    page = coordinator.page
    coordinator.goes_to(f"/admin/bulk/cancel-day/?day={MOVED_TO.isoformat()}")
    planned = page.get_by_role("region", name="Who is told what")
    for who in ("Ruth Bowness", "Nia Hughes", "Asha Patel"):
        expect(planned).to_contain_text(who)
    coordinator.looks("snow-who-is-told")
    page.get_by_role("button", name="Call off what is ticked").click()
    assert models.Session.objects.get().stage == "cancelled"


def undoes(coordinator: Visitor) -> None:
    """By the bar that stands after it."""
    coordinator.page.get_by_role("button", name="Undo this").click()
    assert models.Session.objects.get().stage != "cancelled"


def changes_a_text(manager: Visitor, words: str) -> None:
    """Of what schools read when something takes place after all; the page shows how it reads."""
    page = manager.page
    manager.goes_to("/admin/messages/texts/visits.back.opening/")
    page.get_by_label("What mails say").fill(words)
    page.get_by_role("button", name="See how it reads").click()
    expect(page.frame_locator(".mail-frame").get_by_text(words)).to_be_visible()
    manager.looks_at_each_width("text-of-a-message")
    page.get_by_role("button", name="Store it").click()


def looks_at_mails(reader: Visitor, mails: Iterable[EmailMessage]) -> None:
    """As text and as HTML on a phone, in light and in dark."""
    for number, mail in enumerate(mails):
        html = mail.get_body(("html",))
        assert html is not None
        for scheme in ("light", "dark"):
            reader.page.emulate_media(color_scheme=scheme)
            reader.page.set_content(html.get_content())
            reader.looks(f"mail-{number}-{scheme}")
        text = f"<pre style='white-space: pre-wrap; overflow-wrap: anywhere'>{escape(words_of(mail))}</pre>"
        reader.page.set_content(f"<title>Text</title><main>{text}</main>")
        reader.looks(f"mail-{number}-text", axe=False)


def is_booked_and_moved(post: Post, coordinator: Visitor, phone: Visitor, school: models.School) -> list[EmailMessage]:
    """Both schools and the volunteer hear of each step once, and their calendars follow; return what was mailed."""
    read: list[EmailMessage] = []

    def arrives_at(*addresses: str) -> dict[str, EmailMessage]:
        mails = post.arrives()
        assert mails.keys() == set(addresses)
        read.extend(mails.values())
        return mails

    visit = books_with_a_guest(coordinator, school)
    assert GUEST in words_of(arrives_at(HOST_ADDRESS, GUEST_ADDRESS)[GUEST_ADDRESS])
    assert post.days(HOST_ADDRESS) == post.days(GUEST_ADDRESS) == [DAY]
    asks(coordinator, visit, "Asha Patel")
    says_yes_from_the_mail(phone, arrives_at(ASHA)[ASHA])
    arrives_at(ASHA)
    assert post.days(ASHA) == [DAY]
    moves(coordinator, visit)
    says_yes_from_the_mail(phone, arrives_at(HOST_ADDRESS, GUEST_ADDRESS, ASHA)[ASHA])
    assert post.days(HOST_ADDRESS) == post.days(GUEST_ADDRESS) == [MOVED_TO]
    arrives_at(ASHA)
    assert post.days(ASHA) == [MOVED_TO]
    arrives_at()
    return read


@pytest.mark.exhaustive
@pytest.mark.usefixtures("guest")
def test_everybody_is_told_once_from_the_booking_to_the_snow(charity: Charity, post: Post, visitor: Opener) -> None:
    may_sign_in(user_with(Role.MANAGER, email="manager@example.org", name="Mo Fell"))
    coordinator = visitor("told-coordinator", size=DESK)
    coordinator.signs_in("coordinator@example.org")
    read = is_booked_and_moved(post, coordinator, visitor("told-phone", size=PHONE), charity.school)

    cancels_for_snow(coordinator)
    undoes(coordinator)
    assert post.arrives() == {}
    cancels_for_snow(coordinator)
    mails = post.arrives()
    assert mails.keys() == set(EVERYBODY)
    assert [post.days(address) for address in EVERYBODY] == [[], [], []]
    read += mails.values()

    manager = visitor("told-manager", size=DESK)
    manager.signs_in("manager@example.org")
    changes_a_text(manager, "The snow has gone, and so we come.")
    undoes(coordinator)
    mails = post.arrives()
    assert mails.keys() == set(EVERYBODY)
    assert "The snow has gone, and so we come." in words_of(mails[HOST_ADDRESS])
    assert [post.days(address) for address in EVERYBODY] == [[MOVED_TO]] * 3

    post.server.plan = lambda step: "550 5.1.1 no such mailbox" if step == "rcpt" else None
    asks(coordinator, models.Visit.objects.get(school=charity.school), "Margaret Airey")
    assert post.arrives() == {}
    assert "1 address could not be reached" in home(coordinator)
    coordinator.looks("home-with-a-dead-address")
    coordinator.page.get_by_role("link", name=re.compile("address could not be reached")).click()
    expect(coordinator.page.get_by_role("main")).to_contain_text("Margaret Airey")
    looks_at_mails(visitor("told-reader", size=PHONE), read)
