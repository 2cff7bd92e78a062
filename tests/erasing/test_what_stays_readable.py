"""What others wrote stays as it is but for the name: no ordinary word goes with it, and no end of a text is cut off."""

from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from schools import models
from schools.core.errors import RuleBroken
from schools.erasing.actions import Decision, erase, preview_erasure
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_the_role_in_the_offices_log_is_no_word_of_the_name() -> None:
    by, school = factories.manager(), factories.SchoolFactory()
    ann = models.Contact.objects.create(school=school, name="Annabel Quillfeather", role="bursar")
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(ann),
        object_id=str(ann.pk),
        object_repr=str(ann),
        action_flag=CHANGE,
    )
    talk = {"school": school, "day": NOW.date(), "how": "phone", "by": by}
    log = models.ContactLog.objects.create(who="Jo Bloggs, acting bursar", note="For Annabel Quillfeather (bursar).", **talk)
    erase(ann, by=by, now=NOW)
    log.refresh_from_db()
    assert (log.who, log.note) == ("Jo Bloggs, acting bursar", "For a former contact (bursar).")
    assert "Quillfeather" not in LogEntry.objects.get().object_repr


def test_where_the_program_wrote_the_name_and_has_no_room_shorter_words_do_too() -> None:
    by, school = factories.manager(), factories.SchoolFactory()
    ann = models.Contact.objects.create(school=school, name="Anna Lee")
    who = f"Anna Lee, {'x' * 140}"
    log = models.ContactLog.objects.create(school=school, day=NOW.date(), how="phone", by=by, who=who)
    erase(ann, by=by, now=NOW)
    log.refresh_from_db()
    assert (log.who, len(who)) == (f"(erased), {'x' * 140}", 150)


@pytest.fixture
def labels() -> list[models.Piece]:
    """Two pieces whose labels have forty letters and a name that is shorter than what stands in its place."""
    store = models.Store.objects.create(name="Cupboard", area=factories.AreaFactory())
    material = models.Material.objects.create(name="Projector", kind="equipment")
    names = [f"Projector of Ian Hill, in the cupboard {number}" for number in (1, 2)]
    return [models.Piece.objects.create(material=material, label=name, home=store) for name in names]


def test_where_there_is_no_room_for_what_stands_in_place_of_a_name_shorter_words_do(labels: list[models.Piece]) -> None:
    ian = factories.VolunteerFactory(name="Ian Hill", status="left", left=NOW.date())
    plan = preview_erasure(ian)
    decided = {place.key: Decision("cut") for place in plan.to_decide}
    erase(ian, by=factories.manager(), now=NOW, decisions=decided)
    for number, piece in enumerate(labels, 1):
        piece.refresh_from_db()
        assert piece.label == f"Projector of (erased), in the cupboard {number}"


def test_a_text_that_is_too_long_or_is_anothers_is_refused_and_nothing_is_erased(labels: list[models.Piece]) -> None:
    ian = factories.VolunteerFactory(name="Ian Hill", status="left", left=NOW.date())
    by = factories.manager()
    keys = [place.key for place in preview_erasure(ian).to_decide]
    for text, words in (("x" * 41, "Write 40 characters at most"), ("Big one", "is called “Big one” already")):
        with pytest.raises(RuleBroken, match=words):
            erase(ian, by=by, now=NOW, decisions={key: Decision("edit", text) for key in keys})
    ian.refresh_from_db()
    assert ian.name == "Ian Hill"
