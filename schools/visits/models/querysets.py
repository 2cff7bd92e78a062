"""The QuerySets of visits, sessions and covers: the words in which other modules ask for them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Self, cast

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from schools.accounts.models import User
from schools.core.batched_queries import Day
from schools.core.nations import Nation, Scheme, scheme_of
from schools.core.periods import Period
from schools.directory.models import Area, School
from schools.directory.models.areas import Patch
from schools.programme.models import Audience, SessionType
from schools.visits.models.choices import HOLDING_STATES, LIVE_STATES, PRESENTING_ROLES, CoverState, SessionStage
from schools.volunteers.models import Clearance, SignOff, Volunteer, VolunteerStatus, had_status

# A table's class needs its QuerySet, so this module is imported before the tables, finds them in Django's registry, and leaves
# open what a row is; each table's module says that. So imports go one way: choices, querysets, visits, sessions, covers.


def _rows_of(table: str) -> Any:
    return apps.get_model("schools", table)._default_manager.all()


def _visits() -> "BaseVisitQuerySet[Any]":
    return cast("BaseVisitQuerySet[Any]", _rows_of("Visit"))


def _sessions() -> "BaseSessionQuerySet[Any]":
    return cast("BaseSessionQuerySet[Any]", _rows_of("Session"))


def _headcounts() -> "models.QuerySet[Any]":
    return cast("models.QuerySet[Any]", _rows_of("Headcount"))


def _covers() -> "BaseCoverQuerySet[Any]":
    return cast("BaseCoverQuerySet[Any]", _rows_of("Cover"))


class BaseVisitQuerySet[Row: models.Model](models.QuerySet[Row]):
    """A selection of visits."""

    def for_user(self, user: User, *, on: date) -> Self:
        """Visits that the user may see.

        Managers see all. Coordinators see those at their areas' schools and those with a past session in their areas. Others see
        none.
        """
        if user.is_manager:
            return self.all()
        if not user.is_coordinator:
            return self.none()
        # Two short lists, each read from an index. With one OR, PostgreSQL would look at every visit ever booked.
        schools = School.objects.for_user(user, on=on).order_by().values("pk")
        at_schools = _visits().filter(school__in=schools).order_by().values("pk")
        past = _sessions().filter(area__in=Patch.of(user, on=on).areas).order_by().values("visit")
        return self.filter(pk__in=at_schools.union(past, all=True))

    def at_own_schools(self, user: User, *, on: date) -> Self:
        """Visits at schools that the user sees on the day: of others, theirs for what is past, they change nothing (rule 17)."""
        if user.is_manager or not user.is_coordinator:
            return self.for_user(user, on=on)
        return self.filter(school__in=School.objects.for_user(user, on=on).order_by().values("pk"))

    def to_come(self, *, on: date) -> Self:
        """Visits with a scheduled session on the day or later; an online window counts until its last day."""
        not_over = Q(day__gte=on) | Q(until_day__gte=on)
        return self.filter(Exists(_sessions().scheduled().filter(not_over, visit=OuterRef("pk"))))

    def with_days(self) -> Self:
        """Visits with `begins_on` and `ends_on` added: the first and the last day of their sessions, None without sessions.

        The last day of an online one is that of its window.

        Cancelled sessions count only where the visit has no others.
        """
        ours = _sessions().filter(visit=OuterRef("pk"))
        last_of_all = Case(When(stage=SessionStage.CANCELLED, then=1), default=0)
        first = ours.order_by(last_of_all, "day").values("day")[:1]
        last_day = Coalesce("until_day", "day")
        last = ours.order_by(last_of_all, last_day.desc()).values(last_day=last_day)[:1]
        # Passed as a mapping, because Visit declares the two attributes itself, for the code that reads them.
        added = {"begins_on": Subquery(first), "ends_on": Subquery(last)}
        return self.annotate(**added)

    def with_people_to_tell(
        self,
        *,
        on: Day,
        besides: Collection[int] | models.QuerySet[Any] = (),
        came_back: models.QuerySet[Any] | None = None,
        phoned: Collection[int] | None = None,
    ) -> Self:
        """Visits about which the school or a volunteer has to be told something that is still to come.

        With `besides` (ids), those of which somebody was mailed a change of what begins soon, and is to be phoned as well, and
        `came_back` (ids), where a mail did; `phoned`: the ids of these where the caller has them, with which PostgreSQL knows how
        few they are.
        """
        # Short lists, each read from its own index. A condition on each visit would look at every visit ever made.
        schools = _sessions().school_to_tell(on=on).order_by().values("visit")
        volunteers = _covers().to_tell(on=on).order_by().values("session__visit")
        if phoned is not None:
            others = _visits().filter(pk__in={*besides, *phoned}).order_by().values("pk")
            return self.filter(pk__in=schools.union(volunteers, others, all=True))
        others = _visits().filter(pk__in=besides).order_by().values("pk")
        soon = _rows_of("MessageAbout").filter(phone_until__gte=on).order_by().values("visit")
        lists = (volunteers, others, soon) if came_back is None else (volunteers, others, soon, came_back)
        return self.filter(pk__in=schools.union(*lists, all=True))


MANY = 1000
"""A number of people larger than any session needs."""


def _without_outcome(on: date, path: str = "") -> Q:
    """Return the condition of `outcome_missing`; `path` leads to the session, such as `session__`; blank: it is the row."""
    # A window's first day comes before its last, so `day` can be compared by itself: databases find it in an index.
    is_over = Q((f"{path}day__lt", on)) & (Q((f"{path}until_day", None)) | Q((f"{path}until_day__lt", on)))
    return Q((f"{path}stage", SessionStage.SCHEDULED)) & is_over


class BaseSessionQuerySet[Row: models.Model](models.QuerySet[Row]):
    """A selection of sessions."""

    def scheduled(self) -> Self:
        """Sessions neither reported nor cancelled."""
        return self.filter(stage=SessionStage.SCHEDULED)

    def delivered(self) -> Self:
        """Sessions that took place."""
        return self.filter(stage=SessionStage.DELIVERED)

    def for_pupils(self) -> Self:
        """Sessions whose audience is pupils."""
        # Checked for each session. With a join, or a list of the few types, SQLite would read every session of each type.
        return self.filter(Exists(SessionType.objects.filter(pk=OuterRef("type"), audience=Audience.PUPILS)))

    def in_period(self, period: Period) -> Self:
        """Sessions whose day lies in the period."""
        return self.filter(day__range=(period.first_day, period.last_day))

    def outcome_missing(self, *, on: date) -> Self:
        """Sessions without an outcome although their day, or the last day of their window, has passed (rule 1)."""
        return self.filter(_without_outcome(on))

    def counted(self) -> Self:
        """Delivered sessions for pupils in which every year group was counted: neither partly counted nor without headcounts."""
        counts = _headcounts().filter(session=OuterRef("pk"))
        return self.delivered().for_pupils().filter(Exists(counts), ~Exists(counts.filter(pupils=None)))

    def partly_counted(self) -> Self:
        """Delivered sessions for pupils in which a year group was not counted.

        Apart from those without headcounts: a database finds either much faster than both.
        """
        return self.delivered().for_pupils().filter(Exists(_headcounts().filter(session=OuterRef("pk"), pupils=None)))

    def without_headcounts(self) -> Self:
        """Delivered sessions for pupils that have no headcounts at all."""
        return self.delivered().for_pupils().filter(~Exists(_headcounts().filter(session=OuterRef("pk"))))

    def school_to_tell(self, *, on: Day) -> Self:
        """Sessions on the day or later, also before a move or in an open window, of which the school has to be told something.

        What was reported is no news.
        """
        to_come = Q(day__gte=on) | Q(was_day__gte=on) | Q(until_day__gte=on)
        return self.exclude(school_news="").filter(to_come, school_told_at=None, recorded_at=None)

    def with_cover(self) -> Self:
        """Sessions with `places_taken` and `is_covered` added: the people who count, and whether they are enough.

        One paid member of staff is enough.
        """
        sessions = self.alias(scheme=scheme_in("visit__school__nation"))
        counting = _covers().counting_there().order_by().values("session")
        people = counting.annotate(people=Count("pk")).values("people")
        # One paid member of staff fills every place, so that a single comparison says whether the session is covered.
        staff = Volunteer.objects.filter(staff=True).order_by().values("pk")
        weight = Case(When(volunteer__in=staff, then=Value(MANY)), default=Value(1))
        filled = counting.annotate(filled=Sum(weight)).values("filled")
        covered = Q(type__presenters__lte=Coalesce(Subquery(filled), 0))
        # Passed as a mapping, because Session declares the two attributes itself, for the code that reads them.
        added = {"places_taken": Coalesce(Subquery(people), 0), "is_covered": covered}
        return sessions.annotate(**added)

    def uncovered(self) -> Self:
        """Scheduled sessions that still need somebody."""
        return self.scheduled().with_cover().filter(Q(is_covered=False))

    def given_back(self, *, on: date) -> Self:
        """Sessions from the day on that somebody can't make after all, and that still need people.

        Trainees and observers hold no place, so nobody has to replace them.
        """
        back = _covers().presenting().filter(state=CoverState.WITHDRAWN, gave_back=True).order_by().values("session")
        return self.filter(pk__in=back, day__gte=on).uncovered()

    def in_areas(self, areas: models.QuerySet[Area], *, on: Day) -> Self:
        """Sessions delivered in one of the areas, or at a school that lies in one of them on the day."""
        return self._of(areas, School.objects.in_areas(areas, on=on))

    def _of(self, areas: models.QuerySet[Area] | Sequence[int], schools: models.QuerySet[School]) -> Self:
        # Two short lists, each read from an index. With one OR, PostgreSQL would look at every session ever held.
        delivered = _sessions().filter(area__in=areas).order_by().values("pk")
        at_schools = _sessions().filter(visit__school__in=schools.order_by().values("pk")).order_by().values("pk")
        return self.filter(pk__in=delivered.union(at_schools, all=True))

    def for_user(self, user: User, *, on: date) -> Self:
        """Sessions that the user may see: managers all, coordinators their areas', volunteers those that they are on or offered.

        Others see none. The rules decide which further sessions a volunteer may take: visits.rules.open_days.
        """
        if user.is_manager:
            return self.all()
        if user.is_coordinator:
            return self._of(Patch.of(user, on=on).areas, School.objects.for_user(user, on=on))
        return self.filter(Exists(_covers().live().filter(session=OuterRef("pk"), volunteer__user=user)))


NATION = "session__visit__school__nation"
"""The path from a cover to the nation that sets its clearance scheme."""


def scheme_in(nation: str) -> Case:
    """Return an expression for the scheme of the nation to which the path leads."""
    others = (value for value in Nation.values if scheme_of(value) != Scheme.DBS)
    return Case(
        *(When(**{nation: value}, then=Value(scheme_of(value))) for value in others),
        default=Value(Scheme.DBS.value),
    )


def _is_clear(day: OuterRef, scheme: OuterRef) -> Q:
    """Return the condition that the volunteer is clear on the session's day under its nation's scheme."""
    return Q(Exists(Clearance.objects.clear_on(day, scheme).filter(volunteer=OuterRef("volunteer"))))


def _takes_part(day: OuterRef, *statuses: str) -> Q:
    """Return the condition that the volunteer has one of the statuses on the session's day."""
    return Q(Exists(Volunteer.objects.filter(had_status(statuses, day=day), pk=OuterRef("volunteer"))))


def _sign_off_holds(day: OuterRef, session_type: OuterRef) -> Q:
    """Return the condition that no sign-off of the volunteer for the session's type has ended by its day, or was set back.

    It is met by whom no stage is written down for the type, and by everybody where the type asks for no sign-off.
    """
    stages = SignOff.objects.filter(volunteer=OuterRef("volunteer"), session_type=session_type)
    is_complete = Q(stage=SignOff.Stage.SIGNED_OFF)
    # The day stands in both, where once would do: without it, PostgreSQL would read every sign-off there is. Nearly everybody
    # meets the first, so that the second is hardly ever read.
    holds = is_complete & (Q(recheck_on=None) | Q(recheck_on__gt=day))
    does_not = ~is_complete | Q(recheck_on__lte=day)
    return Q(Exists(stages.filter(holds))) | ~Q(Exists(stages.filter(does_not, session_type__needs_sign_off=True)))


def _may_be_there(day: OuterRef, session_type: OuterRef, scheme: OuterRef) -> Q:
    """Return the condition that the volunteer may lead or present on the session's day."""
    return Q(_is_clear(day, scheme), _takes_part(day, VolunteerStatus.ACTIVE), _sign_off_holds(day, session_type))


def _may_not_come() -> Q:
    """Return the condition that the volunteer of a cover may not be there on the session's day; the query has `scheme`."""
    day = OuterRef("session__day")
    beside = _takes_part(day, VolunteerStatus.ACTIVE, VolunteerStatus.IN_TRAINING)
    presents = Q(_takes_part(day, VolunteerStatus.ACTIVE), _sign_off_holds(day, OuterRef("session__type")))
    return ~_is_clear(day, OuterRef("scheme")) | ~beside | Q(~presents, role__in=PRESENTING_ROLES)


def _counts(may: Q) -> Q:
    return (Q(state=CoverState.ACCEPTED) & may) | Q(state=CoverState.ATTENDED)


class BaseCoverQuerySet[Row: models.Model](models.QuerySet[Row]):
    """A selection of covers."""

    def live(self) -> Self:
        """Covers that still mean something: offered, accepted or attended."""
        return self.filter(state__in=LIVE_STATES)

    def holding(self) -> Self:
        """Covers that hold a place: accepted or attended (an offer holds none)."""
        return self.filter(state__in=HOLDING_STATES)

    def presenting(self) -> Self:
        """Covers that count as cover: leads and presenters."""
        return self.filter(role__in=PRESENTING_ROLES)

    def counting(self) -> Self:
        """Covers that count towards a session being covered (rule 5 and rule 6).

        These are leads and presenters who attended, and those who accepted, are active, are clear on the session's day under its
        nation's scheme and have no sign-off that has ended by then. When one of these ceases to be so, the cover stays but stops
        counting.
        """
        may = _may_be_there(OuterRef("session__day"), OuterRef("session__type"), OuterRef("scheme"))
        return self.alias(scheme=scheme_in(NATION)).presenting().filter(_counts(may))

    def counting_there(self) -> Self:
        """Covers of counting() as a subquery of a query of sessions that has `scheme`.

        Day, type and scheme are those of the outer session: counting() would look them up for every cover, through its visit and
        its school.
        """
        may = _may_be_there(OuterRef(OuterRef("day")), OuterRef(OuterRef("type")), OuterRef(OuterRef("scheme")))
        return self.filter(session=OuterRef("pk")).presenting().filter(_counts(may))

    def lapsed(self, *, on: Day) -> Self:
        """Accepted covers of scheduled sessions from the day on with a volunteer who may not be there on the session's day.

        The volunteer is not clear then, or is to lead or present and is not active or has a sign-off that has ended. Beside
        them somebody in training may be there too.
        """
        to_come = self.filter(state=CoverState.ACCEPTED, session__stage=SessionStage.SCHEDULED, session__day__gte=on)
        return to_come.alias(scheme=scheme_in(NATION)).filter(_may_not_come())

    def of_who_may_come(self) -> Self:
        """Covers of volunteers who may be there on the session's day (see `lapsed`)."""
        return self.alias(scheme=scheme_in(NATION)).filter(~_may_not_come())

    def with_may_come(self) -> Self:
        """Covers with `may_come` added: whether the volunteer may be there on the session's day (see `lapsed`)."""
        added = {"may_come": Case(When(_may_not_come(), then=False), default=True)}
        return self.alias(scheme=scheme_in(NATION)).annotate(**added)

    def outcome_missing(self, *, on: date) -> Self:
        """Accepted covers of sessions without an outcome (rule 1), led by whose covers these are."""
        return self.filter(_without_outcome(on, "session__"), state=CoverState.ACCEPTED)

    def asking(self, *, on: date) -> Self:
        """Covers of people who would like to watch a scheduled session from the day on and have no answer yet."""
        return self.filter(state=CoverState.ASKED, session__stage=SessionStage.SCHEDULED, session__day__gte=on)

    def to_tell(self, *, on: Day) -> Self:
        """Covers, in any state, of sessions from the day on about which the volunteer has to be told something.

        What was reported is no news.
        """
        to_come = Q(session__day__gte=on) | Q(session__was_day__gte=on)
        return self.exclude(news="").filter(to_come, told_at=None, session__recorded_at=None)

    def with_counting(self) -> Self:
        """Covers with `counts` added: whether the cover is one of counting()."""
        may = _may_be_there(OuterRef("session__day"), OuterRef("session__type"), OuterRef("scheme"))
        # Passed as a mapping, because Cover declares the attribute itself, for the code that reads it.
        added = {"counts": Case(When(_counts(may), role__in=PRESENTING_ROLES, then=True), default=False)}
        return self.alias(scheme=scheme_in(NATION)).annotate(**added)

    def for_user(self, user: User, *, on: date) -> Self:
        """Covers that the user may see: those of the sessions that a manager or coordinator sees, and a volunteer's own."""
        if user.is_manager:
            return self.all()
        if user.is_coordinator:
            return self.filter(session__in=_sessions().for_user(user, on=on))
        return self.filter(volunteer__user=user)
