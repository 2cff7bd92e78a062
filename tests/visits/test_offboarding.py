"""Ending a membership gives back what is to come; erasing forgets the person everywhere and keeps what was counted."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, JSONField, TextField
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.erasing.actions import erase
from schools.reach.queries.volunteering import contributions_of
from schools.visits.actions import assign, cancel_day, end_membership
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.steps import take_step_to_undo
from schools.visits.actions.undoing import undo
from schools.visits.rules import Slot
from schools.volunteers.actions import take_step
from tests import factories
from tests.news import tell

pytestmark = pytest.mark.django_db

ALWAYS = Period(date.min, date.max, "always")


def leave(volunteer: models.Volunteer, now: datetime, by: models.User | None = None) -> models.Batch:
    return end_membership(volunteer, day=now.date(), by=by or factories.UserFactory(), now=now)


def test_what_is_to_come_is_given_back_and_what_was_stays(now: datetime) -> None:
    coordinator, volunteer = factories.manager(), factories.able_volunteer(signs_in=True, joined=date(2024, 1, 1))
    first = factories.SessionFactory(visit__coordinator=coordinator)
    second = factories.SessionFactory(visit=first.visit, starts=time(10), ends=time(10, 30))
    offered, past = factories.SessionFactory(), factories.SessionFactory(day=date(2026, 11, 2), delivered=True)
    for session, state in ((first, "accepted"), (second, "accepted"), (offered, "offered"), (past, "attended")):
        factories.CoverFactory(session=session, volunteer=volunteer, state=state)
    released = [change["pk"] for change in leave(volunteer, now).changes if change["table"] == "cover"]
    assert [models.Cover.objects.get(pk=pk).session for pk in released] == [first, second, offered]
    assert set(models.Session.objects.given_back(on=now.date())) == {first, second}
    assert models.Cover.objects.get(session=past).state == "attended"
    volunteer.refresh_from_db()
    assert (volunteer.status, volunteer.left) == ("left", now.date())
    tell(now)
    # One message for the day, and no way in any more.
    assert models.OutboxMessage.objects.filter(to=coordinator.email).count() == 1
    assert volunteer.user is not None
    assert not volunteer.user.is_active
    with pytest.raises(RuleBroken, match="has left already"):
        leave(volunteer, now)


def test_nobody_leaves_before_their_latest_step_by_which_they_would_be_active_still(now: datetime) -> None:
    volunteer = factories.able_volunteer(signs_in=True)
    models.VolunteerStep.objects.create(volunteer=volunteer, step="active", day=date(2026, 11, 20))
    cover = factories.CoverFactory(session=factories.SessionFactory(), volunteer=volunteer)
    with pytest.raises(RuleBroken, match="is written down for Fri 20 November 2026"):
        end_membership(volunteer, day=date(2026, 11, 19), by=factories.UserFactory(), now=now)
    cover.refresh_from_db()
    assert cover.state == "accepted"
    end_membership(volunteer, day=date(2026, 11, 20), by=factories.UserFactory(), now=now)
    volunteer.refresh_from_db()
    assert volunteer.status == "left"


def test_the_last_morning_of_somebody_who_leaves_on_that_day_stays_theirs(now: datetime) -> None:
    volunteer = factories.able_volunteer(joined=date(2024, 1, 1))
    begun = factories.SessionFactory(day=now.date(), starts=time(8, 50), ends=time(9, 20))
    full = factories.SessionFactory(day=now.date(), starts=time(8, 0), ends=time(8, 30))
    later = factories.SessionFactory(visit=begun.visit, day=now.date(), starts=time(9, 30), ends=time(10))
    for session, state in ((begun, "accepted"), (full, "offered"), (later, "accepted")):
        factories.CoverFactory(session=session, volunteer=volunteer, state=state)
    leave(volunteer, now)
    states = dict(models.Cover.objects.values_list("session", "state"))
    assert states == {begun.pk: "accepted", full.pk: "withdrawn", later.pk: "withdrawn"}
    on = date(2026, 11, 25)
    assert list(models.Cover.objects.outcome_missing(on=on).values_list("session", flat=True)) == [begun.pk]


def test_who_gets_no_mail_has_to_be_told_and_who_comes_back_signs_in_again(now: datetime) -> None:
    without, with_mail = factories.able_volunteer(), factories.able_volunteer(signs_in=True)
    for volunteer in (without, with_mail):
        factories.CoverFactory(volunteer=volunteer)
        leave(volunteer, now)
    assert models.Cover.objects.get(volunteer=without).news == "taken_off"
    assert models.Cover.objects.get(volunteer=with_mail).news == ""
    take_step(with_mail, "returned", day=now.date(), by=factories.UserFactory(), now=now)
    with_mail.refresh_from_db()
    assert (with_mail.status, with_mail.left) == ("active", None)
    assert models.User.objects.get(volunteer=with_mail).is_active


@pytest.mark.parametrize("way", ["undone", "comes back"])
def test_no_browser_of_before_knows_who_left_and_may_sign_in_again(way: str, now: datetime) -> None:
    volunteer, by, browser = factories.able_volunteer(signs_in=True), factories.manager(), Client()
    browser.force_login(models.User.objects.get(volunteer=volunteer))
    batch = leave(volunteer, now, by)
    if way == "undone":
        undo(batch, by=by, now=now)
    else:
        take_step(volunteer, "returned", day=now.date(), by=by, now=now)
    assert models.User.objects.get(volunteer=volunteer).is_active
    assert browser.get("/me/").status_code == 302


def test_who_came_back_by_a_slip_is_signed_out_for_good_once_that_is_undone(now: datetime) -> None:
    volunteer, by, browser = factories.able_volunteer(signs_in=True), factories.manager(), Client()
    leave(volunteer, now, by)
    slip = take_step_to_undo(volunteer, "returned", day=now.date(), by=by, now=now)
    browser.force_login(models.User.objects.get(volunteer=volunteer))
    undo(slip, by=by, now=now)
    user = models.User.objects.filter(volunteer=volunteer)
    assert not user.get().is_active
    user.update(is_active=True)
    assert browser.get("/me/").status_code == 302


def test_somebody_who_works_in_the_office_too_goes_on_signing_in(now: datetime) -> None:
    user = factories.coordinator_of()
    volunteer = factories.able_volunteer(user=user)
    leave(volunteer, now)
    assert models.User.objects.get(pk=user.pk).is_active


def texts() -> Iterator[tuple[str, str]]:
    """Every text in every table, histories and logs included."""
    for model in apps.get_models(include_auto_created=True):
        fields = [one.name for one in model._meta.concrete_fields if isinstance(one, CharField | TextField | JSONField)]
        for row in model._default_manager.values_list(*fields) if fields else ():
            for name, value in zip(fields, row, strict=True):
                yield f"{model.__name__}.{name}", str(value)


def brought(volunteer: models.Volunteer) -> None:
    """An import of volunteers that names the person in a change and in its report."""
    line = {"line": 3, "id": volunteer.reference, "reason": "phone is “01632 960444”, which cannot be used"}
    other = {"line": 4, "id": "P1", "reason": "phone is “12”"}
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    run = models.ImportRun.objects.create(
        register="volunteers", file_name="people.csv", day=moment.date(), asked_at=moment, seen_at=moment,
        report={"refused": [line, other], "left_out": [line]},
    )  # fmt: skip
    changed = {"Phone": [None, "+441632960444"]}
    known_by = volunteer.reference.casefold()
    run.changes.create(kind="created", register_id="1", known_by=known_by, name=volunteer.name, fields=changed)
    run.changes.create(kind="created", register_id="2", known_by="p1", name="Somebody Else")


# Longer than 40 lines: it looks for the person everywhere.
def test_who_is_erased_is_found_nowhere_and_what_they_gave_is_still_counted(now: datetime) -> None:
    volunteer = factories.able_volunteer(
        signs_in=True, name="Marguerite Quill", phone="+441632960444", emergency_contact="Ottokar Quill, 01632 960445",
        home_postcode="ZZ98 7QX", easting=330_000, northing=520_000,
    )  # fmt: skip
    assert volunteer.user is not None
    models.User.objects.filter(pk=volunteer.user.pk).update(name="Marguerite Quill", email="quill@example.org")
    brought(volunteer)
    models.Volunteer.objects.filter(pk=volunteer.pk).update(reference="P-101")  # what was imported names them as before
    volunteer.refresh_from_db()
    clearance = models.Clearance.objects.get(volunteer=volunteer)
    clearance.reference = "CERT-771"
    clearance.save()
    models.Away.objects.create(volunteer=volunteer, first_day=date(2026, 12, 1), last_day=date(2026, 12, 2))
    by, visit_of = factories.UserFactory(), factories.manager()
    session = factories.SessionFactory(visit__coordinator=visit_of)
    assign(session, volunteer, role="presenter", by=by, now=now, note="Marguerite Quill is staying nearby")
    past = factories.SessionFactory(day=date(2026, 11, 2), delivered=True)
    factories.CoverFactory(session=past, volunteer=volunteer, state="attended")
    snow = cancel_day(session.day, [session.pk], code="weather", note="", by=by, now=now)
    models.Away.objects.create(volunteer=volunteer, first_day=session.day, last_day=session.day)
    volunteer.conflicts.create(school=session.visit.school)
    assert "Marguerite Quill is no longer on" in undo(snow, by=by, now=now).left_alone[0]
    moved = factories.SessionFactory()
    factories.CoverFactory(session=moved, volunteer=volunteer, override_note="Quill has a lift")
    to = {moved.pk: Slot(date(2026, 11, 27), moved.starts, moved.ends)}
    move(moved.visit, to, seen=plan_move(moved.visit, to, by=by, now=now).digest, by=by, now=now)
    content_type = ContentType.objects.get_for_model(models.Volunteer)
    LogEntry.objects.create(
        user=by, content_type=content_type, object_id=str(volunteer.pk), object_repr="Marguerite Quill", action_flag=CHANGE
    )
    (before,) = contributions_of(volunteer, ALWAYS)
    with pytest.raises(RuleBroken, match="has not left"):
        erase(volunteer, by=by, now=now)
    tell(now)
    leave(volunteer, now, by)
    models.Volunteer.objects.filter(pk=volunteer.pk).update(email="marguerite.quill@example.org")
    secrets = ("quill", "960444", "960445", "zz98", "cert-771")
    assert {place.split(".")[0] for place, text in texts() if any(one in text.lower() for one in secrets)} >= {
        "Volunteer", "User", "HistoricalClearance", "HistoricalCover", "OutboxMessage", "LogEntry",
    }  # fmt: skip
    assert {"Batch.changes", "Batch.left_alone"} <= {place for place, text in texts() if "quill" in text.lower()}
    erase(volunteer, by=by, now=now)
    assert models.ImportChange.objects.get().name == "Somebody Else"
    assert [problem["id"] for problem in (models.ImportRun.objects.get().report or {})["refused"]] == ["P1"]
    assert [(place, text) for place, text in texts() if any(one in text.lower() for one in secrets)] == []
    volunteer.refresh_from_db()
    assert (volunteer.name, volunteer.place) == (f"Former volunteer {volunteer.reference}", (None, None))
    assert contributions_of(volunteer, ALWAYS) == [before]
    assert before.sessions == 1
    assert models.Cover.objects.filter(volunteer=volunteer).count() == 3
    assert [step.step for step in volunteer.steps.all()] == ["left"]


def test_who_has_left_is_phoned_no_more_about_tomorrow_and_is_again_where_the_leaving_is_undone(now: datetime) -> None:
    session, by = factories.SessionFactory(), factories.manager()
    volunteer = factories.able_volunteer(signs_in=True)
    factories.CoverFactory(session=session, volunteer=volunteer)
    today = now.date()
    facts = {"known_by": "message", "facts": "moved", "speaks_of": [session.pk], "phone_until": today}
    models.MessageAbout.objects.create(visit=session.visit, volunteer=volunteer, **facts)

    def on_home() -> int:
        return models.Visit.objects.with_people_to_tell(on=today).count()

    assert on_home() == 1
    batch = leave(volunteer, now, by)
    assert on_home() == 0
    assert undo(batch, by=by, now=now).left_alone == []
    assert on_home() == 1
