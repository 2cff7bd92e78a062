"""Every page of the office's bookings on a desk, a tablet and a phone: axe finds nothing serious, nothing is too wide."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import DESK, NOW, PHONE, TABLET, Opener
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory
from tests.profiles import more_in_the_long_gate

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
TODAY = NOW.date()
SOON, LATELY, LONG_AGO = TODAY + timedelta(days=7), TODAY - timedelta(days=7), TODAY - timedelta(days=200)


# Longer than 40 lines: it lists every page.
@pytest.fixture
def pages(charity: Charity) -> dict[str, str]:
    """The addresses of a week in which there is something of everything, by what they show."""
    by = models.User.objects.get(email="coordinator@example.org")
    asha = models.Volunteer.objects.get(name="Asha Patel")
    visit = models.Visit.objects.create(reference="VPAGES2", school=charity.school, stage="planned", coordinator=by)
    session = SessionFactory(visit=visit, day=SOON, school_news="moved")
    HeadcountFactory(session=session, year_group=3, expected=30)
    CoverFactory(session=session, volunteer=asha, news="assigned")
    past = SessionFactory(visit=visit, day=LATELY)
    CoverFactory(session=past, volunteer=asha)
    held = SessionFactory(visit=visit, day=LONG_AGO, delivered=True, area=charity.area, room="Hall")
    models.ClosedPeriod.objects.create(area=charity.area, first_day=LONG_AGO, last_day=LONG_AGO)
    models.ContactLog.objects.create(
        school=charity.school, visit=visit, day=LATELY, how="phone", who="the office", note="They would like to know more.",
        follow_up_on=TODAY, by=by,
    )  # fmt: skip
    batch = models.Batch.objects.create(kind="confirm", words="Confirmed 1 visit", by=by, made_at=NOW, changes=[])
    twice = models.Volunteer.objects.create(name="Asha Patell", reference="V-TWICE", phone=asha.phone)
    twice.areas.set(asha.areas.all())
    merge = models.Merge.objects.create(
        kind="volunteer", kept_id=asha.pk, gone_id=0, words="A. Patel merged into Asha Patel", by=by, made_at=NOW
    )
    guest = SchoolFactory(authority=charity.school.authority, name="Birch Primary School")
    school = charity.school.pk
    return {
        "home": "",
        "due": "due/?show=all",
        "calls": "calls/?show=all",
        "book-find": "book/?q=Primary",
        "book": f"book/{school}/",
        "talk": f"school/{school}/talk/",
        "school": f"school/{school}/",
        "shared": f"school/{school}/?person=pat",
        "duplicates": "duplicates/",
        "merge": f"duplicates/volunteer/{asha.pk}/{twice.pk}/",
        "merged": f"merged/{merge.pk}/",
        "visit": f"visit/{visit.pk}/",
        "details": f"visit/{visit.pk}/edit/",
        "day": f"visit/{visit.pk}/{SOON}/?elsewhere=on",
        "tally": f"visit/{visit.pk}/{SOON}/tally/",
        "move": f"visit/{visit.pk}/move/",
        "add": f"visit/{visit.pk}/add/",
        "session": f"session/{session.pk}/",
        "edit": f"session/{session.pk}/edit/",
        "held": f"session/{held.pk}/",
        "correct": f"session/{held.pk}/edit/",
        "outcome": f"session/{past.pk}/outcome/",
        "tell": "tell/",
        "bulk": "bulk/",
        "confirm": "bulk/confirm/",
        "reassign": "bulk/reassign/",
        "snow": f"bulk/cancel-day/?day={SOON}",
        "chase": "bulk/chase/",
        "batch": f"batch/{batch.pk}/",
        "volunteer": f"volunteer/{asha.pk}/?clearances",
        "volunteer-add": "volunteer/add/",
        "form": f"schools/volunteer/{asha.pk}/change/",
        "guests": f"visit/{visit.pk}/guests/?school={guest.pk}",
        "month": f"calendar/?day={SOON}",
        "week": f"calendar/?view=week&day={SOON}",
        "week-board": f"week/?day={SOON}",
        "week-over": f"week/?day={LATELY}",
        "take-off": f"visit/{visit.pk}/{SOON}/off/{asha.pk}/",
        "people-month": f"calendar/?day={SOON}&by=volunteer",
        "people-week": f"calendar/?view=week&day={SOON}&by=volunteer",
        "visits": "schools/visit/",
        "sessions": "schools/session/",
        "volunteers": "schools/volunteer/",
        "follow-ups": "schools/contactlog/?needs=follow-up",
        "covers": "schools/cover/",
    }


@pytest.mark.parametrize(("width", "height"), more_in_the_long_gate([PHONE, DESK, TABLET]))
def test_the_pages_of_a_coordinators_week(visitor: Opener, pages: dict[str, str], width: int, height: int) -> None:
    coordinator = visitor(f"week-{width}", size=(width, height))
    coordinator.signs_in("coordinator@example.org")
    for what, path in pages.items():
        answer = coordinator.goes_to(f"/admin/{path}")
        assert answer is not None
        assert answer.status == 200, what
        # Between a phone and a desk, axe has nothing of its own to find.
        coordinator.looks(what, axe=width != TABLET[0])


STOP = """() => {
    const one = document.activeElement;
    if (!one || one === document.body || (one !== window.lastStop && one.hasAttribute('data-stop'))) return null;
    window.lastStop = one;
    one.setAttribute('data-stop', '');
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return [one.outerHTML.slice(0, 120), outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
}"""
"""Where the keyboard is and whether that shows; null once it has come round."""
MOST_STOPS = 300


def stops(page: Page) -> Iterator[tuple[str, bool]]:
    """Each place to which the Tab key leads, and whether it has a ring there."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return
        yield stop[0], stop[1]
    pytest.fail("The Tab key never comes round.")


MOST_OPENED = ("home", "due", "visit", "book", "form")
OF_THE_DAY = ("add", "day", "session", "week-board", "snow", "tell", "school", "calls", "outcome")


@pytest.mark.parametrize("walked", [MOST_OPENED, pytest.param(OF_THE_DAY, marks=pytest.mark.exhaustive)])
def test_each_stop_of_the_keyboard_has_a_ring_and_text_of_twice_the_size_fits(
    visitor: Opener, pages: dict[str, str], walked: tuple[str, ...]
) -> None:
    coordinator = visitor("stops")
    coordinator.signs_in("coordinator@example.org")
    for what in walked:
        coordinator.goes_to(f"/admin/{pages[what]}")
        places = list(stops(coordinator.page))
        assert len(places) > 15, what
        assert [place for place, has_ring in places if not has_ring] == [], what
        coordinator.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        for width in (DESK[0], 1024, TABLET[0]):
            coordinator.page.set_viewport_size({"width": width, "height": DESK[1]})
            coordinator.looks(f"{what}-large-{width}", axe=False)
        coordinator.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


@pytest.mark.parametrize("shown", [MOST_OPENED, pytest.param(OF_THE_DAY, marks=pytest.mark.exhaustive)])
def test_text_of_twice_the_size_fits_a_phone(visitor: Opener, pages: dict[str, str], shown: tuple[str, ...]) -> None:
    coordinator = visitor("large", size=PHONE)
    coordinator.signs_in("coordinator@example.org")
    for what in shown:
        coordinator.goes_to(f"/admin/{pages[what]}")
        coordinator.page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        coordinator.looks(f"{what}-large-on-a-phone", axe=False)


def test_who_takes_a_tick_out_takes_its_number_out_and_who_types_a_number_ticks(visitor: Opener, pages: dict[str, str]) -> None:
    coordinator = visitor("ticks")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to(f"/admin/{pages['edit']}")
    page.get_by_role("checkbox", name="Year 3").uncheck()
    expect(page.get_by_role("spinbutton", name="Year 3")).to_have_value("")
    page.get_by_role("spinbutton", name="Year 4").fill("28")
    expect(page.get_by_role("checkbox", name="Year 4")).to_be_checked()
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("It is stored.")).to_be_visible()
    assert list(models.Headcount.objects.values_list("year_group", "expected")) == [(4, 28)]


PRESSED = "a.button, .object-tools a, button, input:not([type=hidden]), select, textarea"
ON_PAPER = f"""() => [...document.querySelectorAll('{PRESSED}')]
    .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize(
    "what",
    [
        "day",
        *(pytest.param(page, marks=pytest.mark.exhaustive) for page in ("home", "due", "month", "week", "people-month", "visit")),
    ],
)
def test_on_paper_there_is_nothing_to_press(visitor: Opener, pages: dict[str, str], what: str) -> None:
    coordinator = visitor("paper")
    coordinator.signs_in("coordinator@example.org")
    coordinator.goes_to(f"/admin/{pages[what]}")
    assert coordinator.page.evaluate(ON_PAPER) != []
    coordinator.page.emulate_media(media="print")
    assert coordinator.page.evaluate(ON_PAPER) == []
