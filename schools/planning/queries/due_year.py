"""In which academic year one school is due again: the answer for the school itself, in a few quick queries (rule 25)."""

from datetime import date

from django.db.models import Max, Q

from schools.charity.queries import current
from schools.core.periods import AcademicYear
from schools.directory.models import AreaAuthority, School
from schools.directory.models.areas import holds_on
from schools.planning.cycle import Priority, Record, standing
from schools.programme.models import for_cycle
from schools.visits.models import WERE_THERE, Headcount, Session, SessionStage


def not_due_until(school: School, *, on: date) -> AcademicYear | None:
    """Return the academic year in which the school is due again; None: it is due now, or was never visited.

    It agrees with the list of who is due (planning.queries.due_list), which reads many schools at once.
    """
    same = [school.pk]
    if school.chain is not None:
        same = list(School.objects.filter(Q(pk=school.pk) | Q(chain=school.chain)).order_by().values_list("pk", flat=True))
    hosted = Session.objects.delivered().filter(for_cycle("type__"), visit__school__in=same)
    seated = Headcount.objects.filter(
        WERE_THERE, for_cycle("session__type__"), school__in=same, session__stage=SessionStage.DELIVERED
    )
    days = [hosted.aggregate(last=Max("day"))["last"], seated.aggregate(last=Max("session__day"))["last"]]
    last_visit = max((day for day in days if day is not None), default=None)
    if last_visit is None:
        return None
    holding = AreaAuthority.objects.filter(holds_on(on), authority=school.authority_id).order_by()
    years = holding.values_list("area__cycle_years", flat=True).first() or current().cycle_years
    record = Record(year_groups=(), last_visit=last_visit, cycle_years=years)
    if standing(record, on=on).priority != Priority.NOT_YET:
        return None
    return AcademicYear(AcademicYear.of(last_visit).start + years)
