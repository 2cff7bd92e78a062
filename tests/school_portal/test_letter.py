"""The letter of assurance: whom it names and whom not, that each look is logged, and that it is of now."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.erasing.actions import erase
from tests.factories import CoverFactory, able_volunteer, coordinator_of, manager
from tests.school_portal.letters import agreed, looks, opened, person, read_pdf, words_of
from tests.school_portal.visits import AFTER, BEFORE, a_guest, a_visit, access_at, every_row, path_of

pytestmark = pytest.mark.django_db

ASHA = "Asha Rahman: checked under DBS, clear on that day"
BEN = "Ben Okri: checked under DBS, clear on that day"


@pytest.fixture(autouse=True)
def _two_days_before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def visit() -> models.Visit:
    made = a_visit()
    models.Clearance.objects.update(reference="001234567890", level="enhanced")
    return made


def refusal(path: str, sentence: str) -> None:
    before = looks()
    for do in ("letter", "letter-pdf"):
        answer = opened(path, do)
        assert answer.status_code == 409
        assert sentence in answer.content.decode()
    assert looks() == before


def test_it_names_who_agreed_once_a_day_and_says_of_others_how_many(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"))
    letter = words_of(opened(path_of(visit)))
    assert letter.count(ASHA) == 1
    assert letter.count("one more person: phone us") == 1
    for words in ("Letter of assurance", "Thu 26 November 2026", "For Fern Primary, made on Tue 24 November 2026 at 9:00 am."):
        assert words in letter, words
    for words in ("Okri", "001234567890", "enhanced", "2028"):
        assert words not in letter, words


def test_each_look_is_logged_with_the_schools_access_of_those_alone_whom_it_names(visit: models.Visit) -> None:
    asha, path = person("Asha Rahman"), path_of(visit)
    agreed(asha)
    access = access_at(visit.school)
    for do in ("letter", "letter-pdf"):
        assert opened(path, do).status_code == 200
    assert looks() == [(asha.pk, "letter", None, access.pk, "Fern Primary")] * 2
    access.refresh_from_db()
    assert access.last_used_at == BEFORE


def test_no_look_but_a_press_opens_it(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"))
    path = path_of(visit)
    before = every_row()
    for number in range(50):
        client = Client()
        page = (client.head if number % 2 else client.get)(f"{path}pack/?do=letter")
        assert (page.status_code, "Rahman" in page.content.decode()) == (200, False)
    assert every_row() == before


def test_it_is_made_anew_when_somebody_else_goes(visit: models.Visit) -> None:
    asha, ben, path = person("Asha Rahman"), person("Ben Okri"), path_of(visit)
    cleo = able_volunteer(name="Cleo Marsh")
    agreed(asha, ben, cleo)
    letter = words_of(opened(path))
    assert letter.index(ASHA) < letter.index(BEN)
    models.Cover.objects.filter(volunteer=ben).update(state="withdrawn")
    CoverFactory(session=visit.sessions.order_by("starts")[0], volunteer=cleo, role="observer")
    CoverFactory(session=visit.sessions.order_by("starts")[0], volunteer=able_volunteer(name="Only Asked"), state="offered")
    letter = words_of(opened(path))
    assert "Cleo Marsh: checked" in letter
    for words in ("Okri", "Only Asked", "more person"):
        assert words not in letter


@pytest.mark.parametrize(
    "change",
    [
        {"withdrawn_on": date(2026, 11, 26)},
        {"recheck_on": date(2026, 11, 26)},
        {"decision": "not_clear"},
        {"decision": "pending"},
        {"scheme": "pvg"},
        {"issued": date(2026, 11, 27)},
    ],
)
def test_who_is_not_clear_on_that_day_is_not_named_and_nothing_says_why(visit: models.Visit, change: dict[str, object]) -> None:
    ben = person("Ben Okri")
    agreed(person("Asha Rahman"), ben)
    models.Clearance.objects.filter(volunteer=ben).update(**change)
    letter = words_of(opened(path_of(visit)))
    assert ASHA in letter
    assert "one more person: phone us" in letter
    assert "Okri" not in letter
    assert [number for number, *_ in looks()] == [person("Asha Rahman").pk]


def test_who_may_not_cover_it_any_more_is_not_named_either(visit: models.Visit) -> None:
    asha, ben, path = person("Asha Rahman"), person("Ben Okri"), path_of(visit)
    agreed(asha, ben)
    models.Volunteer.objects.filter(pk=ben.pk).update(status="paused")
    letter = words_of(opened(path))
    assert ("Okri" in letter, "one more person: phone us" in letter) == (False, True)
    page = words_of(Client().get(path))
    assert ("Asha" in page, "Ben" in page) == (True, False)
    models.Volunteer.objects.filter(pk=ben.pk).update(status="active")
    models.SignOff.objects.filter(volunteer=asha).update(recheck_on=visit.sessions.all()[0].day)
    letter = words_of(opened(path))
    assert ("Okri" in letter, ASHA in letter) == (True, False)


def test_the_newest_agreement_that_somebody_accepted_decides(visit: models.Visit) -> None:
    asha, ben, path = person("Asha Rahman"), person("Ben Okri"), path_of(visit)
    agreed(asha, ben, names=False, version=1)
    agreed(asha, names=True, version=2)
    agreed(names=False, version=3)  # which nobody has accepted yet
    letter = words_of(opened(path))
    assert ASHA in letter
    assert "Okri" not in letter
    agreed(asha, names=True, version=4)
    agreed(asha, names=False, version=5)
    refusal(path, "This letter would name nobody of those who come. Phone us: we tell you who they are.")


def test_each_day_of_a_visit_has_its_own_people(visit: models.Visit) -> None:
    asha, ben = person("Asha Rahman"), person("Ben Okri")
    agreed(asha, ben)
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    models.Session.objects.filter(pk=workshop.pk).update(day=date(2026, 12, 3))
    models.Cover.objects.filter(session=workshop, volunteer=asha).delete()
    models.Clearance.objects.filter(volunteer=ben).update(recheck_on=date(2026, 12, 1))
    letter = words_of(opened(path_of(visit)))
    first, second = letter.partition("Thu 3 December 2026")[::2]
    assert (ASHA in first, BEN in first, "phone us</li>" in first) == (True, True, False)
    assert (ASHA in second, BEN in second, "one person: phone us" in second) == (False, False, True)


def test_at_which_site_each_day_is_stands_with_the_day_and_not_where_the_school_has_none(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"), person("Ben Okri"))
    path = path_of(visit)
    assert "<h2>Thu 26 November 2026</h2>" in words_of(opened(path))
    site = models.Site.objects.create(school=visit.school, name="Lower Site", postcode="CA1 2AB")
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    models.Session.objects.filter(pk=workshop.pk).update(day=date(2026, 12, 3), site=site)
    letter = words_of(opened(path))
    assert "<h2>Thu 26 November 2026</h2>" in letter
    assert "<h2>Thu 3 December 2026, Lower Site, CA1 2AB</h2>" in letter
    assert "Thu 3 December 2026, Lower Site, CA1 2AB" in read_pdf(opened(path, "letter-pdf").content)[1]


def test_it_names_whom_to_phone_as_the_page_does_whoever_is_away_or_gone(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"))
    path, area = path_of(visit), models.Area.objects.get()
    assert "Cora Nwosu: 07700 900456" in words_of(opened(path))
    near = coordinator_of(area, name="Nia Near", phone="+447700900111")
    away = {"coordinator": visit.coordinator, "from_day": BEFORE.date(), "to_day": BEFORE.date()}
    models.StandIn.objects.create(stand_in=near, **away)
    letter = words_of(opened(path))
    assert ("Nia Near: 07700 900111" in letter, "Cora" in letter) == (True, False)
    models.StandIn.objects.all().delete()
    models.User.objects.filter(name="Cora Nwosu").update(is_active=False)
    assert "Nia Near: 07700 900111" in words_of(opened(path))
    models.AreaCoordinator.objects.all().delete()
    assert "On the day: 01228 606060" in words_of(opened(path))
    models.Area.objects.update(duty_phone="")
    models.Charity.objects.update(reply_to="office@kind.example.org")
    letter = words_of(opened(path))
    assert ("office@kind.example.org" in letter, "Cora" in letter) == (True, False)


def test_where_there_is_no_letter_the_page_says_why_and_what_to_do(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"))
    path = path_of(visit)
    refusal(path_of(visit, a_guest(visit)), "The letter is for the school where it takes place.")
    models.Visit.objects.update(stage="planned")
    refusal(path, "This visit is not agreed yet, so there is no letter.")
    assert "This visit is not agreed yet, so there is no letter." in Client().get(f"{path}pack/").content.decode()
    models.Visit.objects.update(stage="confirmed")
    with time_machine.travel(AFTER, tick=False):
        refusal(path, "Nothing of this visit is to come, so there is no letter.")
    models.SessionType.objects.update(presenters=0)
    refusal(path, "Nobody comes to the school for it, so there is no letter.")
    models.SessionType.objects.update(presenters=2, channel="online")
    refusal(path, "Nobody comes to the school for it, so there is no letter.")
    models.SessionType.objects.update(channel="in_person")
    models.Cover.objects.update(state="offered")
    refusal(path, "Nobody is down for it yet, so there is no letter.")
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    refusal(path, "This visit was cancelled, so there is no letter.")


def test_who_was_erased_is_in_no_letter_and_the_look_stays(visit: models.Visit) -> None:
    ben, path = person("Ben Okri"), path_of(visit)
    agreed(ben)
    assert BEN in words_of(opened(path))
    models.Cover.objects.filter(volunteer=ben).update(state="withdrawn")
    models.Volunteer.objects.filter(pk=ben.pk).update(status="left", left=BEFORE.date())
    ben.refresh_from_db()
    erase(ben, by=manager(), now=BEFORE)
    models.Cover.objects.filter(volunteer=ben).update(state="accepted")  # as no rule lets it be
    refusal(path, "This letter would name nobody of those who come.")
    assert [number for number, *_ in looks()] == [ben.pk]


def test_the_look_stays_when_the_one_at_the_school_is_erased(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"))
    opened(path_of(visit))
    before = looks()
    erase(models.Contact.objects.get(school=visit.school), by=manager(), now=BEFORE)
    assert not models.SchoolAccess.objects.exists()
    assert looks() == before


def test_who_presses_very_often_is_asked_to_wait(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"))
    path = path_of(visit)
    assert [opened(path, "nonsense").status_code for _ in range(31)] == [409] * 30 + [429]
    refused = opened(path)
    assert refused.status_code == 429
    assert "Wait ten minutes, or phone us." in refused.content.decode()
    assert looks() == []


def test_what_changes_between_two_presses_is_seen_by_the_second(visit: models.Visit) -> None:
    agreed(person("Asha Rahman"), person("Ben Okri"))
    path = path_of(visit)
    moment: datetime = BEFORE + timedelta(minutes=5)
    first = words_of(opened(path))
    models.Volunteer.objects.filter(name="Ben Okri").update(name="Ben Okri-Hall")
    with time_machine.travel(moment, tick=False):
        second = words_of(opened(path))
    assert ("Okri-Hall" in first, "Okri-Hall" in second) == (False, True)
    assert "at 9:05 am" in second
