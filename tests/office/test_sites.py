"""Sites of a school in the office: kept from the school's page, offered where there are any, changed until somebody knows."""

from datetime import date

import pytest
from django.test import Client

from schools import models
from schools.directory.actions import link_schools
from tests import factories
from tests.office.test_booking import a_form, ks1, ks2, post, type_of
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(name="Fellside", area=area, postcode="LA9 4XX")
    return made


def a_site(school: models.School, name: str = "Lower Site") -> models.Site:
    return models.Site.objects.create(school=school, name=name, postcode="CA1 2AB")


def chosen(site: models.Site) -> str:
    """What a list in which the site is chosen has; with its words, because another list may have its number."""
    return f'<option value="{site.pk}" selected>{site.name}, {site.postcode}</option>'


def page_of(office: Client, school: models.School) -> str:
    return office.get(f"/admin/school/{school.pk}/").content.decode()


def test_a_site_is_added_from_the_schools_page_and_shown_there(office: Client, school: models.School) -> None:
    assert f"{url(models.Site, 'add')}?school={school.pk}" in page_of(office, school)
    typed = {"school": school.pk, "name": "Lower Site", "address": "High Street", "postcode": "ca12ab", "active": "on"}
    typed |= {"access_notes": "Ring at the gate."}
    refused = office.post(url(models.Site, "add"), typed | {"postcode": "nowhere"})
    assert "This is not a postcode. Write it like LA9 4XX." in refused.content.decode()
    stored = office.post(url(models.Site, "add"), typed)
    assert stored.headers["Location"] == f"/admin/school/{school.pk}/"
    assert models.Site.objects.get().postcode == "CA1 2AB"
    body = page_of(office, school)
    for words in ("Lower Site", "High Street", "CA1 2AB", "Ring at the gate."):
        assert words in body


def test_the_page_of_a_school_says_with_which_closed_school_a_site_is_kept(office: Client, school: models.School) -> None:
    old = factories.SchoolFactory(name="Beck Infants", authority=school.authority, status="closed", closed=date(2026, 7, 31))
    own, inherited = a_site(school), a_site(old, "Annexe")
    link_schools(old, school, kind="merged", day=None)
    body = " ".join(page_of(office, school).split())
    assert 'Annexe: CA1 2AB <span class="quiet">(kept with Beck Infants)</span>' in body
    assert url(models.Site, "change", own.pk) in body
    assert url(models.Site, "change", inherited.pk) not in body
    post(office, school, a_form(office, school, ks1(site=inherited.pk)), "book")
    assert models.Session.objects.get().site == inherited


def test_two_sites_of_a_school_are_not_called_alike(office: Client, school: models.School) -> None:
    first, second = a_site(school), a_site(school, "Infants")
    typed = {"school": school.pk, "name": first.name, "postcode": "CA1 2AB", "active": "on"}
    seen = office.get(url(models.Site, "change", second.pk)).context["adminform"].form.seen
    for address, boxes in ((url(models.Site, "add"), {}), (url(models.Site, "change", second.pk), {"seen": seen})):
        refused = office.post(address, typed | boxes)
        assert "This school has a site of that name already." in refused.content.decode()
    renamed = office.post(url(models.Site, "change", second.pk), typed | {"name": "Juniors", "seen": seen})
    assert renamed.status_code == 302
    assert set(models.Site.objects.values_list("name", flat=True)) == {"Lower Site", "Juniors"}


def test_a_booking_offers_the_sites_in_use_only_where_the_school_has_any(office: Client, school: models.School) -> None:
    assert 'name="sessions-0-site"' not in office.get(f"/admin/book/{school.pk}/").content.decode()
    site = a_site(school)
    models.Site.objects.create(school=school, name="Given Up", postcode="CA1 2AB", active=False)
    body = office.get(f"/admin/book/{school.pk}/").content.decode()
    assert "Lower Site, CA1 2AB" in body
    assert "Given Up" not in body
    post(office, school, a_form(office, school, ks1(site=site.pk)), "book")
    assert models.Session.objects.get().site == site


def test_a_filled_in_form_keeps_the_site_that_was_chosen(office: Client, school: models.School) -> None:
    site, template = a_site(school), models.VisitTemplate.objects.filter(active=True).order_by("pk").first()
    assert template
    data = a_form(office, school, ks1(site=site.pk)) | {"template": template.pk, "first_day": "2026-12-03"}
    answer = post(office, school, data, "fill")
    assert chosen(site) in answer.content.decode()


def test_another_row_begins_at_the_site_of_the_last_one_and_a_site_alone_is_no_session(
    office: Client, school: models.School
) -> None:
    site = a_site(school)
    data = a_form(office, school, ks1(site=site.pk)) | {"sessions-1-site": site.pk}
    assert post(office, school, data, "add").content.decode().count(chosen(site)) == 3
    post(office, school, data, "book")
    assert [session.site for session in models.Session.objects.all()] == [site]


def test_what_a_school_shows_online_is_at_no_site_whatever_its_row_says(office: Client, school: models.School) -> None:
    online = ks2(type=type_of("online-ks2"), until_day="2026-12-17", site=a_site(school).pk)
    post(office, school, a_form(office, school, online), "book")
    assert models.Session.objects.get().site is None


def test_the_site_of_a_day_is_changed_until_somebody_is_asked(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school)
    address = f"/admin/session/{session.pk}/edit/"
    assert "At which site" not in office.get(address).content.decode()
    site = a_site(school)
    assert "At which site" in office.get(address).content.decode()
    stored = office.post(address, {"do": "site", "site": site.pk, "seen_site": ""}, follow=True)
    assert "Fellside, Lower Site, CA1 2AB" in stored.content.decode()
    factories.CoverFactory(session=session, state="offered", volunteer=factories.VolunteerFactory(name="Pat"))
    refused = office.post(address, {"do": "site", "site": "", "seen_site": site.pk})
    assert "Pat is down for it or asked" in refused.content.decode()
    for wrong in ("999999", "x"):
        answer = office.post(address, {"do": "site", "site": wrong, "seen_site": site.pk})
        assert "There is no such site any more" in answer.content.decode()
    session.refresh_from_db()
    assert session.site == site


def test_who_changes_the_address_of_a_site_reads_who_knows_the_old_one(office: Client, school: models.School) -> None:
    site = a_site(school)
    waits, _, _, _ = (
        factories.SessionFactory(
            visit=factories.VisitFactory(school=school, stage=stage, agreed_on=agreed_on), site=site, day=day
        )
        for stage, agreed_on, day in (
            ("planned", None, date(2026, 12, 7)),
            ("confirmed", date(2026, 11, 2), date(2026, 12, 8)),
            ("planned", None, date(2026, 12, 9)),
            ("confirmed", date(2026, 11, 2), date(2026, 11, 23)),
        )
    )
    factories.CoverFactory(session=waits, state="asked")
    address = url(models.Site, "change", site.pk)

    def stored(**typed: str) -> str:
        seen = office.get(address).context["adminform"].form.seen
        boxes = {"name": site.name, "address": "", "postcode": "ca1 2ab", "access_notes": "", "active": "on", "seen": seen}
        answer = office.post(address, boxes | typed, follow=True)
        assert answer.redirect_chain
        return " ".join(answer.content.decode().split())

    assert "Nobody is told of the new address" not in stored(access_notes="Ring at the gate.")
    page = stored(postcode="LA9 4XX")
    whom = "Tell who goes to Lower Site on Mon 7 December 2026 and Tue 8 December 2026, and the school."
    assert f"Nobody is told of the new address by itself. {whom}" in page


def test_who_gives_a_site_up_reads_on_which_days_something_is_there_still(office: Client, school: models.School) -> None:
    site = a_site(school)
    visit = factories.VisitFactory(school=school, stage="confirmed", agreed_on=date(2026, 11, 2))
    for day in (date(2026, 11, 23), date(2026, 12, 8)):
        factories.SessionFactory(visit=visit, site=site, day=day)
    factories.SessionFactory(visit__school=school, site=site, day=date(2026, 12, 9))
    factories.SessionFactory(visit__school=school, site=site, day=date(2026, 12, 10), cancelled=True)
    address = url(models.Site, "change", site.pk)

    def stored(**typed: str) -> list[str]:
        seen = office.get(address).context["adminform"].form.seen
        boxes = {"name": site.name, "address": "", "postcode": "CA1 2AB", "access_notes": "", "seen": seen}
        return [str(message) for message in office.post(address, boxes | typed, follow=True).context["messages"]]

    still = "Something is to be at Lower Site still, on Tue 8 December 2026 and Wed 9 December 2026."
    assert any(words.startswith(still) for words in stored())
    assert not any("still" in words for words in stored(access_notes="Ring at the gate.")), "that is known already"
    assert not any("still" in words for words in stored(active="on"))


def test_a_copy_of_a_visit_says_that_its_site_was_given_up(office: Client, school: models.School) -> None:
    lower, _ = a_site(school), a_site(school, "Upper Site")
    visit = factories.SessionFactory(visit__school=school, site=lower).visit
    address = f"/admin/book/{school.pk}/?copy={visit.pk}"
    given_up = "Lower Site is not in use any more: choose the site of each session."
    assert given_up not in office.get(address).content.decode()
    models.Site.objects.filter(pk=lower.pk).update(active=False)
    assert given_up in office.get(address).content.decode()


def test_a_visits_page_and_the_tally_sheet_say_the_site(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school, site=a_site(school))
    assert "Lower Site, CA1 2AB" in office.get(f"/admin/visit/{session.visit_id}/").content.decode()
    day = f"/admin/visit/{session.visit_id}/{session.day}/"
    assert "Lower Site, CA1 2AB" in office.get(day).content.decode()


def test_where_a_session_was_at_a_site_it_is_not_deleted(office: Client, school: models.School) -> None:
    used, unused = a_site(school), a_site(school, "Never used")
    factories.SessionFactory(visit__school=school, site=used)
    for site in (used, unused):
        office.post(url(models.Site, "delete", site.pk), {"post": "yes"})
    assert list(models.Site.objects.all()) == [used]
