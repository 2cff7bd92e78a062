"""Recent conversations with schools: one is to be rung again, one asked for a visit, one wants to be left until spring."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from schools.accounts.models import User
from schools.demo.made_schools import MadeSchool
from schools.demo.places import Patch
from schools.directory.models import School, Sector
from schools.visits.models import ContactLog, Session, Visit, VisitStage

LATELY, SOON, LATER = timedelta(days=12), timedelta(days=40), timedelta(days=120)


def store(patch: Patch, schools: Sequence[MadeSchool], *, by: User, on: date) -> None:
    """Store conversations with three schools of the area that have nothing booked; never visited schools come first."""
    open_ones = [made.school.pk for made in schools if made.school.closed is None and made.school.sector == Sector.MAINSTREAM]
    booked = Session.objects.scheduled().filter(visit__school=OuterRef("pk"), day__gte=on)
    visited = Exists(Visit.objects.filter(school=OuterRef("pk")))
    free = School.objects.filter(~Exists(booked), pk__in=open_ones).order_by(visited, "pk")
    talks = (_is_to_be_rung_again, _asked_for_a_visit, _wants_to_be_left)
    for school, talk in zip(free[: len(talks)], talks, strict=False):
        talk(school, patch, by=by, on=on)


def _is_to_be_rung_again(school: School, patch: Patch, *, by: User, on: date) -> None:
    note = "They had one before, years ago. The head teacher was out."
    _log(school, note, who="the school office", by=by, on=on, follow_up_on=on - timedelta(days=1))


def _asked_for_a_visit(school: School, patch: Patch, *, by: User, on: date) -> None:
    visit = Visit.objects.create(
        reference=f"V9{patch.number:06}",
        school=school,
        coordinator=by,
        stage=VisitStage.REQUESTED,
        requested_on=on - LATELY,
        preferred_month=(on + SOON).replace(day=1),
    )
    _log(school, "Both assemblies, please, on a Tuesday if that can be.", who="the head teacher", by=by, on=on, visit=visit)


def _wants_to_be_left(school: School, patch: Patch, *, by: User, on: date) -> None:
    _log(school, "An inspection is coming. Ask again in spring.", who="the deputy head", by=by, on=on)
    school.ask_again_on = on + LATER
    school.save(update_fields=["ask_again_on"])


def _log(
    school: School,
    note: str,
    *,
    who: str,
    by: User,
    on: date,
    follow_up_on: date | None = None,
    visit: Visit | None = None,
) -> None:
    ContactLog.objects.create(
        school=school,
        visit=visit,
        day=on - LATELY,
        how=ContactLog.How.PHONE,
        who=who,
        note=note,
        follow_up_on=follow_up_on,
        by=by,
    )
