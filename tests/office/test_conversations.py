"""Logging a conversation, a request and an agreement at a school's desk."""

from datetime import date, time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from schools.office.schools.views import conversations
from schools.visits.actions.booked import book_to_undo
from schools.visits.actions.calls import talk_to_undo
from schools.visits.actions.conversations import Conversation
from schools.visits.actions.taking_answers import take_answers
from schools.visits.actions.undoing import undo
from schools.visits.rules import NewSession
from tests import factories
from tests.browsing import saved
from tests.school_portal.taking import as_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield Primary")
    return made


def post(client: Client, school: models.School, do: str, **fields: str) -> Any:
    data = {f"{do}-{name}": value for name, value in fields.items()}
    return client.post(f"/admin/school/{school.pk}/talk/", data | {"do": do})


def test_a_call_is_written_down_with_its_follow_up(office: Client, school: models.School, coordinator: models.User) -> None:
    answer = post(
        office, school, "talk", day="2026-11-24", how="phone", who="Pat, the office", note="They will look at the diary.",
        dates_offered="12 or 14 January", follow_up_on="2026-12-01",
    )  # fmt: skip
    assert answer.status_code == 302
    log = models.ContactLog.objects.get()
    assert (log.school, log.by, log.follow_up_on) == (school, coordinator, date(2026, 12, 1))
    page = office.get(f"/admin/school/{school.pk}/talk/").content.decode()
    assert "12 or 14 January" in page


def test_a_call_that_is_posted_twice_is_written_down_once(office: Client, school: models.School) -> None:
    call = {"day": "2026-11-24", "how": "phone", "who": "Pat, the office", "note": "Rings back."}
    for _ in range(2):
        assert post(office, school, "talk", **call).status_code == 302
    assert models.ContactLog.objects.count() == 1
    for other in ({"note": "Rang back."}, {"day": "2026-11-23"}, {"follow_up_on": "2026-12-01"}):
        post(office, school, "talk", **call | other)
    assert models.ContactLog.objects.count() == 4


def test_a_call_is_undone_by_the_bar_on_the_page_on_which_it_was_logged(office: Client, school: models.School) -> None:
    models.School.objects.update(ask_again_on=date(2026, 12, 1))
    answer = post(office, school, "talk", day="2026-11-24", how="phone", who="Pat", ask_again_on="2027-01-11")
    page = office.get(answer.headers["Location"])
    assert page.request["PATH_INFO"] == f"/admin/school/{school.pk}/talk/"
    assert "Logged a conversation with Ashfield Primary." in page.content.decode()
    assert "Undo this" in page.content.decode()
    leads_to, batch = page.context["undo_leads_to"], models.Batch.objects.get()
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": leads_to}, follow=True)
    assert undone.request["PATH_INFO"] == f"/admin/school/{school.pk}/talk/"
    assert not models.ContactLog.objects.exists()
    assert models.School.objects.get().ask_again_on == date(2026, 12, 1)


def test_a_call_about_a_visit_is_undone_on_the_page_of_the_visit_to_which_it_leads_back(
    office: Client, school: models.School
) -> None:
    visit = factories.VisitFactory(school=school)
    here = f"/admin/visit/{visit.pk}/"
    data = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "email", "talk-who": "Pat"}
    answer = office.post(f"/admin/school/{school.pk}/talk/?visit={visit.pk}&back={here}", data)
    page = office.get(answer.headers["Location"])
    assert page.context["undoable"].words == f"Logged a conversation with Ashfield Primary about visit {visit.reference}"
    assert page.context["undo_leads_to"] == here, "the visit is there still"


def test_what_was_logged_from_the_card_of_a_call_is_undone_there_and_stands_in_its_boxes_again(
    office: Client, school: models.School
) -> None:
    card = f"/admin/school/{school.pk}/call/?show=due"
    data = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "phone", "talk-who": "Pat", "talk-note": "Rings back."}
    answer = office.post(f"/admin/school/{school.pk}/talk/?{urlencode({'back': card})}", data)
    batch = models.Batch.objects.get()
    assert answer.headers["Location"] == f"{card}&done={batch.pk}", "its place in the list stays"
    assert "Undo this" in office.get(answer.headers["Location"]).content.decode()
    again = office.post(card, {"do": "undo", "batch": batch.pk}, follow=True).content.decode()
    assert "Undone: nothing is logged." in again
    assert "Rings back." in again
    assert not models.ContactLog.objects.exists()


def test_another_areas_coordinator_cannot_undo_a_call(
    client: Client, school: models.School, elsewhere: models.Area, coordinator: models.User
) -> None:
    talk = Conversation(day=date(2026, 11, 24), how="phone", who="Pat")
    batch = talk_to_undo(school, talk, by=coordinator, now=timezone.now())
    client.force_login(factories.coordinator_of(elsewhere))
    assert client.post(f"/admin/batch/{batch.pk}/", {"do": "undo"}).status_code == 404
    assert models.ContactLog.objects.exists()


def test_a_call_leaves_the_school_off_the_list_until_a_day(office: Client, school: models.School) -> None:
    post(office, school, "talk", day="2026-11-24", how="phone", who="Pat", ask_again_on="2027-01-11")
    school.refresh_from_db()
    assert school.ask_again_on == date(2027, 1, 11)
    assert list(office.get("/admin/due/").context["lines"]) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"day": "2026-11-25"}, "You cannot have spoken on a day to come."),
        ({"follow_up_on": "2026-11-01"}, "The follow-up is before the conversation."),
        ({"ask_again_on": "2026-11-24"}, "The day to ask again has come already."),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(
    fields: dict[str, str], reason: str, office: Client, school: models.School
) -> None:
    answer = post(office, school, "talk", **({"day": "2026-11-24", "how": "phone", "who": "Pat"} | fields))
    assert reason in answer.content.decode()
    assert not models.ContactLog.objects.exists()


def test_a_call_about_a_visit_is_kept_with_it(office: Client, school: models.School, elsewhere: models.Area) -> None:
    visit = factories.VisitFactory(school=school)
    other = factories.VisitFactory(school=factories.SchoolFactory(area=elsewhere))
    data = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "email", "talk-who": "Pat"}
    office.post(f"/admin/school/{school.pk}/talk/?visit={visit.pk}", data)
    assert models.ContactLog.objects.get().visit == visit
    assert office.get(f"/admin/school/{school.pk}/talk/?visit={other.pk}").status_code == 404


def test_one_comes_back_to_where_one_was_but_nowhere_else(office: Client, school: models.School) -> None:
    data = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "email", "talk-who": "Pat"}
    address = f"/admin/school/{school.pk}/talk/"
    back = office.post(f"{address}?back=/admin/due/%3Fshow%3Dnever", data).headers["Location"]
    assert back == f"/admin/due/?show=never&done={models.Batch.objects.get().pk}"
    # The same once more was written down already, so nothing can be undone.
    assert office.post(f"{address}?back=/admin/due/%3Fshow%3Dnever", data).headers["Location"] == "/admin/due/?show=never"
    for elsewhere in ("//evil.example/admin/", "https://evil.example/admin/", "/me/"):
        assert office.post(f"{address}?back={elsewhere}", data).headers["Location"].startswith(address)


def test_a_request_waits_until_it_is_booked(office: Client, school: models.School) -> None:
    school.ask_again_on = date(2027, 6, 1)
    school.save()
    assert post(office, school, "request", preferred_month="2027-03-01").status_code == 302
    visit = models.Visit.objects.get()
    assert (visit.stage, visit.requested_on, visit.preferred_month) == ("requested", date(2026, 11, 24), date(2027, 3, 1))
    assert models.School.objects.get().ask_again_on is None
    again = post(office, school, "request", preferred_month="")
    assert "has asked for a visit already" in again.content.decode()
    assert models.Visit.objects.count() == 1


def test_a_request_that_was_put_there_by_a_slip_is_undone_and_the_school_hears_nothing(
    office: Client, school: models.School
) -> None:
    models.Contact.objects.create(school=school, name="Pat Head", email="pat@ashfield.example.org")
    models.School.objects.update(ask_again_on=date(2027, 6, 1))
    answer = post(office, school, "request", preferred_month="")
    batch = models.Batch.objects.get()
    assert answer.headers["Location"] == f"/admin/visit/{models.Visit.objects.get().pk}/?done={batch.pk}"
    assert models.OutboxMessage.objects.filter(kind="school-request").count() == 1, "it waits"
    page = office.get(answer.headers["Location"]).content.decode()
    assert "Undo this" in page
    assert f'name="back" value="/admin/school/{school.pk}/"' in page
    office.post(f"/admin/batch/{batch.pk}/", {"do": "undo"})
    assert not models.Visit.objects.exists()
    assert models.School.objects.get().ask_again_on == date(2027, 6, 1)
    assert not models.OutboxMessage.objects.exists()
    card = f"/admin/school/{school.pk}/call/"
    again = office.post(f"/admin/school/{school.pk}/talk/?back={card}", {"do": "request", "request-preferred_month": ""})
    assert again.headers["Location"] == f"{card}?done={models.Batch.objects.latest('pk').pk}", "its card has a bar of its own"


def test_a_call_about_a_visit_whose_booking_was_undone_in_that_moment_is_refused_and_what_was_typed_stands(
    office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = factories.VisitFactory(school=school)
    address = f"/admin/school/{school.pk}/talk/"

    def is_late(*given: Any, **named: Any) -> Any:
        models.Visit.objects.filter(pk=visit.pk).delete()
        return talk_to_undo(*given, **named)

    monkeypatch.setattr(conversations, "talk_to_undo", is_late)
    typed = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "email", "talk-who": "Pat", "talk-note": "Rings back."}
    page = office.post(f"{address}?visit={visit.pk}", typed).content.decode()
    assert "was taken back meanwhile. Log this once more, without the visit." in page
    assert "Rings back." in page
    assert f'action="{address}"' in page
    assert not models.ContactLog.objects.exists()


def booked_and_undone(school: models.School, by: models.User) -> models.Visit:
    """A visit that was booked, and whose booking is undone."""
    kind, now = models.SessionType.objects.get(slug="ks2-assembly"), timezone.now()
    batch = book_to_undo(school, [NewSession(kind, date(2026, 12, 10), time(10))], by=by, now=now)
    visit = models.Visit.objects.get()
    undo(batch, by=by, now=now)
    assert not models.Visit.objects.exists()
    return visit


def test_a_call_about_a_visit_whose_booking_was_undone_while_somebody_typed_is_logged_without_it(
    office: Client, school: models.School, coordinator: models.User
) -> None:
    visit = booked_and_undone(school, coordinator)
    address = f"/admin/school/{school.pk}/talk/"
    about = f"{address}?visit={visit.pk}&back=/admin/visit/{visit.pk}/"
    typed = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "email", "talk-who": "Pat", "talk-note": "Rings back."}
    for sent in (typed, typed | {"talk-who": ""}):
        page = office.post(about, sent).content.decode()
        assert f"Visit {visit.reference} was taken back meanwhile. Log this once more, without the visit." in page
        assert "Rings back." in page
        assert f'action="{address}"' in page
    assert not models.ContactLog.objects.exists()
    assert office.post(address, typed, follow=True).status_code == 200
    log = models.ContactLog.objects.get()
    assert (log.visit, log.note) == (None, "Rings back.")
    assert office.get(about).status_code == 404


def test_what_is_not_about_the_visit_is_stored_although_its_booking_was_undone(
    office: Client, school: models.School, coordinator: models.User
) -> None:
    visit = booked_and_undone(school, coordinator)
    about = f"/admin/school/{school.pk}/talk/?visit={visit.pk}&back=/admin/visit/{visit.pk}/"
    agreed = {"agreement-year": "2026", "agreement-accepted_on": "2026-11-20", "agreement-by_role": "head"}
    for data in ({"do": "request", "request-preferred_month": ""}, {"do": "agreement", **agreed}):
        assert office.post(about, data, follow=True).status_code == 200
    assert models.Visit.objects.get().stage == "requested"
    assert models.SchoolAgreement.objects.exists()


def test_a_visit_of_another_school_or_area_whose_booking_was_undone_is_not_there(
    office: Client, school: models.School, area: models.Area, elsewhere: models.Area
) -> None:
    typed = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "email", "talk-who": "Pat"}
    others = [factories.VisitFactory(school=factories.SchoolFactory(area=where)).pk for where in (area, elsewhere)]
    for number in (*others, 0, max(others) + 1):
        assert office.post(f"/admin/school/{school.pk}/talk/?visit={number}", typed).status_code == 404
    models.Visit.objects.all().delete()
    for number in others:
        assert office.post(f"/admin/school/{school.pk}/talk/?visit={number}", typed).status_code == 404
    assert not models.ContactLog.objects.exists()


def test_a_call_about_a_visit_that_came_to_another_number_of_its_school_meanwhile_is_kept_with_it(
    office: Client, school: models.School, area: models.Area, elsewhere: models.Area
) -> None:
    models.School.objects.filter(pk=school.pk).update(chain=school.pk)
    now = factories.SchoolFactory(area=area, name="Ashfield Academy", chain=school.pk)
    visit = factories.VisitFactory(school=now, stage="requested")
    theirs = factories.VisitFactory(school=factories.SchoolFactory(area=elsewhere, chain=school.pk))
    typed = {"do": "talk", "talk-day": "2026-11-24", "talk-how": "phone", "talk-who": "Pat", "talk-dates_offered": "12 January"}
    address = f"/admin/school/{school.pk}/talk/?visit="
    page = office.post(f"{address}{visit.pk}", typed, follow=True)
    assert "12 January" in page.content.decode(), "it stands among the earlier ones under each number"
    assert f"Log a conversation about visit {visit.reference}" in page.content.decode()
    log = models.ContactLog.objects.get()
    assert (log.visit, log.school) == (visit, now), "else the dates would not be mailed"
    assert office.get(f"{address}{theirs.pk}").status_code == office.post(f"{address}{theirs.pk}", typed).status_code == 404


def test_a_button_that_the_page_does_not_have_does_nothing(office: Client, school: models.School) -> None:
    assert post(office, school, "explode").status_code == 400


def test_an_agreement_is_written_down_and_corrected(office: Client, school: models.School) -> None:
    typed = {"do": "agreement", "agreement-year": "2026", "agreement-accepted_on": "2026-11-20"}
    for role in ("head teacher", "deputy head"):
        assert saved(office, f"/admin/school/{school.pk}/talk/", typed | {"agreement-by_role": role}).status_code == 302
    agreement = models.SchoolAgreement.objects.get()
    assert (agreement.academic_year, agreement.by_role) == (2026, "deputy head")


def test_what_is_typed_beside_another_button_stays_on_the_page(office: Client, school: models.School) -> None:
    talk = {"talk-day": "2026-11-23", "talk-how": "email", "talk-who": "Pat, the office", "talk-note": "They agree."}
    agreement = {"agreement-year": "2026", "agreement-accepted_on": "2026-11-20", "agreement-by_role": "head teacher"}
    address = f"/admin/school/{school.pk}/talk/"

    answer = office.post(address, talk | agreement | {"do": "agreement"})
    assert models.SchoolAgreement.objects.get().by_role == "head teacher"
    assert not models.ContactLog.objects.exists()
    page = answer.content.decode()
    assert "They agree.</textarea>" in page
    assert all(f'value="{typed}"' in page for typed in ("2026-11-23", "Pat, the office"))
    assert '<option value="email" selected>' in page
    assert "Wrote down the agreement of Ashfield Primary for 2026/27." in page
    assert "Undo this" in page
    assert "2026-11-20" not in page  # what is stored does not stand in its boxes any more

    answer = office.post(address, talk | {"talk-who": "", "do": "talk", "request-preferred_month": "2027-01-01"})
    page = answer.content.decode()
    assert "They agree.</textarea>" in page
    assert "This field is required" in page
    assert '<option value="2027-01-01" selected>' in page
    assert page.count('<details class="office-form" open>') == 1

    assert office.post(address, talk | {"do": "talk"}).status_code == 302
    assert models.ContactLog.objects.get().note == "They agree."


def test_an_agreement_at_the_wrong_school_is_taken_back_by_the_bar(office: Client, school: models.School) -> None:
    address = f"/admin/school/{school.pk}/talk/"
    typed = {"do": "agreement", "agreement-year": "2026", "agreement-accepted_on": "2026-11-20"}
    answers = [saved(office, address, typed | {"agreement-by_role": role}) for role in ("head", "deputy", "deputy")]
    assert ["done=" in answer.headers["Location"] for answer in answers] == [True, True, False]
    page = office.get(answers[1].headers["Location"]).content.decode()
    assert "Wrote down the agreement of Ashfield Primary for 2026/27." in page
    assert "Undo this" in page
    made, corrected = models.Batch.objects.order_by("pk")
    office.post(f"/admin/batch/{corrected.pk}/", {"do": "undo"})
    assert models.SchoolAgreement.objects.get().by_role == "head"
    office.post(f"/admin/batch/{made.pk}/", {"do": "undo"})
    assert not models.SchoolAgreement.objects.exists()


@pytest.mark.parametrize("since", ["corrected", "said by the school", "said of another year"])
def test_an_agreement_stays_where_somebody_corrected_it_or_the_school_gave_it_since(
    office: Client, school: models.School, coordinator: models.User, since: str
) -> None:
    post(office, school, "agreement", year="2026", accepted_on="2026-11-20", by_role="head")
    agreement = models.SchoolAgreement.objects.get()
    if since == "corrected":
        models.SchoolAgreement.objects.update(by_role="deputy")
    else:
        visit = factories.SessionFactory(visit__school=school, day=date(2027 if "another" in since else 2026, 11, 26)).visit
        said = models.SchoolAnswer.objects.create(
            visit=visit, school=school, item="agreement", words="Head", given_by="Pat", at=timezone.now()
        )
        assert take_answers(visit, as_read(said), by=coordinator, now=timezone.now()) == [said]
        models.SchoolAgreement.objects.exclude(pk=agreement.pk).delete()
    batch = undo(models.Batch.objects.get(), by=coordinator, now=timezone.now())
    why = {"corrected": "was changed since", "said by the school": "by its own page, that it agrees"}.get(since, "")
    assert why in " ".join(batch.left_alone)
    assert models.SchoolAgreement.objects.exists() is bool(why)


def test_the_list_of_conversations_takes_no_other_days_and_no_visit_elsewhere(
    office: Client, area: models.Area, school: models.School
) -> None:
    theirs = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    typed = {"school": school.pk, "how": "phone", "who": "Pat", "day": "2026-11-23", "follow_up_on": "2026-12-01"}
    wrong = {"visit": theirs.pk, "day": "2026-11-25", "follow_up_on": "2026-11-01"}
    refused = office.post("/admin/schools/contactlog/add/", typed | wrong).context["adminform"].form
    assert [reason.partition(".")[0] for reason in refused.non_field_errors()] == [
        "You cannot have spoken on a day to come",
        "The follow-up is before the conversation",
        f"Visit {theirs.reference} is not to {school}",
    ]
    assert office.post("/admin/schools/contactlog/add/", typed).status_code == 302
    log = models.ContactLog.objects.get()
    address = f"/admin/schools/contactlog/{log.pk}/change/"
    assert "You cannot have spoken" in saved(office, address, typed | {"day": "2026-11-25"}).content.decode()
    assert saved(office, address, typed | {"note": "Rings back."}).status_code == 302
    log.refresh_from_db()
    assert (log.day, log.note) == (date(2026, 11, 23), "Rings back.")
