"""One thing of each period, of any age: what the purge is tried with."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry

from schools import models
from schools.messages.actions import GONE
from schools.recovery.models import AGREED_WITHIN
from tests import factories

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = NOW.date()

type Look = Callable[[], bool]
"""Tells whether what was made is still kept."""


def at(day: date) -> datetime:
    """Noon of the day."""
    return datetime.combine(day, time(12), tzinfo=UTC)


def there(row: Any) -> Look:
    """Looks whether the row is there."""
    return lambda: type(row)._default_manager.filter(pk=row.pk).exists()


def holding(row: Any, column: str) -> Look:
    """Looks whether the column holds something."""
    return lambda: type(row)._default_manager.filter(pk=row.pk).exclude(**{column: ""}).exists()


def alike(*looks: Look) -> Look:
    """Looks whether all of them are kept; none goes before the others."""

    def look() -> bool:
        kept = {each() for each in looks}
        assert len(kept) == 1, "What is of one period went from one place and not from another."
        return kept.pop()

    return look


def message(day: date) -> Look:
    """One that was sent, and one that has expired unsent and is neither sent nor stopped."""
    mail = {"to": "pat@example.org", "subject": "Hello", "created_at": at(day)}
    sent = models.OutboxMessage.objects.create(key=str(uuid4()), body="Dear Pat", sent_at=at(day), **mail)
    expired = models.OutboxMessage.objects.create(key=str(uuid4()), body=GONE, expires_at=at(day) + timedelta(days=1), **mail)
    return alike(holding(sent, "to"), holding(expired, "to"))


def device(day: date) -> Look:
    row = UserSession.objects.create(
        user=factories.UserFactory(), ip="192.0.2.1", last_seen_at=at(day), session_key=uuid4().hex, user_agent="x", data={}
    )
    UserSession.objects.filter(pk=row.pk).update(last_seen_at=at(day))
    return there(row)


def line_of_log(day: date) -> Look:
    row = LogEntry.objects.create(user=factories.UserFactory(), object_repr="Pat", action_flag=CHANGE)
    LogEntry.objects.filter(pk=row.pk).update(action_time=at(day))
    return there(row)


def question(day: date) -> Look:
    by = factories.UserFactory()
    token = models.ApiToken.objects.create(name="Website", token_hash=str(uuid4()), everywhere=True, made_at=NOW, made_by=by)
    row = models.ApiUse.objects.create(token=token, at=at(day), question="period=2025/26", status=200)
    models.ApiUse.objects.create(token=token, at=NOW, question="period=2026/27", status=200)
    return there(row)


def run_of(register: str, day: date, state: str) -> models.ImportRun:
    applied = {"applied_at": at(day)} if state == "applied" else {}
    return models.ImportRun.objects.create(
        register=register, file_name="people.csv", day=day, asked_at=at(day), seen_at=at(day), state=state, **applied
    )


def people_import(day: date) -> Look:
    run = run_of("volunteers", day, "applied")
    models.ImportChange.objects.create(run=run, kind="created", register_id="x", known_by="p7k2qx", name="Pat Head")
    return there(run)


def waiting_file(day: date) -> Look:
    run = run_of("gias", day, "ready")
    models.ImportFile.objects.create(run=run, part="register", name="gias.csv", content=b"x")
    return lambda: models.ImportFile.objects.filter(run=run).exists()


def task(day: date) -> Look:
    tasks: Any = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
    row = tasks.create(
        status="SUCCESSFUL", args_kwargs={"args": [], "kwargs": {}}, task_path="x", backend_name="default", run_after=at(day),
        finished_at=at(day), exception_class_path="", traceback="",
    )  # fmt: skip
    return there(row)


def batch(day: date) -> Look:
    by = factories.UserFactory()
    return there(models.Batch.objects.create(kind="move", words="Pat’s visit moved", by=by, made_at=at(day)))


def invitation(day: date) -> Look:
    row = models.Invitation.objects.create(
        volunteer=factories.VolunteerFactory(), email="pat@example.org", token_hash=str(uuid4()), expires_at=at(day),
        sent_at=at(day - timedelta(days=7)),
    )  # fmt: skip
    return there(row)


def away(day: date) -> Look:
    return there(models.Away.objects.create(volunteer=factories.VolunteerFactory(), first_day=day, last_day=day))


def lifted_address(day: date) -> Look:
    row = models.SuppressedAddress.objects.create(
        address=f"{uuid4()}@example.org", reason="bounce", since=at(day), lifted_at=at(day)
    )
    return there(row)


def certificate(day: date) -> Look:
    volunteer = factories.VolunteerFactory(status="left", left=day)
    clearance = factories.ClearanceFactory(volunteer=volunteer, reference="001234567890", level="enhanced")
    history: Any = models.Clearance
    kept = holding(clearance, "reference")
    return lambda: kept() or history.history.filter(id=clearance.pk).exclude(reference="", level="").exists()


def note(day: date) -> Look:
    session = factories.SessionFactory(day=day, outcome_note="Pat Head was kind.")
    cover = factories.CoverFactory(session=session, state="withdrawn", override_note="Pat lives nearby.")
    models.Visit.objects.filter(pk=session.visit_id).update(agreed_with="Pat Head")
    visit = models.Visit.objects.get(pk=session.visit_id)
    looks = [holding(session, "outcome_note"), holding(cover, "override_note"), holding(visit, "agreed_with")]
    sessions: Any = models.Session
    covers: Any = models.Cover
    looks.append(lambda: sessions.history.filter(id=session.pk).exclude(outcome_note="").exists())
    looks.append(lambda: covers.history.filter(id=cover.pk).exclude(override_note="").exists())

    def look() -> bool:
        kept = {each() for each in looks}
        assert len(kept) == 1, "A note went from one place and not from another."
        return kept.pop()

    return look


def conversation(day: date) -> Look:
    row = models.ContactLog.objects.create(
        school=factories.SchoolFactory(), day=day, how="phone", who="Pat Head", by=factories.UserFactory()
    )
    return there(row)


def notice(day: date) -> Look:
    row = models.SafeguardingNotice.objects.create(
        session=factories.SessionFactory(), told_at=at(day), role_told="the lead", by=factories.UserFactory()
    )
    return there(row)


def school_answer(day: date) -> Look:
    session = factories.SessionFactory(day=day)
    named: dict[str, Any] = {"visit": session.visit, "school": session.visit.school, "given_by": "Pat Head", "at": at(day)}
    answer = there(models.SchoolAnswer.objects.create(item="room", words="The hall", **named))
    said = {"visit": session.visit, "day": day, "what": "nobody", "given_by": "Pat Head", "at": at(day)}
    alarm = there(models.SchoolAlarm.objects.create(**said))
    asked = {"what": "move", "why": "clash", "day": day, "half_days": [f"{day}-morning"], "given_by": "Pat Head", "at": at(day)}
    change = there(models.SchoolChange.objects.create(visit=session.visit, **asked))
    feedback = holding(models.Feedback.objects.create(comment="Thank you", again="yes", **named), "comment")

    request = there(a_request(day, school=session.visit.school, visit=session.visit, confirmed_at=at(day), state="done"))

    offered = {"half_days": [f"{day}-morning"], "people": 2, "offered_at": at(day), "held_until": day}
    dates = there(models.OfferedDates.objects.create(school=session.visit.school, visit=session.visit, state="lapsed", **offered))

    def look() -> bool:
        assert answer() == feedback() == request() == dates(), "What a school said went from one place and not from another."
        assert answer() == alarm() == change() == feedback(), "What a school said went from one place and not from another."
        return answer()

    return look


def a_request(day: date, **fields: Any) -> models.VisitRequest:
    person: dict[str, Any] = {"name": "Pat Head", "role": "head", "email": "pat@fern.example.org"}
    return models.VisitRequest.objects.create(asked_at=at(day), **person, **fields)


def unconfirmed_request(day: date) -> Look:
    """A request, and somebody whom a colleague named, that nobody has confirmed."""
    visit = factories.VisitFactory()
    words = f"Sam Hill\nbursar\n{uuid4()}@example.org"
    named = models.SchoolAnswer.objects.create(
        visit=visit, school=visit.school, item="contact", words=words, given_by="Pat Head", at=at(day)
    )
    return alike(there(a_request(day, school=factories.SchoolFactory())), there(named))


def enquiry(day: date) -> Look:
    return there(a_request(day, school_name="Nowhere Primary", state="waits", confirmed_at=at(day)))


def school_link(day: date) -> Look:
    return there(models.SchoolAccess.objects.create(email=f"{uuid4()}@example.org", purpose="visits", expires=day))


def access(day: date) -> Look:
    row = models.SubjectAccess.objects.create(
        kind="contact", reference="contact:1", asked_on=day, first_check="mail", second_check="call", checked_at=at(day)
    )
    return there(row)


def way_back(day: date) -> Look:
    by = factories.UserFactory()
    row = models.Recovery.objects.create(
        user=factories.UserFactory(), lost="second-factor", why="phone-lost", first_check="call", second_check="in_person",
        asked_by=by, asked_at=at(day), ended_at=at(day), outcome="stopped",
    )  # fmt: skip
    models.RecoveryStep.objects.create(recovery=row, kind="stopped", by=by, at=at(day), how="office")
    return there(row)


def access_note(day: date) -> Look:
    school = factories.SchoolFactory(access_notes="Pat Head has the key.")
    site = models.Site.objects.create(school=school, name="Lower", postcode="ZZ98 7QX", access_notes="Pat Head has the key.")
    earlier = []
    for place in (school, site):
        place.access_notes = "Ring at the gate."
        place.save()
        of_table: Any = type(place)
        first, second = of_table.history.filter(id=place.pk).order_by("history_id")
        of_table.history.filter(pk=first.pk).update(history_date=at(day - timedelta(days=9000)))
        of_table.history.filter(pk=second.pk).update(history_date=at(day))
        earlier.append((of_table, first.pk, second.pk))

    def look() -> bool:
        kept: set[bool] = {table.history.filter(pk=first).exclude(access_notes="").exists() for table, first, _ in earlier}
        assert len(kept) == 1, "A note went from one place and not from another."
        assert all(table.history.get(pk=second).access_notes == "Ring at the gate." for table, _, second in earlier)
        return kept.pop()

    return look


def agreement(day: date) -> Look:
    row = models.SchoolAgreement.objects.create(
        school=factories.SchoolFactory(), academic_year=day.year, accepted_on=day, by_role="Pat Head, head teacher"
    )
    return holding(row, "by_role")


def unanswered(day: date) -> Look:
    change = models.AddressChange.objects.create(
        user=factories.UserFactory(), new_email="pat@example.org", old_hash=str(uuid4()), new_hash=str(uuid4()),
        asked_at=at(day - timedelta(days=3)), expires_at=at(day),
    )  # fmt: skip
    by, named_at = factories.UserFactory(), at(day) - AGREED_WITHIN
    trustee = models.Trustee.objects.create(name="Pat Head", email=f"{uuid4()}@example.org", named_by=by, named_at=named_at)
    mail = models.OutboxMessage.objects.create(key=f"no-sign-in:{uuid4()}", to="pat@example.org", subject="x", sent_at=at(day))
    models.OutboxMessage.objects.filter(pk=mail.pk).update(created_at=at(day))
    return alike(there(change), there(trustee), holding(mail, "to"))


THINGS: dict[str, Callable[[date], Look]] = {
    "messages": message,
    "devices": device,
    "office-log": line_of_log,
    "api-questions": question,
    "imports": people_import,
    "import-files": waiting_file,
    "tasks": task,
    "undoing": batch,
    "invitations": invitation,
    "away": away,
    "addresses": lifted_address,
    "certificates": certificate,
    "notes": note,
    "access-notes": access_note,
    "agreed-by": agreement,
    "school-words": school_answer,
    "school-links": school_link,
    "school-asked": unconfirmed_request,
    "school-enquiries": enquiry,
    "conversations": conversation,
    "notices": notice,
    "access": access,
    "ways-back": way_back,
    "unanswered": unanswered,
}
"""By the name of the period; people are tried in test_leaving.py."""
