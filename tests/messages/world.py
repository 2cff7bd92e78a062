"""A small charity about which every kind of message has something to say, and when it has."""

from datetime import UTC, date, datetime, time

from schools.models import (
    Clearance,
    Contact,
    ContactLog,
    MessageAbout,
    OfferedDates,
    OutboxMessage,
    SafeguardingNotice,
    School,
    SchoolAgreement,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    SessionType,
    Visit,
)
from schools.visits.actions import cancel_visit
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    VisitFactory,
    able_volunteer,
    coordinator_of,
    manager,
)

DAY = date(2026, 12, 17)
"""A Thursday: that of the agreed visits."""


def at(day: int, hour: int = 9, month: int = 12) -> datetime:
    return datetime(2026 if month == 12 else 2027, month, day, hour, tzinfo=UTC)


MOMENTS = {
    "mornings": at(1),
    "visits": at(1),
    "given-back": at(1),
    "school-alarm": at(17, 8),
    "date-chosen": at(1),
    "morning-alarm": at(17, 8),
    "school-change": at(1),
    "day-stands": at(1),
    "school-contact-before": at(1),
    "morning-list": at(17),
    "undelivered": at(1, 10),
    "school-request": at(1),
    "school-dates": at(1),
    "dates-to-choose": at(1),
    "school-pack": at(1),
    "school-week": at(10),
    "school-day-before": at(16),
    "school-thanks": at(4),
    "school-thanks-again": at(14),
    "school-agreement": at(1),
    "two-days": at(15),
    "evening": at(16, 18),
    "outcome": at(17, 12),
    "outcome-again": at(19, 10),
    "clearance-ends": at(17),
    "near-you": at(9),
    "term-thanks": at(4, month=1),
    "school-due": at(1),
}
"""When each kind has something to say in the world of this test; nobody but the office writes a chase."""

PHONE = "+447400123458"
SECRETS = ("001999999999", "SECRET NOTE", "Jamie Pupil", "SECRET CHILD", "SECRET CONFLICT")


class World:
    """Rows about which every kind has something to say."""

    def __init__(self) -> None:
        self.area = AreaFactory()
        self.by = coordinator_of(self.area, name="Cora")
        self.number = 0
        SchoolAgreement.objects.create(school=SchoolFactory(), academic_year=2026, accepted_on=DAY, by_role="head")

    def grow(self, number: int) -> None:
        for _ in range(number):
            self.number += 1
            guest = self.school("guest")
            self._agreed(guest)
            self._held(guest)
            self._requested()
            self._offered()
            self._chosen()
            self._cancelled()
            self._online()

    def school(self, name: str) -> School:
        school: School = SchoolFactory(area=self.area, name=f"{name} {self.number}", access_notes="SECRET NOTE")
        address = f"{name}{self.number}@school.example.org"
        Contact.objects.create(school=school, name="Nia", email=address, wants_invitations=name == "asked")
        return school

    def _visit(self, name: str, **fields: object) -> Visit:
        visit: Visit = VisitFactory(school=self.school(name), coordinator=self.by, arrival_notes="SECRET NOTE", **fields)
        return visit

    def _agreed(self, guest: School) -> None:
        visit = self._visit("agreed", stage="confirmed", agreed_on=date(2026, 11, 2))
        session = SessionFactory(visit=visit, day=DAY)
        HeadcountFactory(session=session, school=guest, year_group=3, expected=20)
        going, gone, near = (able_volunteer(self.area, signs_in=True) for _ in range(3))
        Clearance.objects.filter(volunteer=near).update(recheck_on=date(2027, 1, 16), reference="001999999999")
        CoverFactory(session=session, volunteer=going, override_note="SECRET NOTE")
        SchoolAlarm.objects.create(visit=visit, day=DAY, what="nobody", given_by="Jamie Pupil", at=at(17, 8))
        back = {"state": "withdrawn", "gave_back": True, "ended_by": gone.user, "answered_at": at(1, 8)}
        CoverFactory(session=session, volunteer=gone, **back)
        message = self._message("dead", stopped_at=at(1, 9))
        MessageAbout.objects.create(
            visit=visit, volunteer=going, message=message, known_by="message", facts="x", is_reminder=True
        )

    def _message(self, key: str, **fields: object) -> OutboxMessage:
        of_mail = {"to": f"{key}{self.number}@example.org", "subject": "x", "body": "x", **fields}
        message: OutboxMessage = OutboxMessage.objects.create(key=f"{key}:{self.number}", **of_mail)
        return message

    def _held(self, guest: School) -> None:
        visit = self._visit("held", stage="confirmed", agreed_on=date(2026, 11, 2))
        session = SessionFactory(
            visit=visit, day=date(2026, 12, 3), delivered=True, recorded_at=at(3, 15), outcome_note="Jamie Pupil cried"
        )
        HeadcountFactory(session=session, school=guest, year_group=3, pupils=20)
        CoverFactory(session=session, volunteer=able_volunteer(self.area, signs_in=True), state="attended")
        SafeguardingNotice.objects.create(session=session, told_at=at(3), role_told="SECRET CHILD", by=self.by)
        message = self._message("thanks", kind="school-thanks", sent_at=at(4))
        about = {"message": message, "known_by": "message", "is_reminder": True, "facts": "x"}
        MessageAbout.objects.create(visit=visit, school=visit.school, **about)

    def _changed_by_school(self) -> None:
        visit = self._visit("gone", stage="cancelled", cancelled_code="school")
        said = {"why": "staff", "note": "SECRET NOTE", "given_by": "Jamie Pupil", "at": at(1, 8)}
        SchoolChange.objects.create(visit=visit, what="cancel", day=date(2026, 12, 15), **said)
        for over_at in (None, at(1, 8)):
            shown = SessionType.objects.get(slug="online-ks2")
            session = SessionFactory(visit=self._visit("elsewhere"), day=date(2026, 12, 15), type=shown)
            wish = SchoolChange.objects.create(visit=session.visit, what="move", day=session.day, over_at=over_at, **said)
            OutboxMessage.objects.create(
                key=f"school-change:{wish.pk}:{self.by.pk}:{wish.at.isoformat()}", kind="school-change", sent_at=at(1, 8),
                to="cora@example.org", subject="x", body="x",
            )  # fmt: skip

        session = SessionFactory(visit=self._visit("stays"), day=date(2026, 12, 15))
        named = {"words": "Lee Moor\nbursar\nlee@school.example.org", "given_by": "Nia", "at": at(1, 8)}
        SchoolAnswer.objects.create(visit=session.visit, school=session.visit.school, item="contact", **named)
        answered = {"seen_at": at(1, 8), "is_mailed": True}
        SchoolChange.objects.create(visit=session.visit, what="move", day=session.day, **said, **answered)

    def _requested(self) -> None:
        self.school("asked")
        self._changed_by_school()
        visit = self._visit("requested", stage="requested", requested_on=date(2026, 12, 1))
        said = {"who": "Nia", "note": "SECRET NOTE", "by": self.by, "dates_offered": "5 January"}
        ContactLog.objects.create(school=visit.school, visit=visit, day=date(2026, 12, 1), how="phone", **said)

    def _offered(self) -> None:
        school = self.school("offered")
        held = {"offered_at": at(1, 8), "held_until": date(2026, 12, 11), "offered_by": self.by}
        contact, half_days = school.contacts.get(), ["2027-01-12-morning", "2027-01-14-afternoon"]
        OfferedDates.objects.create(school=school, contact=contact, half_days=half_days, people=2, **held)

    def _chosen(self) -> None:
        for stage in ("requested", "confirmed"):
            visit = self._visit(f"chosen-{stage}", stage=stage, agreed_on=date(2026, 12, 1) if stage == "confirmed" else None)
            chosen = {"state": "chosen", "chosen": "2027-01-12-morning", "chosen_by": "Nia", "is_short": stage == "requested"}
            held = {"offered_at": at(1, 8), "answered_at": at(1, 8), "held_until": date(2026, 12, 11)}
            half_days = ["2027-01-12-morning"]
            OfferedDates.objects.create(school=visit.school, visit=visit, half_days=half_days, people=2, **chosen, **held)
            if stage == "confirmed":
                SessionFactory(visit=visit, day=date(2027, 1, 12))

    def _cancelled(self) -> None:
        visit = self._visit("cancelled", stage="confirmed", agreed_on=date(2026, 11, 2))
        session = SessionFactory(visit=visit, day=date(2027, 1, 20), starts=time(14), ends=time(15))
        CoverFactory(session=session, volunteer=able_volunteer(self.area, signs_in=True))
        cancel_visit(visit, code="weather", note="SECRET CONFLICT", by=manager(), now=at(1, 8))

    def _online(self) -> None:
        """Sessions that schools show by themselves: to come, held, and cancelled an hour ago."""
        reported: dict[str, object] = {"delivered": True, "recorded_at": at(3, 15)}
        days = {"online": DAY, "online-held": date(2026, 12, 3), "online-off": date(2026, 12, 2)}
        for name, day in days.items():
            fields = reported if name == "online-held" else {}
            visit = self._visit(name, stage="confirmed", agreed_on=date(2026, 11, 2))
            shown = SessionType.objects.get(slug="online-ks2")
            session = SessionFactory(visit=visit, day=day, type=shown, **fields)
            HeadcountFactory(session=session, school=visit.school, year_group=3, pupils=20 if fields else None)
            Contact.objects.filter(school=visit.school).update(phone=PHONE, sms_number=PHONE, sms_since=at(1, 8))
        cancel_visit(visit, code="weather", note="SECRET CONFLICT", by=manager(), now=at(1, 8))
        held = Visit.objects.get(school__name=f"online-held {self.number}")
        message = self._message("online-thanks", kind="school-thanks", sent_at=at(4))
        about = {"message": message, "known_by": "message", "is_reminder": True, "facts": "x"}
        MessageAbout.objects.create(visit=held, school=held.school, **about)
