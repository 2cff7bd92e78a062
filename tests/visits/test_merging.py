"""Two entries of one person become one: everything moves, nothing is counted otherwise, and all of it can be taken back."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose
from schools.directory.queries import contacts_of
from schools.erasing.actions import erase
from schools.reach.queries.volunteering import contributions_of
from schools.visits.actions.merged_rows import columns_of
from schools.visits.actions.merging import merge_people, preview_merge, seen, undo_merge
from tests import factories
from tests.news import tell

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
YEARS = Period(date(2020, 8, 1), date(2030, 7, 31), "all")

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> models.User:
    return factories.manager()


def everything() -> dict[tuple[str, int], dict[str, Any]]:
    """Every row of every table with all its columns, but for merges and the records of what was deleted.

    What people know of their visits is left out: what they knew before it changed is written down first, and undoing does not
    make them forget it. So it is with what they were called before: the database keeps that whenever it changes.
    """
    tables: list[type[Model]] = [*apps.get_app_config("schools").get_models(), LogEntry, models.Volunteer.areas.through,
                                 models.Contact.also_at.through]  # fmt: skip
    return {
        (model._meta.label, row.pk): columns_of(row)
        for model in tables
        if model not in {models.Merge, models.MessageAbout, models.EarlierValue}
        for row in model._default_manager.all()
        if getattr(row, "history_type", "") != "-"
    }


# Longer than 40 lines: it makes a row of everything that refers to a volunteer, for two of them.
def pair() -> tuple[models.Volunteer, models.Volunteer]:
    """Two entries of one person: some of what they have is the same, some is not."""
    area, other_area = factories.AreaFactory(), factories.AreaFactory()
    user = factories.UserFactory(email="asha@example.org")
    kept = factories.able_volunteer(area, name="Asha Bell", reference="V-1", home_postcode="")
    gone = factories.able_volunteer(area, name="Asha Bel", reference="V-2", phone="+447700900123", user=user,
                                    home_postcode="LA9 4XX", easting=351000, northing=492000,
                                    place_precision="exact")  # fmt: skip
    gone.areas.add(other_area)
    school = factories.SchoolFactory(area=area)
    for volunteer, weekdays in ((kept, (0, 1)), (gone, (1, 2))):
        models.Availability.objects.bulk_create(
            models.Availability(volunteer=volunteer, weekday=day, part="morning") for day in weekdays
        )
        models.Conflict.objects.create(volunteer=volunteer, school=school)
        models.Away.objects.create(volunteer=volunteer, first_day=date(2026, 12, 1), last_day=date(2026, 12, 2))
        models.Invitation.objects.create(volunteer=volunteer, email="asha@example.org", token_hash=f"i{volunteer.pk}",
                                         sent_at=NOW, expires_at=datetime(2026, 12, 1, tzinfo=UTC))  # fmt: skip
        models.FeedToken.objects.create(volunteer=volunteer, token_hash=f"f{volunteer.pk}", made_at=NOW)
        models.VolunteerStep.objects.create(volunteer=volunteer, step="active", day=date(2025, 9, 1))
        models.ClearanceLook.objects.create(
            volunteer_number=volunteer.pk, page="list", by=factories.manager(), at=NOW, keep_until=date(2032, 11, 24)
        )
    models.VolunteerStep.objects.create(volunteer=gone, step="left", day=date(2026, 9, 1))
    LogEntry.objects.create(user=user, content_type=ContentType.objects.get_for_model(models.Volunteer), object_id=str(gone.pk),
                            object_repr="Asha Bel", action_flag=CHANGE)  # fmt: skip
    for both in (False, True):
        session = factories.SessionFactory(visit__school=school)
        factories.CoverFactory(session=session, volunteer=gone, role="lead", state="accepted")
        if both:
            factories.CoverFactory(session=session, volunteer=kept, role="presenter", state="offered")
    delivered = factories.SessionFactory(visit__school=school, delivered=True, day=date(2026, 11, 5), area=area)
    factories.CoverFactory(session=delivered, volunteer=gone, role="lead", state="attended")
    return kept, gone


def merged(kept: Any, gone: Any, by: models.User, *chosen: str) -> models.Merge:
    mark = seen(*(type(person)._default_manager.get(pk=person.pk) for person in (kept, gone)))
    return merge_people(kept, gone, chosen=chosen, mark=mark, by=by, now=NOW)


def test_whatever_refers_to_the_one_that_goes_refers_to_the_one_that_stays(manager: models.User) -> None:
    kept, gone = pair()
    looks, clearances = models.ClearanceLook.objects.count(), models.Clearance.objects.count()
    merged(kept, gone, manager, "phone", "user", "home_postcode")
    assert not models.Volunteer.objects.filter(pk=gone.pk).exists()
    for relation in models.Volunteer._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            column = relation.field.attname  # type: ignore[union-attr]  # it is a key to this table
            rows = relation.related_model._default_manager.filter(**{column: gone.pk})  # type: ignore[union-attr]  # as above
            assert [row for row in rows if getattr(row, "history_type", "") != "-"] == [], relation
    kept.refresh_from_db()
    assert kept.user is not None
    assert (str(kept.phone), kept.user.email, kept.home_postcode, kept.easting) == (
        "+447700900123", "asha@example.org", "LA9 4XX", 351000,
    )  # fmt: skip
    assert (kept.name, kept.reference, kept.areas.count()) == ("Asha Bell", "V-1", 2)
    assert sorted(kept.availabilities.values_list("weekday", flat=True)) == [0, 1, 2]
    assert [kept.conflicts.count(), kept.aways.count(), kept.invitations.count()] == [1, 2, 2]
    assert kept.clearances.count() == clearances
    assert models.ClearanceLook.objects.count() == looks
    assert LogEntry.objects.filter(object_id=str(kept.pk), object_repr="Asha Bel").exists()
    assert models.Volunteer.objects.named("V-2").first() is None
    assert models.Volunteer.objects.named("la94xx").get() == kept


@pytest.mark.parametrize("says", [{"recheck_on": date(2026, 11, 1)}, {"day": date(2026, 9, 1)}])
def test_sign_offs_that_say_something_else_are_made_alike_first(manager: models.User, says: dict[str, date]) -> None:
    kept, gone = pair()
    mine = kept.sign_offs.select_related("session_type").get(session_type__slug="ks2-assembly")
    theirs = gone.sign_offs.filter(session_type=mine.session_type, stage=mine.stage)
    assert theirs.update(**says) == 1
    with pytest.raises(RuleBroken, match=f"Both have “Signed off” for {mine.session_type}, but not from the same day"):
        merged(kept, gone, manager)
    theirs.update(day=mine.day, recheck_on=mine.recheck_on)
    merged(kept, gone, manager)
    assert kept.sign_offs.get(session_type=mine.session_type) == mine


def test_two_covers_of_one_session_become_the_stronger_one(manager: models.User) -> None:
    kept, gone = pair()
    merged(kept, gone, manager)
    covers = kept.covers.values_list("role", "state")
    assert sorted(covers) == [("lead", "accepted"), ("lead", "accepted"), ("lead", "attended")]


def test_a_duplicate_that_left_does_not_make_the_person_leave(manager: models.User) -> None:
    kept, gone = pair()
    merged(kept, gone, manager)
    kept.refresh_from_db()
    assert kept.status == "active"
    assert list(kept.steps.values_list("step", flat=True)) == ["active"]


def test_undoing_puts_every_column_of_every_row_back(manager: models.User) -> None:
    kept, gone = pair()
    before = everything()
    merge = merged(kept, gone, manager, "phone", "user", "home_postcode", "name", "reference")
    assert everything() != before
    undone = undo_merge(merge, by=manager, now=NOW)
    assert undone.left_alone == []
    assert everything() == before
    with pytest.raises(RuleBroken, match="This was undone already"):
        undo_merge(merge, by=manager, now=NOW)


def test_a_preview_changes_nothing_and_counts_what_moves(manager: models.User) -> None:
    kept, gone = pair()
    before = everything()
    preview = preview_merge(kept, gone, by=manager, now=NOW)
    assert everything() == before
    assert not models.Merge.objects.exists()
    assert (preview.moved["areas"], preview.dropped["areas"]) == (1, 1)
    assert preview.moved["places on sessions"] == 3
    assert preview.dropped["places on sessions"] == 1
    assert preview.dropped["conflicts"] == 1


def test_hours_and_pupils_stay_as_they_are(manager: models.User) -> None:
    kept, gone = pair()

    def minutes() -> list[Any]:
        return [contributions_of(volunteer, YEARS) for volunteer in models.Volunteer.objects.filter(pk__in=[kept.pk, gone.pk])]

    [[first], [second]] = minutes()
    counts = list(models.Headcount.objects.values())
    merged(kept, gone, manager)
    [[together]] = minutes()
    assert together.sessions == first.sessions + second.sessions
    assert together.hours == first.hours + second.hours
    assert list(models.Headcount.objects.values()) == counts


def test_what_changed_since_stays_and_is_said(manager: models.User) -> None:
    kept, gone = pair()
    merge = merged(kept, gone, manager, "phone")
    kept.refresh_from_db()
    kept.phone = "+447700900999"
    kept.save()
    cover = factories.CoverFactory(volunteer=kept, state="accepted")
    kept.covers.filter(state="attended").update(volunteer=factories.VolunteerFactory())
    undone = undo_merge(merge, by=manager, now=NOW)
    kept.refresh_from_db()
    cover.refresh_from_db()
    assert str(kept.phone) == "+447700900999"
    assert cover.volunteer == kept
    assert len(undone.left_alone) == 2
    assert all("was changed since" in sentence for sentence in undone.left_alone)


def test_what_both_attended_shows_that_they_are_two(manager: models.User) -> None:
    kept, gone = pair()
    session = models.Session.objects.get(stage="delivered")
    factories.CoverFactory(session=session, volunteer=kept, role="presenter", state="attended")
    before = everything()
    with pytest.raises(RuleBroken, match="so they are two people"):
        merged(kept, gone, manager)
    assert everything() == before


@pytest.mark.parametrize("values", [{"decision": "not_clear"}, {"withdrawn_on": date(2026, 1, 1)}])
def test_who_is_not_clear_never_becomes_part_of_who_is(values: dict[str, Any], manager: models.User) -> None:
    kept, gone = pair()
    gone.clearances.update(**values)
    for two in ((kept, gone), (gone, kept)):
        with pytest.raises(RuleBroken, match="They stay apart"):
            merged(*two, manager)


def test_what_nobody_has_seen_and_what_is_gone_is_not_merged(manager: models.User) -> None:
    kept, gone = pair()
    mark = seen(*(models.Volunteer.objects.get(pk=person.pk) for person in (kept, gone)))
    models.Volunteer.objects.filter(pk=gone.pk).update(name="Somebody Else")
    with pytest.raises(RuleBroken, match="changed one of the two meanwhile"):
        merge_people(kept, gone, chosen=(), mark=mark, by=manager, now=NOW)
    gone.refresh_from_db()
    merged(kept, gone, manager)
    with pytest.raises(RuleBroken, match="somebody was quicker"):
        merge_people(kept, gone, chosen=(), mark=None, by=manager, now=NOW)
    with pytest.raises(RuleBroken, match="same entry"):
        merge_people(kept, kept, chosen=(), mark=None, by=manager, now=NOW)


def test_merges_are_undone_the_latest_first(manager: models.User) -> None:
    kept, gone = pair()
    third = factories.VolunteerFactory(name="Ash Bell", reference="V-3")
    first = merged(kept, gone, manager)
    second = merged(third, kept, manager)
    with pytest.raises(RuleBroken, match="Undo the later merge first"):
        undo_merge(first, by=manager, now=NOW)
    undo_merge(second, by=manager, now=NOW)
    undo_merge(first, by=manager, now=NOW)
    assert {kept.pk, gone.pk, third.pk} <= set(models.Volunteer.objects.values_list("pk", flat=True))


def test_an_entry_whose_reference_was_taken_cannot_come_back_and_nothing_is_half_undone(manager: models.User) -> None:
    kept, gone = pair()
    merge = merged(kept, gone, manager)
    factories.VolunteerFactory(reference="V-2")
    before = everything()
    with pytest.raises(RuleBroken, match="cannot come back"):
        undo_merge(merge, by=manager, now=NOW)
    assert everything() == before


def test_erasing_somebody_erases_the_names_and_sign_ins_of_what_was_merged_into_them(manager: models.User) -> None:
    kept, gone = pair()
    third = factories.VolunteerFactory(name="Aschabell Bellova", reference="V-3")
    merged(gone, third, manager)
    gone.refresh_from_db()
    merged(kept, gone, manager)
    models.OutboxMessage.objects.create(key="a", to="x@example.org", subject="Hello Aschabell Bellova", body="Hello")
    models.Volunteer.objects.filter(pk=kept.pk).update(status="left", left=date(2026, 1, 1))
    kept.refresh_from_db()
    erase(kept, by=manager, now=NOW)
    assert not models.Merge.objects.exists()
    # Nothing says that the mail was for them: it stays, and the name does not.
    assert models.OutboxMessage.objects.get().subject == f"Hello Former volunteer {kept.reference}"
    assert not LogEntry.objects.filter(object_repr__contains="Asha").exists()
    assert not models.User.objects.filter(email__contains="asha").exists()


def test_contacts_become_one_at_all_schools_of_both_and_visits_name_the_one(manager: models.User) -> None:
    schools = [factories.SchoolFactory(name=name) for name in ("Fellside", "Beckside", "Kirkside")]
    kept = models.Contact.objects.create(school=schools[0], name="Pat Head")
    gone = models.Contact.objects.create(school=schools[1], name="Pat Haed", email="pat@example.org")
    gone.also_at.add(schools[0], schools[2])
    visit = factories.VisitFactory(school=schools[1], contact=gone, safeguarding_contact=gone)
    before = everything()
    merge = merged(kept, gone, manager, "email")
    visit.refresh_from_db()
    kept.refresh_from_db()
    assert (visit.contact, visit.safeguarding_contact, kept.email) == (kept, kept, "pat@example.org")
    assert (kept.school, set(kept.also_at.all())) == (schools[0], {schools[1], schools[2]})
    assert [contact.pk for contact in contacts_of(schools[1])] == [kept.pk]
    assert undo_merge(merge, by=manager, now=NOW).left_alone == []
    assert everything() == before


def test_what_was_said_by_the_links_of_either_is_said_by_those_of_the_one_and_by_its_own_once_undone(
    manager: models.User,
) -> None:
    school = factories.SchoolFactory()
    kept, gone = (models.Contact.objects.create(school=school, name=name) for name in ("Pat Head", "Pat Haed"))
    first, second = (access_of(contact, AccessPurpose.VISITS, on=NOW.date()) for contact in (kept, gone))
    models.SchoolAccess.objects.filter(pk=first.pk).update(generation=3)
    said: dict[str, Any] = {"visit": factories.VisitFactory(school=school), "school": school, "given_by": "Annie", "at": NOW}
    answer = models.SchoolAnswer.objects.create(item="parking", words="Behind", access=second, link_generation=0, **said)
    before = everything()
    merge = merged(kept, gone, manager)
    answer.refresh_from_db()
    assert (answer.access, answer.link_generation) == (first, 3)
    assert undo_merge(merge, by=manager, now=NOW).left_alone == []
    assert everything() == before


def test_nobody_is_told_of_a_merge_or_of_its_undoing(manager: models.User) -> None:
    kept, gone = pair()
    session = factories.SessionFactory(day=NOW.date() + timedelta(days=9))
    factories.CoverFactory(session=session, volunteer=gone)
    merge = merged(kept, gone, manager, "user")
    assert tell(NOW) == 0
    undo_merge(merge, by=manager, now=NOW)
    assert tell(NOW) == 0


def test_two_who_go_to_two_schools_at_the_same_time_are_made_one_only_once_one_is_off(manager: models.User) -> None:
    kept, gone = factories.able_volunteer(name="Asha Bell"), factories.able_volunteer(name="Asha Bel")
    day = NOW.date() + timedelta(days=9)
    elm, oak = (factories.SessionFactory(visit__school__name=name, day=day) for name in ("Elm", "Oak"))
    factories.CoverFactory(session=elm, volunteer=kept)
    cover = factories.CoverFactory(session=oak, volunteer=gone)
    with pytest.raises(RuleBroken, match="Asha Bell is at Elm and Asha Bel at Oak at the same time") as broken:
        preview_merge(kept, gone, by=manager, now=NOW)
    assert "Take one of them off first." in broken.value.reasons[0]
    models.Session.objects.filter(pk=oak.pk).update(starts=elm.ends, ends=time(10, 30))
    preview_merge(kept, gone, by=manager, now=NOW)
    models.Session.objects.filter(pk=oak.pk).update(starts=elm.starts)
    models.Cover.objects.filter(pk=cover.pk).update(state="offered")
    merged(kept, gone, manager)
    assert dict(models.Cover.objects.filter(volunteer=kept).values_list("session", "state")) == {
        elm.pk: "accepted",
        oak.pk: "offered",
    }


@pytest.mark.parametrize("noted", ["", "kept", "gone"])
def test_two_who_have_too_little_time_to_travel_are_made_one_by_somebody_who_has_read_that(
    manager: models.User, noted: str
) -> None:
    kept, gone = factories.able_volunteer(name="Asha Bell"), factories.able_volunteer(name="Asha Bel")
    day = NOW.date() + timedelta(days=9)
    elm = factories.SessionFactory(visit__school=factories.SchoolFactory(name="Elm", easting=300_000, northing=500_000), day=day)
    oak = factories.SessionFactory(visit__school=factories.SchoolFactory(name="Oak", easting=330_000, northing=500_000), day=day,
                                   starts=time(10, 0), ends=time(10, 30))  # fmt: skip
    near = factories.SessionFactory(visit=oak.visit, day=day, starts=time(11, 30), ends=time(12, 0))
    for session, volunteer, side in ((elm, kept, "kept"), (oak, gone, "gone"), (near, gone, "gone")):
        factories.CoverFactory(session=session, volunteer=volunteer, override_note="By car." if side == noted else "")
    sentences = preview_merge(kept, gone, by=manager, now=NOW).tight
    assert len(sentences) == (0 if noted else 1)
    words = ("Asha Bell is at Elm and Asha Bel at Oak on one day", str(elm), str(oak), "67 minutes, and there are 15")
    assert [part for sentence in sentences for part in words if part not in sentence] == []
    merged(kept, gone, manager)
    assert models.Cover.objects.filter(volunteer=kept).count() == 3
