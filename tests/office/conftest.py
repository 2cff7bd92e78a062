"""A coordinator of one area, with a row of every table in it and in another one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db.models import Model
from django.test import Client

from schools import models
from tests import factories

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _on_the_day() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    """Home keeps some of its numbers for a few minutes."""
    cache.clear()


@pytest.fixture
def area(db: None) -> models.Area:
    return factories.AreaFactory(name="Cumberland")


@pytest.fixture
def elsewhere(db: None) -> models.Area:
    return factories.AreaFactory(name="Northamptonshire")


@pytest.fixture
def coordinator(area: models.Area) -> models.User:
    return factories.coordinator_of(area, name="Cora Nwosu")


@pytest.fixture
def office(db: None, client: Client, coordinator: models.User) -> Client:
    """The coordinator's browser."""
    client.force_login(coordinator)
    return client


@pytest.fixture
def managers_office(db: None, client: Client) -> Client:
    """A manager's browser."""
    client.force_login(factories.manager())
    return client


class Rows(dict[type[Model], Model]):
    """A row by its table; for a table without one it says what to do."""

    def __missing__(self, model: type[Model]) -> Model:
        pytest.fail(f"Add a row of {model.__name__} to `rows_in` (tests/office/conftest.py).", pytrace=False)


# Longer than 40 lines: it makes one row of every table.
def rows_in(area: models.Area, *, by: models.User) -> Rows:
    """One row of every table, in the area as far as its table knows areas."""
    school = factories.SchoolFactory(area=area, trust_code="2044", trust="Fell Trust")
    successor = factories.SchoolFactory(area=area, authority=school.authority)
    volunteer, namesake = factories.VolunteerFactory(), factories.VolunteerFactory()
    for each in (volunteer, namesake):
        each.areas.add(area)
    visit = factories.VisitFactory(school=school)
    session = factories.SessionFactory(visit=visit)
    clearance = factories.ClearanceFactory(volunteer=volunteer)
    material = models.Material.objects.create(name=f"Leaflet {uuid4()}")
    run = models.ImportRun.objects.create(
        register="gias",
        file_name="register.csv",
        day=date(2026, 11, 24),
        state="applied",
        asked_at=NOW,
        seen_at=NOW,
        applied_at=NOW,
    )
    store = models.Store.objects.create(name="Office", area=area)
    puppet = models.Material.objects.create(name=f"Puppet {uuid4()}", kind="equipment")
    piece = models.Piece.objects.create(material=puppet, label="1", home=store)
    agreement = models.Agreement.objects.create(
        version=models.Agreement.objects.count() + 1, from_day=date(2027, 1, 1), text="I keep what I hear to myself."
    )
    # Somebody to whom something refers can't be deleted, so the person at the school with a link is another than the row below.
    linked = models.Contact.objects.create(school=school, name="Kim Office", email=f"{uuid4()}@example.org")
    rows: list[Model] = [
        models.Charity.objects.get(),
        agreement,
        models.Accepted.objects.create(volunteer=volunteer, agreement=agreement, at=NOW),
        models.FeedToken.objects.create(volunteer=volunteer, token_hash=str(uuid4()), made_at=NOW),
        models.Invitation.objects.create(
            volunteer=volunteer, email="a@example.org", token_hash=str(uuid4()), sent_at=NOW, expires_at=NOW + timedelta(days=7)
        ),
        models.OfficeFeed.objects.create(user=factories.UserFactory(), token_hash=str(uuid4()), made_at=NOW),
        models.AddressChange.objects.create(
            user=factories.UserFactory(),
            new_email="b@example.org",
            old_hash=str(uuid4()),
            new_hash=str(uuid4()),
            asked_at=NOW,
            expires_at=NOW + timedelta(days=3),
        ),
        store,
        piece,
        models.Movement.objects.create(
            material=material, store=store, quantity=9, kind="received", day=NOW.date(), written_at=NOW, by=by
        ),
        models.PieceBooking.objects.create(session=session, piece=piece),
        models.SessionKit.objects.create(session=session, material=material, quantity=3),
        models.Packed.objects.create(session=session, material=material, store=store, quantity=3, packed_at=NOW, by=by),
        models.Parcel.objects.create(visit=visit, store=store, sent_on=NOW.date(), by=by),
        models.ColumnMatch.objects.create(kind="contacts", theirs=str(uuid4()), ours="role"),
        area,
        area.region,
        school,
        volunteer,
        visit,
        session,
        clearance,
        material,
        school.authority,
        session.type,
        models.AreaAuthority.objects.get(area=area, authority=school.authority),
        models.AreaCoordinator.objects.create(area=area, user=factories.UserFactory()),
        models.StandIn.objects.create(
            coordinator=factories.UserFactory(), stand_in=factories.UserFactory(), from_day=NOW.date(), to_day=NOW.date()
        ),
        models.ClosedPeriod.objects.create(area=area, first_day=date(2025, 8, 1), last_day=date(2025, 12, 31)),
        models.SchoolAuthority.objects.get(school=school),
        reader := models.Contact.objects.create(school=school, name="Pat Head", email=f"{uuid4()}@example.org"),
        models.SchoolAccess.objects.create(contact=linked, email=linked.email, purpose="visits", expires=date(2027, 11, 24)),
        models.SchoolAnswer.objects.create(visit=visit, school=school, item="note", words="Hello", given_by="Pat", at=NOW),
        models.SchoolAlarm.objects.create(visit=visit, day=date(2026, 11, 24), what="nobody", given_by="Pat", at=NOW),
        models.SchoolChange.objects.create(visit=visit, day=date(2026, 12, 8), what="move", why="clash", given_by="Pat", at=NOW),
        models.Feedback.objects.create(visit=visit, school=school, again="yes", given_by="Pat", at=NOW),
        models.VisitRequest.objects.create(
            school=school, name="Pat", role="head", email="p@example.org", asked_at=NOW, confirmed_at=NOW, state="waits"
        ),
        models.OfferedDates.objects.create(
            school=school, half_days=["2026-12-15-morning"], people=2, offered_at=NOW, held_until=date(2026, 12, 4)
        ),
        models.SuppressedAddress.objects.create(address=reader.email, reason="bounce", since=NOW),
        models.MailPace.objects.get_or_create(pk=1)[0],
        models.Roll.objects.create(school=school, academic_year=2026, year_group=5, pupils=30, source="coordinator"),
        models.Site.objects.create(school=school, name="Lower Site", postcode="LA9 4XX"),
        models.SchoolAgreement.objects.create(school=school, academic_year=2026, accepted_on=date(2026, 9, 1), by_role="head"),
        models.SchoolLink.objects.create(predecessor=school, successor=successor, kind="feeder"),
        models.Postcode.objects.create(postcode=f"ZZ{models.Postcode.objects.count()} 9ZZ", easting=1, northing=1),
        run,
        models.ImportFile.objects.create(run=run, part="register", name="register.csv", content=b""),
        models.ImportChange.objects.create(
            run=run, school=school, kind="created", register_id=school.register_id, name=school.name
        ),
        models.Reorganisation.objects.create(old=school.authority, new=factories.AuthorityFactory(), day=date(2023, 4, 1)),
        models.ContactLog.objects.create(school=school, day=date(2026, 11, 2), how="phone", who="the office", by=by),
        factories.SignOffFactory(volunteer=volunteer),
        models.VolunteerStep.objects.create(volunteer=volunteer, step="active", day=date(2026, 1, 5), by=by),
        models.Availability.objects.create(volunteer=volunteer, weekday=3, part="morning"),
        models.Away.objects.create(volunteer=volunteer, first_day=date(2026, 12, 1), last_day=date(2026, 12, 3)),
        models.Conflict.objects.create(volunteer=volunteer, school=school),
        models.ClearanceLook.objects.create(
            volunteer_number=volunteer.pk, page="list", by=by, at=NOW, keep_until=date(2032, 11, 24)
        ),
        factories.HeadcountFactory(session=session),
        factories.CoverFactory(session=session, volunteer=volunteer),
        models.SafeguardingNotice.objects.create(session=session, told_at=NOW, role_told="safeguarding lead", by=by),
        models.MaterialUse.objects.create(session=session, material=material),
        models.KitLine.objects.create(
            session_type=models.SessionType.objects.create(
                slug=f"type-{uuid4()}", name="Type", lowest_year_group=0, highest_year_group=6, minutes=30, presenters=2
            ),
            material=material,
            quantity=1,
        ),
        models.PackItem.objects.create(
            session_type=session.type, title="Plan", file_name="plan.pdf", file_kind="pdf", size=5, content=b"%PDF-"
        ),
        models.OutcomeSubmission.objects.create(key=uuid4(), session=session, by=by, digest="0" * 64, received_at=NOW),
        models.StockSubmission.objects.create(key=uuid4(), by=by, digest="0" * 64, received_at=NOW),
        models.BackupRun.objects.create(kind="backup", started_at=NOW, finished_at=NOW),
        message := models.OutboxMessage.objects.create(key=str(uuid4()), to="a@example.org", subject="Hello", body="Hello"),
        models.MessageAbout.objects.create(
            visit=visit, school=school, message=message, known_by="message", facts=str(uuid4()), at=NOW
        ),
        models.MessageTo.objects.create(message=message, volunteer=volunteer),
        models.EditedText.objects.create(key=str(uuid4()), language="en-gb", text="Hello"),
        models.PublicText.objects.create(key="privacy", language=uuid4().hex[:10], draft="We keep little."),
        models.Erasure.objects.create(kind="contact", reference=f"contact:{uuid4().int % 10**9}", at=NOW, by=by),
        models.EarlierValue.objects.create(table="contact", row=1, column="name", value="Pat Head"),
        models.PurgeRun.objects.create(started_at=NOW),
        models.SubjectAccess.objects.create(
            kind="volunteer",
            reference=volunteer.reference,
            asked_on=NOW.date(),
            first_check="mail",
            second_check="call",
            checked_at=NOW,
            by=by,
        ),
        trustee := models.Trustee.objects.create(name="Tess Hill", email=f"{uuid4()}@example.org", named_by=by, named_at=NOW),
        recovery := models.Recovery.objects.create(
            user=factories.UserFactory(),
            lost="second-factor",
            why="phone-lost",
            first_check="call",
            second_check="in_person",
            asked_by=by,
            asked_at=NOW,
            old_email="a@example.org",
        ),
        models.RecoveryStep.objects.create(recovery=recovery, kind="agreed", trustee=trustee, at=NOW, how="link"),
        models.PeriodicJob.objects.create(name=str(uuid4()), due_at=NOW),
        models.SignOfLife.objects.create(name=str(uuid4()), process="clock", machine="one", started_at=NOW, seen_at=NOW),
        models.Term.objects.create(
            nation="england", authority=school.authority, name="Autumn", first_day=date(2026, 9, 2), last_day=date(2026, 12, 18)
        ),
        template := models.VisitTemplate.objects.create(name=f"Template {uuid4()}"),
        models.VisitTemplateLine.objects.create(template=template, type=session.type),
        models.Batch.objects.create(kind="move", words="One visit moved", by=by, made_at=NOW),
        models.Merge.objects.create(
            kind="volunteer", kept_id=volunteer.pk, gone_id=volunteer.pk + 100_000, words="Two made one", by=by, made_at=NOW
        ),
        models.TwoPeople.objects.create(kind="volunteer", first_id=volunteer.pk, second_id=namesake.pk, by=by, noted_at=NOW),
        signed := models.Return.objects.create(
            area=area,
            area_name=area.name,
            period="2025/26",
            first_day=date(2025, 8, 1),
            last_day=date(2026, 7, 31),
            sentence="In 2025/26 no pupils were counted.",
            figures={"columns": [], "rows": []},
            definitions=1,
            renderer=1,
            digest="0" * 64,
            signed_off_at=NOW,
            signed_off_by=by,
        ),
        models.ReturnRow.objects.create(of_return=signed, position=1, session=session, cells=[]),
        models.Restatement.objects.create(
            of_return=signed, session=session, why="Two classes were swapped.", outcome=[], figures=[], at=NOW, by=by
        ),
        models.Drift.objects.create(of_return=signed, because="Import of a register", figures=[], at=NOW, by=by),
        publication := models.Publication.objects.create(
            period="2025/26",
            first_day=date(2025, 8, 1),
            last_day=date(2026, 7, 31) + timedelta(days=models.Publication.objects.count()),  # each is published once
            outcomes_missing=0,
            counts={name: [] for name in ("tables", "places", "rolls", "session_types", "figures")}
            | {"charity": ""}
            | {"as_of": ""},
            definitions=2,
            renderer=1,
            digest="0" * 64,
            published_at=NOW,
            published_by=by,
        ),
        place := models.PublishedPlace.objects.create(code=f"england.none.{area.pk}.none", nation="england", area=area),
        models.PublishedAtom.objects.create(
            publication=publication, place=place, month=date(2025, 10, 1), session_type=session.type, year_group=5, attendances=5
        ),
        models.PublishedPupils.objects.create(
            publication=publication, place=place, academic_year=2025, pupils_reached_low=5, pupils_reached=5
        ),
        models.Deprivation.objects.create(small_area=f"E01{area.pk % 1_000_000:06}", nation="england", fifth=1, year=2025),
        models.Confirmed.objects.create(
            kind="roll", subject=str(uuid4()), digest="0" * 64, area=area, words="70 of 60", reason="Two schools.", at=NOW, by=by
        ),
        models.Subscription.objects.create(user=factories.UserFactory(), asked_at=NOW),
        token := models.ApiToken.objects.create(
            name="Website", token_hash=str(uuid4()), everywhere=True, made_at=NOW, made_by=by
        ),
        models.ApiUse.objects.create(token=token, at=NOW, question="period=2026/27", status=200),
        factories.UserFactory(),
        Group.objects.get(name="Analyst"),
    ]
    return Rows({type(row): row for row in rows})
