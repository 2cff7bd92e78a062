"""Many rows stored past the QuerySet are those that it would store."""

from datetime import date, time

import pytest
from django.db import IntegrityError, transaction

from schools import models
from schools.core.nations import Nation
from schools.demo import names, rows
from tests import factories

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)


def _session(visit: models.Visit, *, starts: time = time(9), **more: object) -> models.Session:
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    return models.Session(visit=visit, type=kind, day=DAY, starts=starts, ends=time(10), **more)


def test_rows_that_point_to_each_other_are_stored_as_a_bulk_create_stores_them() -> None:
    school = factories.SchoolFactory()
    visit = models.Visit(reference="V1", school=school, agreed_on=DAY)
    sessions = [_session(visit), _session(visit, starts=time(9, 30), sure_of=[[5, 900]])]
    headcounts = [
        models.Headcount(session=session, school=school, year_group=group, expected=30 if group else None)
        for session in sessions
        for group in range(2)
    ]
    for stored in ([visit], sessions, headcounts):
        rows.store(stored)
    assert [row.session_id for row in headcounts] == [sessions[0].pk, sessions[0].pk, sessions[1].pk, sessions[1].pk]

    other = models.Visit(reference="V2", school=school, agreed_on=DAY)
    again = [_session(other), _session(other, starts=time(9, 30), sure_of=[[5, 900]])]
    models.Visit.objects.bulk_create([other])
    models.Session.objects.bulk_create(again)
    for ours, theirs in zip([visit, *sessions], [other, *again], strict=True):
        facts = type(ours)._default_manager.filter(pk__in=[ours.pk, theirs.pk]).order_by("pk").values()
        own, usual = ({name: fact[name] for name in fact if name not in {"id", "visit_id", "reference"}} for fact in facts)
        assert own == usual
    counted = models.Headcount.objects.order_by("pk").values_list("session", "year_group", "expected", "pupils")
    assert list(counted) == [(row.session_id, row.year_group, row.expected, None) for row in headcounts]


def test_ids_go_on_from_those_that_rows_have_had_and_the_next_row_of_anybody_goes_on_from_them() -> None:
    school = factories.SchoolFactory()
    gone = models.Visit.objects.create(reference="V0", school=school)
    before = gone.pk
    gone.delete()
    made = [models.Visit(reference=f"V{number}", school=school) for number in (1, 2, 3)]
    rows.store(made)
    after = models.Visit.objects.create(reference="V4", school=school)
    assert [row.pk for row in (*made, after)] == [before + number for number in (1, 2, 3, 4)]
    made[0].parking = "On the street."
    made[0].save()
    assert models.Visit.objects.count() == 4


def test_rows_are_found_by_their_words_and_keep_their_phone_number() -> None:
    school = factories.SchoolFactory()
    phone = names.phone(Nation.ENGLAND, 7)
    rows.store(
        [models.Contact(school=school, name=f"Moira {name}", role="Head teacher", phone=phone) for name in ("Bell", "Tait")]
    )
    assert [contact.name for contact in models.Contact.objects.named("tait")] == ["Moira Tait"]
    assert set(models.Contact.objects.values_list("phone", flat=True)) == {phone}


def test_what_the_database_forbids_is_refused_and_nothing_is_nothing() -> None:
    rows.store([])
    visit = factories.VisitFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.store([_session(visit, starts=time(10, 30))])
    assert not models.Session.objects.exists()
