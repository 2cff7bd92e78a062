"""People whose time is over are erased; whoever a manager has to decide about is left."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError

from schools import models
from schools.charity.drafts import PRIVACY
from schools.erasing.actions import erase
from schools.keeping import actions, leaving
from schools.keeping.actions import Line, purge
from schools.keeping.periods import BY_NAME
from schools.management.commands.purge import in_words
from schools.visits.actions.merging import merge_people
from tests import factories
from tests.keeping.things import NOW, TODAY, at

pytestmark = pytest.mark.django_db


def lines() -> dict[str, Line]:
    return {line.period: line for line in purge(clock=lambda: NOW)}


def over(name: str, *, days: int = 0) -> date:
    """The latest day from which the time of the period is over, and so many days earlier."""
    return BY_NAME[name].last_day_over(TODAY) - timedelta(days=days)


def test_a_volunteer_is_erased_six_years_after_leaving_and_what_they_gave_stays() -> None:
    gone = factories.VolunteerFactory(name="Marguerite Thorne", status="left", left=over("volunteers"), reference="P7K2QX")
    kept = factories.VolunteerFactory(name="Colin Airey", status="left", left=over("volunteers") + timedelta(days=1))
    cover = factories.CoverFactory(volunteer=gone, session=factories.SessionFactory(day=date(2020, 1, 9), delivered=True))
    line = lines()["volunteers"]
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (line.number, line.oldest) == (1, str(kept.left))
    assert gone.name == "Former volunteer P7K2QX"
    assert kept.name == "Colin Airey"
    assert models.Cover.objects.get(pk=cover.pk).volunteer == gone
    erasure = models.Erasure.objects.get()
    assert (erasure.reference, erasure.by, erasure.sheet["period"]) == ("P7K2QX", None, "volunteers")
    assert lines()["volunteers"].number == 0


def test_whoever_came_after_the_day_on_which_they_left_is_kept_because_that_day_is_wrong() -> None:
    slip = factories.VolunteerFactory(name="Colin Airey", status="left", left=over("volunteers"))
    factories.CoverFactory(volunteer=slip, state="attended", session=factories.SessionFactory(day=TODAY, delivered=True))
    lines()
    slip.refresh_from_db()
    assert slip.name == "Colin Airey"


def test_one_of_whom_alone_it_is_asked_is_due_as_among_all_others() -> None:
    for name, days in (("Ann", -1), ("Bo", 0), ("Cy", 1)):
        factories.VolunteerFactory(name=f"{name} Left", status="left", left=over("volunteers", days=days))
        enquirer = factories.VolunteerFactory(name=f"{name} Silent", status="enquirer")
        models.VolunteerStep.objects.create(volunteer=enquirer, step="enquired", day=over("enquirers", days=days))
        contact(f"{name} Keeper", entered_at=at(over("contacts", days=days)))
        factories.UserFactory(is_active=False, date_joined=at(over("colleagues", days=days)))
    factories.VolunteerFactory(name="No Day", status="applicant")
    # Whom the charity names is left to a manager.
    models.Trustee.objects.create(name="Cy Left", email="cy@example.org", named_by=factories.manager(), named_at=NOW)
    for people in leaving.PEOPLE:
        among_all = list(people.due(NOW).order_by("pk").values_list("pk", flat=True))
        alone = [pk for pk in people.rows().order_by("pk").values_list("pk", flat=True) if people.due(NOW, pk=pk).exists()]
        assert alone == among_all != [], people.period.name


def test_an_enquirer_of_whom_nothing_was_heard_for_a_year_leaves_and_is_erased() -> None:
    made: dict[str, Any] = {}
    for name, day in (("Ottokar Silent", over("enquirers")), ("Ffion Recent", over("enquirers") + timedelta(days=1))):
        made[name] = factories.VolunteerFactory(name=name, status="enquirer")
        models.VolunteerStep.objects.create(volunteer=made[name], step="enquired", day=day)
    made["No Day"] = factories.VolunteerFactory(name="No Day", status="applicant")
    line = lines()["enquirers"]
    assert (line.number, line.for_managers, line.waiting) == (1, 1, 0)
    silent = models.Volunteer.objects.get(pk=made["Ottokar Silent"].pk)
    assert silent.status == "left"
    assert silent.name == f"Former volunteer {silent.reference}"
    assert {row.name for row in models.Volunteer.objects.exclude(pk=silent.pk)} == {"Ffion Recent", "No Day"}


def test_who_was_active_and_is_trained_once_more_is_no_enquirer_and_who_never_was_is() -> None:
    for name, steps in (("Ann Ash", ("active", "training")), ("Bo Birch", ("training",))):
        volunteer = factories.VolunteerFactory(name=name, status="in_training")
        for step in steps:
            models.VolunteerStep.objects.create(volunteer=volunteer, step=step, day=over("enquirers"))
    assert lines()["enquirers"].number == 1
    assert models.Volunteer.objects.filter(name="Ann Ash", status="in_training").exists()
    assert not models.Volunteer.objects.filter(name="Bo Birch").exists()


def test_an_enquirer_who_is_typed_in_today_from_an_old_letter_is_kept() -> None:
    long_ago = over("enquirers", days=30)
    for name, entered in (("Ann Ash", NOW), ("Bo Birch", at(long_ago))):
        volunteer = factories.VolunteerFactory(name=name, status="enquirer", entered_at=entered)
        models.VolunteerStep.objects.create(volunteer=volunteer, step="enquired", day=long_ago)
    assert lines()["enquirers"].number == 1
    assert models.Volunteer.objects.filter(name="Ann Ash").exists()
    assert not models.Volunteer.objects.filter(name="Bo Birch").exists()


def test_an_applicant_whose_clearance_was_written_down_last_week_is_kept() -> None:
    long_ago = over("enquirers", days=30)
    kept, signed, gone = (
        factories.VolunteerFactory(name=name, status="applicant") for name in ("Ann Ash", "Sid Sign", "Bo Birch")
    )
    for volunteer in (kept, signed, gone):
        models.VolunteerStep.objects.create(volunteer=volunteer, step="applied", day=long_ago)
        clearance = factories.ClearanceFactory(volunteer=volunteer, issued=long_ago, decided_on=long_ago)
        clearance.history.update(history_date=at(long_ago if volunteer != kept else TODAY - timedelta(days=7)))
    factories.SignOffFactory(volunteer=signed, day=TODAY - timedelta(days=7))
    assert lines()["enquirers"].number == 1
    assert {row.name for row in models.Volunteer.objects.exclude(pk=gone.pk)} == {"Ann Ash", "Sid Sign"}
    gone.refresh_from_db()
    assert gone.name == f"Former volunteer {gone.reference}"


def test_each_is_erased_at_a_moment_of_their_own() -> None:
    """A backup may be taken between two of them: it is told by the moment who is to be erased again after its restore."""
    for name in ("First", "Second"):
        factories.VolunteerFactory(name=f"Person {name}", status="left", left=over("volunteers"))
    moments = (NOW + timedelta(minutes=minute) for minute in count())
    purge(clock=lambda: next(moments))
    first, second = models.Erasure.objects.order_by("pk").values_list("at", flat=True)
    assert NOW < first < second


def test_one_person_with_whom_it_fails_keeps_nobody_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    people = [
        factories.VolunteerFactory(name=f"Person {name}", status="left", left=over("volunteers", days=3 - number))
        for number, name in enumerate(("First", "Second", "Third"))
    ]

    def fails(row: Any, **options: Any) -> models.Erasure:
        erase(row, **options)
        if row.pk == people[0].pk:
            msg = "duplicate key: Key (email)=(first@example.org) already exists"
            raise IntegrityError(msg)
        return models.Erasure.objects.latest("pk")

    monkeypatch.setattr(leaving, "erase", fails)
    line = lines()["volunteers"]
    assert (line.number, line.waiting, line.not_done) == (2, 1, (people[0].reference,))
    for person in people:
        person.refresh_from_db()
    assert [person.name.partition(" ")[0] for person in people] == ["Person", "Former", "Former"]
    report = {line["period"]: line for line in models.PurgeRun.objects.get().report}
    assert report["volunteers"]["not_done"] == [people[0].reference]
    assert f"{people[0].reference} was kept long enough and could not be erased (IntegrityError)" in caplog.text
    assert "first@example.org" not in caplog.text
    assert in_words(line, dry_run=False).endswith(f"not done: {people[0].reference} (the log says why)")
    monkeypatch.undo()
    assert (lines()["volunteers"].number, lines()["volunteers"].not_done) == (1, ())


def contact(name: str, **fields: Any) -> models.Contact:
    entered = fields.pop("entered_at", at(over("contacts", days=40)))
    email = f"{name.split(maxsplit=1)[0].lower()}@oak.org"
    return models.Contact.objects.create(name=name, school=factories.SchoolFactory(), email=email, entered_at=entered, **fields)


def test_somebody_at_a_school_of_which_nobody_hears_any_more_is_erased() -> None:
    silent, by = contact("Philippa Silent"), factories.UserFactory()
    wanting = contact("Quentin Wanting", wants_invitations=True)
    new = contact("Roswitha New", entered_at=NOW)
    spoken = contact("Sebastian Spoken")
    models.ContactLog.objects.create(school=spoken.school, day=over("contacts") + timedelta(days=1), how="phone", who="x", by=by)
    visited = contact("Theodora Visited")
    factories.SessionFactory(visit__school=visited.school, day=over("contacts") + timedelta(days=1), delivered=True)
    shared = contact("Ulrika Shared")
    shared.also_at.add(visited.school)
    requested = contact("Valentin Requested")
    models.Visit.objects.create(reference="V1", school=requested.school, stage="requested", requested_on=date(2020, 1, 1))
    long_ago = contact("Wilhelmina Ago")
    factories.SessionFactory(visit__school=long_ago.school, day=over("contacts"), delivered=True)
    models.Visit.objects.filter(school=long_ago.school).update(stage="confirmed", agreed_on=over("contacts", days=50))
    never_agreed = contact("Xenia Planned")
    visit = factories.SessionFactory(visit__school=never_agreed.school, day=over("contacts"), delivered=True).visit
    models.Visit.objects.filter(pk=visit.pk).update(contact=never_agreed, requested_on=None)
    assert visit.stage == "planned"
    assert lines()["contacts"].number == 3
    assert set(models.Contact.objects.all()) == {wanting, new, spoken, visited, shared, requested}
    assert not models.Contact.objects.filter(pk__in=[silent.pk, long_ago.pk, never_agreed.pk]).exists()


def test_somebody_at_a_school_who_is_in_use_is_kept_however_long_ago_they_were_entered() -> None:
    """Each by one thing alone: pupils who go as guests, dates to choose from, a request, a visit elsewhere, a page of theirs."""
    week = timedelta(days=7)
    guest = contact("Aurelia Guest")
    host = factories.SessionFactory(day=TODAY + week)
    factories.HeadcountFactory(session=host, school=guest.school, year_group=4, expected=12)
    offered = contact("Benedikt Offered")
    dates = {"half_days": ["2026-12-01-morning"], "people": 2, "offered_at": at(over("contacts", days=9)), "held_until": TODAY}
    models.OfferedDates.objects.create(school=offered.school, contact=offered, **dates)
    asking = contact("Cosima Asking")
    person = {"name": asking.name, "role": "head", "email": asking.email, "contact": asking}
    long_ago = at(over("contacts", days=9))
    models.VisitRequest.objects.create(school=asking.school, state="waits", asked_at=long_ago, confirmed_at=long_ago, **person)
    named, lead = contact("Dorothea Named"), contact("Emmerich Lead")
    factories.SessionFactory(visit__contact=named, visit__safeguarding_contact=lead, day=TODAY + week)
    reader = contact("Friederike Reader")
    models.SchoolAccess.objects.create(
        contact=reader, email=reader.email, purpose="visits", expires=TODAY, last_used_at=at(TODAY - week)
    )
    answering = contact("Gottfried Answering")
    visit = factories.VisitFactory(stage="confirmed", agreed_on=over("contacts", days=9))
    models.SchoolAnswer.objects.create(
        visit=visit, school=answering.school, item="note", words="Hello", given_by="x", at=at(TODAY - week)
    )
    lost = contact("Hildegard Lost")
    assert lines()["contacts"].number == 1
    assert set(models.Contact.objects.all()) == {guest, offered, asking, named, lead, reader, answering}
    assert not models.Contact.objects.filter(pk=lost.pk).exists()


def test_whom_the_charity_names_today_is_left_for_a_manager() -> None:
    gone: dict[str, Any] = {"status": "left", "left": over("volunteers")}
    concern = factories.VolunteerFactory(name="Marguerite Thorne", **gone)
    phone = factories.VolunteerFactory(name="Colin Airey", phone="+447400123456", **gone)
    published = factories.VolunteerFactory(name="Ottokar Published", **gone)
    nobody = factories.VolunteerFactory(name="Ludmilla Nobody", **gone)
    trustee = factories.coordinator_of(name="Trudi Trustee", email="trudi@example.org", is_active=False)
    models.User.objects.filter(pk=trustee.pk).update(date_joined=at(over("colleagues")), last_login=None)
    by = factories.manager(name="Bea Manager")
    models.Trustee.objects.create(name="T. Trustee", email="trudi@example.org", named_by=by, named_at=NOW)
    ended = factories.VolunteerFactory(name="Egon Ended", **gone)
    models.Trustee.objects.create(name="Egon Ended", email="egon@example.org", named_by=by, named_at=NOW, ended_at=NOW)
    named = {"concern_name": "Marguerite Thorne, trustee", "concern_phone": "+447400123456"}
    models.Charity.objects.update(**named)
    words = {"words": "Ask Ottokar Published.", "version": 1, "published_at": NOW}
    models.PublicText.objects.update_or_create(key="privacy", language="en", defaults=words)
    report = lines()
    assert (report["volunteers"].number, report["volunteers"].waiting, report["volunteers"].for_managers) == (1, 0, 3)
    assert report["volunteers"].in_notes == (ended.reference,), "a manager reads where a trustee who has ended is called so"
    assert (report["colleagues"].number, report["colleagues"].waiting, report["colleagues"].for_managers) == (0, 0, 1)
    left = models.Volunteer.objects.exclude(pk__in=[nobody.pk, ended.pk]).order_by("pk")
    assert [row.name for row in left] == [concern.name, phone.name, published.name]
    assert models.Charity.objects.values_list("concern_name", flat=True).get() == named["concern_name"]
    assert models.PublicText.objects.get(key="privacy", language="en").words == words["words"]


@pytest.mark.parametrize(
    ("entered", "named"),
    [
        ("Zoë O’Neill", "Zoë O'Neill"), ("Zoe O'Neill", "Zoë O’Neill"), ("Zoë O’Neill", "ZOE O‘NEILL"),
        ("Łucja Strauß", "Lucja Strauss"), ("Ann Ash-Lee", "Ann Ash\N{NON-BREAKING HYPHEN}Lee"),
        ("Rene\N{COMBINING ACUTE ACCENT} Ash", "René Ash"), ("René Ash", "René\N{NO-BREAK SPACE}Ash"),
    ],
)  # fmt: skip
def test_whom_the_charity_names_in_another_spelling_is_left_for_a_manager_too(entered: str, named: str) -> None:
    gone: dict[str, Any] = {"status": "left", "left": over("volunteers")}
    kept = factories.VolunteerFactory(name=entered, **gone)
    factories.VolunteerFactory(name=f"{entered}son", **gone)
    models.Charity.objects.update(concern_name=f"{named}, trustee")
    line = lines()["volunteers"]
    assert (line.number, line.for_managers) == (1, 1)
    kept.refresh_from_db()
    assert kept.name == entered


def test_words_for_a_role_and_parts_of_words_in_what_is_published_keep_nobody() -> None:
    models.Charity.objects.update(reply_to="office@charity.example.org", data_protection="Joann Eve-Mayhew")
    words = {"words": PRIVACY, "version": 1, "published_at": NOW}
    models.PublicText.objects.update_or_create(key="privacy", language="en", defaults=words)
    for name in ("Office", "School Office", "Eve", "Ann Eve"):
        contact(name)
    of_mailbox = contact("Ann Ash")
    models.Contact.objects.filter(pk=of_mailbox.pk).update(email="ice@charity.example.org")
    line = lines()["contacts"]
    assert (line.number, line.for_managers, line.in_notes) == (5, 0, ())
    assert not models.Contact.objects.exists()


@pytest.mark.parametrize("named", ["Write to Ann Eve, our trustee.", "Write to ANN EVE.", "Write to <ann@oak.org>."])
def test_a_full_name_or_an_address_in_what_is_published_keeps_whoever_has_it(named: str) -> None:
    words = {"words": named, "version": 1, "published_at": NOW}
    models.PublicText.objects.update_or_create(key="privacy", language="en", defaults=words)
    kept = contact("Ann Eve")
    line = lines()["contacts"]
    assert (line.number, line.for_managers) == (0, 1)
    assert models.Contact.objects.get() == kept


def test_a_colleague_is_erased_six_years_after_the_last_sign_in_and_only_who_may_not_sign_in() -> None:
    long_ago = datetime(2015, 5, 5, tzinfo=UTC)
    gone = factories.coordinator_of(factories.AreaFactory(), name="Ludmilla Gone", is_active=False, last_login=long_ago)
    active = factories.manager(name="Bea Manager", last_login=long_ago)
    models.User.objects.filter(pk__in=[gone.pk, active.pk]).update(date_joined=long_ago)
    line = lines()["colleagues"]
    gone.refresh_from_db()
    active.refresh_from_db()
    assert line.number == 1
    assert gone.name == f"Former colleague {gone.pk}"
    assert active.name == "Bea Manager"
    assert lines()["colleagues"].number == 0


def test_the_second_sign_in_of_an_erased_volunteer_is_no_colleague_years_later() -> None:
    gone = factories.VolunteerFactory(name="Ludmilla Gone", status="left", left=date(2015, 5, 5))
    second = factories.UserFactory(name="L. Gone", is_active=True)
    merged = factories.VolunteerFactory(name="L. Gone", user=second, status="left", left=date(2015, 5, 5))
    merge_people(gone, merged, chosen=(), mark=None, by=factories.manager(), now=NOW)
    erase(models.Volunteer.objects.get(pk=gone.pk), by=None, now=NOW)
    models.User.objects.filter(pk=second.pk).update(date_joined=datetime(2015, 5, 5, tzinfo=UTC))
    second.refresh_from_db()
    assert (second.name, second.is_active) == (f"Former volunteer {gone.reference}", False)
    assert lines()["colleagues"].number == 0
    second.refresh_from_db()
    assert second.name == f"Former volunteer {gone.reference}"
    assert list(models.Erasure.objects.values_list("reference", flat=True)) == [gone.reference]


def test_who_gave_a_safeguarding_notice_is_left_for_a_manager_while_it_is_kept() -> None:
    user = factories.UserFactory(name="Marguerite Thorne")
    volunteer = factories.VolunteerFactory(name="Marguerite Thorne", user=user, status="left", left=over("volunteers"))
    session = factories.SessionFactory(day=date(2019, 1, 1), delivered=True)
    models.SafeguardingNotice.objects.create(session=session, told_at=at(date(2019, 1, 1)), role_told="the lead", by=user)
    line = lines()["volunteers"]
    assert (line.number, line.waiting, line.for_managers) == (0, 0, 1)
    volunteer.refresh_from_db()
    assert volunteer.name == "Marguerite Thorne"


def test_no_more_than_so_many_are_erased_in_a_night_those_kept_longest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PEOPLE_A_NIGHT", 1)
    second = factories.VolunteerFactory(name="Second Person", status="left", left=over("volunteers", days=1))
    first = factories.VolunteerFactory(name="First Person", status="left", left=over("volunteers", days=2))
    line = lines()["volunteers"]
    assert (line.number, line.waiting) == (1, 1)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.name, second.name) == (f"Former volunteer {first.reference}", "Second Person")
    assert lines()["volunteers"].waiting == 0


def test_what_an_entry_at_a_school_is_called_instead_of_a_name_stays_in_notes_about_others() -> None:
    gone, by = contact("Reception"), factories.manager()
    note = factories.SessionFactory(outcome_note="The reception class sang.", day=TODAY)
    who = "Ms Quill, reception"
    log = models.ContactLog.objects.create(school=gone.school, day=over("contacts"), how="phone", who=who, by=by)
    assert lines()["contacts"].number == 1
    assert not models.Contact.objects.filter(pk=gone.pk).exists()
    for row in (note, log):
        row.refresh_from_db()
    assert (note.outcome_note, log.who) == ("The reception class sang.", "Ms Quill, reception")


def test_those_with_whom_it_failed_last_night_keep_nobody_else_from_being_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (
        factories.VolunteerFactory(name=f"{name} Person", status="left", left=over("volunteers", days=days))
        for name, days in (("First", 2), ("Second", 1))
    )
    monkeypatch.setattr(actions, "PEOPLE_A_NIGHT", 1)

    def fails(row: Any, **options: Any) -> models.Erasure:
        if row.pk == first.pk:
            raise IntegrityError
        return erase(row, **options)

    monkeypatch.setattr(leaving, "erase", fails)
    assert lines()["volunteers"].not_done == (first.reference,)
    assert lines()["volunteers"].number == 1
    second.refresh_from_db()
    assert second.name == f"Former volunteer {second.reference}"
    monkeypatch.undo()
    assert lines()["volunteers"].number == 1
