"""Session types by the names of year groups, and the agreement's text, as people fill them in."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import saved
from tests.office.conftest import NOW
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db

ADD_TYPE = url(models.SessionType, "add")
ADD_AGREEMENT = url(models.Agreement, "add")
WORKSHOP: dict[str, Any] = {
    "name": "Year 4 workshop", "name_p": "P5 workshop", "audience": "pupils", "channel": "in_person", "lowest_year_group": 4,
    "highest_year_group": 4, "minutes": 45, "presenters": 2, "active": "on", "needs_sign_off": "on",
}  # fmt: skip


def errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def test_year_groups_are_chosen_by_name_in_the_words_of_both_kinds_of_nations(managers_office: Client) -> None:
    body = managers_office.get(ADD_TYPE).content.decode()
    for group in ("Reception or P1", "Year 3 or P4", "Year 6 or P7", "Choose; adults have none"):
        assert group in body
    assert 'name="slug"' not in body


def test_the_name_in_files_is_made_and_never_taken_twice(managers_office: Client) -> None:
    for slug in ("year-4-workshop", "year-4-workshop-2", "year-4-workshop-3"):
        assert managers_office.post(ADD_TYPE, WORKSHOP).status_code == 302
        made = models.SessionType.objects.latest("pk")
        assert (made.slug, made.lowest_year_group, made.highest_year_group) == (slug, 4, 4)
    managers_office.post(ADD_TYPE, WORKSHOP | {"name": "！？"})
    assert models.SessionType.objects.latest("pk").slug == "type"
    managers_office.post(ADD_TYPE, WORKSHOP | {"name": "Long " * 16})
    assert len(models.SessionType.objects.latest("pk").slug) <= 50


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"lowest_year_group": ""}, {"lowest_year_group": ["Choose the year group, or adults as the audience."]}),
        (
            {"lowest_year_group": 5, "highest_year_group": 3},
            {"highest_year_group": ["The last year group is before the first. Change one of them."]},
        ),
        (
            {"audience": "adults", "highest_year_group": ""},
            {"lowest_year_group": ["Adults have no year group. Choose none here, or pupils as the audience."]},
        ),
        ({"lowest_year_group": 9}, {"lowest_year_group": ["Choose a year group from the list."]}),
    ],
)
def test_a_type_that_cannot_be_is_refused_beside_its_box_and_nothing_typed_is_lost(
    typed: dict[str, Any], wrong: dict[str, list[str]], managers_office: Client
) -> None:
    before = models.SessionType.objects.count()
    answer = managers_office.post(ADD_TYPE, WORKSHOP | typed)
    assert errors(answer) == wrong
    assert 'value="Year 4 workshop"' in answer.content.decode()
    assert models.SessionType.objects.count() == before


def test_a_type_for_adults_has_no_year_group(managers_office: Client) -> None:
    adults = {"audience": "adults", "lowest_year_group": "", "highest_year_group": ""}
    assert managers_office.post(ADD_TYPE, WORKSHOP | adults).status_code == 302
    made = models.SessionType.objects.latest("pk")
    assert (made.lowest_year_group, made.highest_year_group) == (None, None)


def test_a_type_for_adults_never_counts_for_the_cycle_and_the_form_says_so(managers_office: Client) -> None:
    words = "One for adults never counts: the tick is taken out of it."
    assert words in managers_office.get(ADD_TYPE).content.decode()
    counts = {"counts_for_cycle": "on"}
    adults = {"audience": "adults", "lowest_year_group": "", "highest_year_group": ""}
    for typed, stored in (({}, True), (adults, False)):
        assert managers_office.post(ADD_TYPE, WORKSHOP | counts | typed).status_code == 302
        assert models.SessionType.objects.latest("pk").counts_for_cycle is stored


def test_a_used_type_keeps_its_slug_and_audience_and_takes_other_year_groups(managers_office: Client, area: models.Area) -> None:
    used = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)).type
    address = url(models.SessionType, "change", used.pk)
    slug, low = used.slug, used.lowest_year_group
    answer = saved(managers_office, address, WORKSHOP | {"slug": "mine", "audience": "adults", "highest_year_group": 6})
    assert answer.status_code == 302
    used.refresh_from_db()
    assert (used.slug, used.audience, used.highest_year_group) == (slug, "pupils", 6)
    assert low is not None


def test_a_type_that_somebody_else_changed_meanwhile_is_kept(managers_office: Client) -> None:
    kind = models.SessionType.objects.get(slug="send")
    address = url(models.SessionType, "change", kind.pk)
    seen = managers_office.get(address).context["adminform"].form.seen
    models.SessionType.objects.filter(pk=kind.pk).update(minutes=50)
    typed = WORKSHOP | {"name": kind.name, "minutes": 40, "lowest_year_group": 0, "highest_year_group": 6, "series": "on"}
    answer = managers_office.post(address, typed | {"seen": seen})
    assert "Minutes: 50 is stored now." in answer.content.decode()
    kind.refresh_from_db()
    assert kind.minutes == 50


def test_a_new_agreement_begins_with_the_newest_wording_and_gets_the_next_number(managers_office: Client) -> None:
    assert managers_office.post(ADD_AGREEMENT, {"text": "I keep calm.", "from_day": "2026-11-24"}).status_code == 302
    first = models.Agreement.objects.get()
    assert (first.version, first.from_day, first.text) == (1, date(2026, 11, 24), "I keep calm.")
    page = managers_office.get(ADD_AGREEMENT)
    assert page.context["adminform"].form["text"].value() == "I keep calm."
    assert page.context["adminform"].form["from_day"].value() == NOW.date()
    assert 'name="version"' not in page.content.decode()
    same = managers_office.post(ADD_AGREEMENT, {"text": " I keep  calm. ", "from_day": "2026-12-01"})
    assert errors(same) == {"text": ["This is the wording of version 1. Change it, or keep that version."]}
    managers_office.post(ADD_AGREEMENT, {"text": "I keep calm and listen.", "from_day": "2026-12-01"})
    assert [one.version for one in models.Agreement.objects.order_by("version")] == [1, 2]


def test_an_accepted_agreement_stays_and_another_may_be_mended(managers_office: Client) -> None:
    agreement = models.Agreement.objects.create(version=1, from_day=date(2026, 1, 1), text="I keep calm.")
    address = url(models.Agreement, "change", agreement.pk)
    assert saved(managers_office, address, {"text": "I stay calm.", "from_day": "2026-01-01", "version": 7}).status_code == 302
    agreement.refresh_from_db()
    assert (agreement.version, agreement.text) == (1, "I stay calm.")
    models.Accepted.objects.create(volunteer=factories.VolunteerFactory(), agreement=agreement, at=NOW)
    saved(managers_office, address, {"text": "I shout.", "from_day": "2026-01-01"})
    agreement.refresh_from_db()
    assert agreement.text == "I stay calm."


def test_what_an_agreement_lets_schools_read_is_a_version_of_its_own_and_stays_once_accepted(managers_office: Client) -> None:
    typed = {"text": "I keep calm.", "from_day": "2026-11-24"}
    managers_office.post(ADD_AGREEMENT, typed)
    assert models.Agreement.objects.get().names_to_schools is False
    assert managers_office.post(ADD_AGREEMENT, {**typed, "names_to_schools": "on"}).status_code == 302
    second = models.Agreement.objects.get(version=2)
    assert second.names_to_schools is True
    assert managers_office.get(ADD_AGREEMENT).context["adminform"].form["names_to_schools"].value() is True
    models.Accepted.objects.create(volunteer=factories.VolunteerFactory(), agreement=second, at=NOW)
    saved(managers_office, url(models.Agreement, "change", second.pk), typed)
    second.refresh_from_db()
    assert second.names_to_schools is True
