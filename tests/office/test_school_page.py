"""A school's page: everything under all its register numbers, its people, its feeder links; and schools entered by hand."""

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from django.test import Client

from schools import models
from schools.directory.actions import import_register
from tests import factories
from tests.browsing import saved
from tests.directory.gias_files import row, written


def address(school: models.School) -> str:
    return f"/admin/school/{school.pk}/"


def content(office: Client, where: str) -> str:
    answer = office.get(where)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# Longer than 40 lines: it is one story, told step by step.
def test_a_converted_schools_page_shows_its_old_visits_and_it_is_booked_in_the_new_authority(
    tmp_path: Path, managers_office: Client, now: datetime
) -> None:
    cumbria = {"gss": "E10000006", "la_name": "Cumbria", "la_code": "909"}
    cumberland = {"gss": "E06000063", "la_name": "Cumberland", "la_code": "942"}
    import_register(written(tmp_path, row(urn="100001", name="Fellside", **cumbria)), day=date(2019, 9, 1), now=now)
    old = models.School.objects.get()
    session = factories.SessionFactory(
        visit__school=old, delivered=True, day=date(2022, 3, 10), authority=old.authority,
        area=models.Area.objects.get(name="Cumbria"), region=models.Region.objects.get(),
    )  # fmt: skip
    factories.HeadcountFactory(session=session, pupils=58)
    models.Contact.objects.create(school=old, name="Pat Head")
    links = tmp_path / "links.csv"
    links.write_text("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n100001,100009,Fellside Academy,Successor,01-09-2023\n")
    second = written(
        tmp_path,
        row(urn="100001", name="Fellside", status="Closed", closed="31-08-2023", **cumberland),
        row(urn="100009", name="Fellside Academy", opened="01-09-2023", **cumberland),
    )
    for _ in range(2):
        import_register(second, day=date(2025, 4, 22), links=links, now=now)
    new = models.School.objects.get(register_id="100009")

    shown = content(managers_office, address(new))
    assert session.visit.reference in shown
    assert "as Fellside" in shown
    assert "Pat Head" in shown
    assert "Thu 10 March 2022" in shown  # last visited
    assert '<td class="number" data-label="Attendances"> 58 </td>' in shown
    assert "Follows Fellside (100001): successor, 1 September 2023." in shown
    assert f'href="/admin/book/{new.pk}/"' in shown
    session.refresh_from_db()
    assert session.authority is not None
    assert (session.authority.name, str(new.authority)) == ("Cumbria", "Cumberland")

    closed = content(managers_office, address(old))
    assert "This school closed on 31 August 2023. It is Fellside Academy now, number 100009: book there." in closed
    assert f'href="/admin/book/{old.pk}/"' not in closed
    # The authority changed when Cumbria ended, not when the file was imported.
    assert "from 1 April 2023" in closed


def test_a_guests_page_counts_its_own_pupils(office: Client, area: models.Area) -> None:
    host, guest = factories.SchoolFactory(area=area, name="Host"), factories.SchoolFactory(area=area, name="Guest")
    session = factories.SessionFactory(visit__school=host, delivered=True)
    factories.HeadcountFactory(session=session, pupils=40)
    factories.HeadcountFactory(session=session, school=guest, pupils=9)
    factories.HeadcountFactory(session=session, school=guest, year_group=6, pupils=None)
    shown = content(office, address(guest))
    assert "as guests of Host" in shown
    assert '<td class="number" data-label="Attendances"> 9 <br><span class="quiet">not all counted</span> </td>' in shown


def test_a_guests_page_has_the_sessions_with_its_pupils_alone_and_each_kind_once(office: Client, area: models.Area) -> None:
    host, guest = factories.SchoolFactory(area=area, name="Host"), factories.SchoolFactory(area=area, name="Guest")
    workshop = models.SessionType.objects.get(slug="workshop-5-6")
    joint = factories.SessionFactory(visit__school=host, day=date(2026, 12, 1))
    for hour in (9, 11):
        factories.SessionFactory(visit=joint.visit, type=workshop, day=date(2026, 12, 8), starts=time(hour), ends=time(hour + 1))
    factories.HeadcountFactory(session=joint, school=guest)
    theirs, hosts = content(office, address(guest)), content(office, address(host))
    assert "Tue 1 Dec 2026" in theirs
    assert "8 Dec 2026" not in theirs
    assert "Year 5–6 workshop" not in theirs
    assert "KS2 assembly, 2 × Year 5–6 workshop" in hosts


def test_rolls_say_their_year_source_and_age(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    for source, pupils in (("register", 28), ("coordinator", 31)):
        models.Roll.objects.create(school=school, academic_year=2024, year_group=5, pupils=pupils, source=source)
    shown = content(office, address(school))
    assert "2024/25" in shown
    assert "2 school years old" in shown
    assert '<td class="number">31</td>' in shown
    assert '<td class="number">28</td>' not in shown


def test_what_to_know_before_booking_is_said_first(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, missing_since=date(2026, 9, 1), ask_again_on=date(2027, 1, 11))
    shown = content(office, address(school))
    assert "The register does not name it since 1 September 2026." in shown
    assert "Ask again on 11 January 2027, not before." in shown


def test_people_are_added_and_changed_on_the_page(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    wrong = office.post(address(school), {"do": "contact", "name": "", "email": "nowhere"})
    assert "Give a name." in wrong.content.decode()
    assert "That is no e-mail address." in wrong.content.decode()
    facts = {"do": "contact", "name": "Pat Head", "role": "head teacher", "email": "pat@example.org", "phone": "0113 496 0100"}
    office.post(address(school), facts)
    contact = school.contacts.get()
    assert "Change Pat Head" in content(office, f"{address(school)}?contact={contact.pk}")
    saved(office, f"{address(school)}?contact={contact.pk}", facts | {"role": "safeguarding lead"})
    stored = school.contacts.values_list("name", "role", "email", "phone")
    assert list(stored) == [("Pat Head", "safeguarding lead", "pat@example.org", "+441134960100")]


def test_an_infant_school_is_linked_with_its_junior_school_and_again_parted(office: Client, area: models.Area) -> None:
    infants, juniors = factories.SchoolFactory(area=area, name="Infants"), factories.SchoolFactory(area=area, name="Juniors")
    assert "Children go on to it" in content(office, f"{address(infants)}?link=juni")
    office.post(address(infants), {"do": "feeds", "other": juniors.pk})
    infants.refresh_from_db()
    assert infants.lineage == min(infants.pk, juniors.pk)
    assert infants.chain is None
    assert "This school is fed by" in content(office, address(juniors))
    back = office.post(address(infants), {"do": "fed-by", "other": juniors.pk})
    assert "Infants feeds Juniors already" in back.content.decode()
    assert "so it cannot also be fed by it" in back.content.decode()
    link = models.SchoolLink.objects.get()
    office.post(address(juniors), {"do": "unlink", "link": link.pk})
    infants.refresh_from_db()
    assert infants.lineage is None
    again = office.post(address(juniors), {"do": "unlink", "link": link.pk}, follow=True)
    assert "The two schools were parted already." in again.content.decode()


def test_a_registers_link_cannot_be_taken_away_by_hand(office: Client, area: models.Area) -> None:
    one, other = factories.SchoolFactory(area=area), factories.SchoolFactory(area=area)
    link = models.SchoolLink.objects.create(predecessor=one, successor=other, kind="successor")
    assert office.post(address(one), {"do": "unlink", "link": link.pk}).status_code == 404
    assert models.SchoolLink.objects.exists()


def test_another_areas_school_is_not_there(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    mine, theirs = factories.SchoolFactory(area=area), factories.SchoolFactory(area=elsewhere, name="Theirs")
    assert office.get(address(theirs)).status_code == 404
    for data in ({"do": "contact", "name": "Pat"}, {"do": "feeds", "other": mine.pk}):
        assert office.post(address(theirs), data).status_code == 404
    assert office.post(address(mine), {"do": "feeds", "other": theirs.pk}).status_code == 404
    assert "Theirs" not in content(office, f"{address(mine)}?link=theirs").replace("“theirs”", "")
    contact = models.Contact.objects.create(school=theirs, name="Pat")
    assert office.get(f"{address(mine)}?contact={contact.pk}").status_code == 404


def test_an_analyst_reads_no_schools_page(client: Client, area: models.Area) -> None:
    client.force_login(factories.analyst())
    assert client.get(address(factories.SchoolFactory(area=area))).status_code == 403


def test_a_schools_page_asks_the_same_of_little_and_of_much(
    office: Client, coordinator: models.User, area: models.Area, django_assert_num_queries: Callable[[int], Any]
) -> None:
    school = factories.SchoolFactory(area=area)
    former = factories.SchoolFactory(area=area, authority=school.authority, chain=school.pk, status="closed")
    models.School.objects.filter(pk=school.pk).update(chain=school.pk)
    run = models.ImportRun.objects.create(
        register="gias", file_name="a.csv", day=date(2026, 1, 1), state="applied", asked_at=datetime(2026, 1, 1).astimezone(),
        seen_at=datetime(2026, 1, 1).astimezone(), applied_at=datetime(2026, 1, 1).astimezone(),
    )  # fmt: skip

    def more(number: int) -> None:
        session = factories.SessionFactory(
            visit__school=school, starts=time(9 + number), ends=time(9 + number, 30), delivered=True
        )
        factories.HeadcountFactory(session=session, pupils=30)
        models.Contact.objects.create(school=school, name=f"Pat {number}")
        models.Roll.objects.create(school=school, academic_year=2020 + number, year_group=5, pupils=30, source="register")
        models.ContactLog.objects.create(school=former, day=date(2026, 11, 2), how="phone", who="office", by=coordinator)
        models.SchoolLink.objects.create(predecessor=factories.SchoolFactory(area=area), successor=school, kind="feeder")
        models.ImportChange.objects.create(
            run=run, school=school, kind="updated", register_id=str(number), name="A", fields={"name": ["A", "B"]}, state="done"
        )

    more(0)
    office.get(address(school))
    with django_assert_num_queries(QUERIES):
        office.get(address(school))
    for number in (1, 2):
        more(number)
    with django_assert_num_queries(QUERIES):
        office.get(address(school))


QUERIES = 31
"""Of a school's page: who signed in and their rights; due; each of its parts."""


def entered(office: Client, authority: models.Authority, **facts: Any) -> Any:
    return office.post(
        "/admin/schools/school/add/",
        {
            "name": "Holiday club", "nation": "england", "authority": authority.pk, "sector": "other", "status": "open",
            "contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0",
        } | facts,
    )  # fmt: skip


def test_a_place_that_no_register_has_is_entered_by_hand(office: Client, area: models.Area) -> None:
    authority = factories.AreaAuthorityFactory(area=area).authority
    form = content(office, "/admin/schools/school/add/")
    assert '<option value="other" selected>Other place</option>' in form
    answer = entered(office, authority)
    club = models.School.objects.get()
    assert answer.headers["Location"] == address(club)
    assert (club.register_id, club.source, club.sector) == ("HAND-0001", "manual", "other")
    assert list(club.authorities.values_list("authority", "from_day", "to_day")) == [(authority.pk, None, None)]
    entered(office, authority, name="Another club")
    assert models.School.objects.filter(register_id="HAND-0002").exists()
    assert entered(office, authority, register_id="HAND-0001").status_code == 200  # the form comes back
    assert models.School.objects.count() == 2


def test_a_school_entered_by_hand_whose_days_change_keeps_its_chain_right(office: Client, area: models.Area) -> None:
    authority = factories.AreaAuthorityFactory(area=area).authority
    one, other = (factories.SchoolFactory(area=area, authority=authority, source="manual") for _ in range(2))
    one.closed, other.opened = date(2024, 8, 31), date(2024, 9, 1)
    one.save()
    other.save()
    from schools.directory.actions import link_schools

    link_schools(one, other, kind="successor", day=None)
    one.refresh_from_db()
    assert one.chain == one.pk
    saved(
        office,
        f"/admin/schools/school/{other.pk}/change/",
        {
            "name": other.name, "nation": "england", "register_id": other.register_id, "authority": authority.pk,
            "sector": "mainstream", "status": "open", "opened": "2020-09-01", "low_age": 4, "high_age": 11,
            "contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0",
        },
    )  # fmt: skip
    one.refresh_from_db()
    other.refresh_from_db()
    assert other.opened == date(2020, 9, 1)
    assert (one.chain, one.lineage) == (None, min(one.pk, other.pk))
