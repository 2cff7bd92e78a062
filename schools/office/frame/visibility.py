"""Which rows of which table a user of the office may see: this is decided here for every table."""

from datetime import date
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from schools.accounts.models import User
from schools.delivery.models import Feedback, OutcomeSubmission
from schools.directory.models import (
    Area,
    AreaAuthority,
    AreaCoordinator,
    Authority,
    Contact,
    Reorganisation,
    Roll,
    School,
    SchoolAgreement,
    SchoolAuthority,
    SchoolLink,
    Site,
)
from schools.directory.models.areas import holds_on
from schools.materials.models import MaterialUse, Movement, Packed, Parcel, Piece, PieceBooking, SessionKit, Store
from schools.messages.models import SuppressedAddress
from schools.reach.models import Confirmed, Drift, Restatement, Return, ReturnRow
from schools.visits.models import (
    Batch,
    ClosedPeriod,
    ContactLog,
    Cover,
    Headcount,
    Merge,
    OfferedDates,
    SafeguardingNotice,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    TwoPeople,
    Visit,
    VisitRequest,
)
from schools.visits.queries.unreachable import belongs_to_areas_of
from schools.volunteers.models import (
    Accepted,
    Availability,
    Away,
    Clearance,
    Conflict,
    FeedToken,
    Invitation,
    SignOff,
    Volunteer,
    VolunteerStep,
)

WITH_FOR_USER: tuple[type[Model], ...] = (
    Area, School, Volunteer, Clearance, Visit, Session, Cover, Batch, Merge, TwoPeople, Store, Piece,
)  # fmt: skip
"""Tables whose QuerySets decide in `for_user` what a user may see."""

BELONGS_TO: dict[type[Model], str] = {
    AreaAuthority: "area",
    AreaCoordinator: "area",
    ClosedPeriod: "area",
    SchoolAuthority: "school",
    Roll: "school",
    SchoolAgreement: "school",
    ContactLog: "school",
    Site: "school",
    SchoolAnswer: "visit",
    SchoolAlarm: "visit",
    SchoolChange: "visit",
    OfferedDates: "school",
    Feedback: "visit",
    SignOff: "volunteer",
    Availability: "volunteer",
    Away: "volunteer",
    Conflict: "volunteer",
    VolunteerStep: "volunteer",
    Invitation: "volunteer",
    Accepted: "volunteer",
    FeedToken: "volunteer",
    Headcount: "session",
    SafeguardingNotice: "session",
    MaterialUse: "session",
    Movement: "store",
    SessionKit: "session",
    PieceBooking: "session",
    Packed: "session",
    Parcel: "visit",
    OutcomeSubmission: "session",
    Return: "area",
    Confirmed: "area",
    ReturnRow: "of_return",
    Restatement: "of_return",
    Drift: "of_return",
}
"""Tables with rows that are visible together with the row to which this field points.

Rows of tables that are neither here nor in WITH_FOR_USER belong to no area: everybody sees them.
"""


def today() -> date:
    """Return the day at the office; its pages pass it on as an argument."""
    return timezone.localdate()


def visible_rows[Row: Model](queryset: QuerySet[Row], user: User, *, on: date) -> QuerySet[Row]:
    """Return the rows of the QuerySet that the user may see on the day: managers all, coordinators those of their areas."""
    model = queryset.model
    if model is User:
        return queryset.filter(pk__in=_people(user, on=on))
    if model in WITH_FOR_USER and model is not Area:
        # Filter these rows themselves: with a subquery, the database would first find all rows of the user.
        own: QuerySet[Row] = queryset.for_user(user, on=on)  # type: ignore[attr-defined]  # the word that WITH_FOR_USER promises
        return own
    return queryset if user.is_manager else queryset.filter(_of_areas(model, user, on=on))


def _of_areas(model: type[Model], user: User, *, on: date) -> Q:
    """Return the condition for rows of the table that belong to the areas that the user coordinates."""
    if model in WITH_FOR_USER:
        return Q(pk__in=_own(model, user, on=on))
    if model in BELONGS_TO:
        field = model._meta.get_field(BELONGS_TO[model])
        return Q((f"{field.name}__in", _own(field.related_model, user, on=on)))
    if model is Authority:
        return Q(pk__in=_own_authorities(user, on=on))
    if model is Reorganisation:
        authorities = _own_authorities(user, on=on)
        return Q(old__in=authorities) | Q(new__in=authorities)
    if model is SuppressedAddress:
        return belongs_to_areas_of(user, on=on) if user.is_coordinator else Q(pk__in=())
    return _of_schools(model, user, on=on)


def _of_schools(model: type[Model], user: User, *, on: date) -> Q:
    """Return the condition for rows of a table of which one row may belong to several schools; others belong to nobody."""
    if model is Contact:
        own = Contact.objects.at(School.objects.for_user(user, on=on)).order_by()
        return Q(pk__in=own.values("pk"))
    if model is SchoolLink:
        schools = _own(School, user, on=on)
        return Q(predecessor__in=schools) | Q(successor__in=schools)
    if model is VisitRequest:
        # Of a school that is not known here only the poster says the area; of one without a poster managers find out.
        unknown = Q(school=None, area__in=_areas(user, on=on).order_by().values("pk"))
        return Q(school__in=_own(School, user, on=on)) | unknown
    return Q()


def _own(model: Any, user: User, *, on: date) -> Any:
    # An analyst reads the figures of all areas. One who is also a coordinator works only on the rows of their own areas.
    mine = _areas(user, on=on) if model is Area else model.objects.for_user(user, on=on)
    return mine.order_by().values("pk")


def _areas(user: User, *, on: date) -> QuerySet[Area]:
    """Return the areas whose rows the user sees in the office."""
    return Area.objects.coordinated_by(user, on=on) if user.is_coordinator else Area.objects.for_user(user, on=on)


def _own_authorities(user: User, *, on: date) -> QuerySet[Any, Any]:
    """Return the authorities that one of the user's areas holds, held or will hold."""
    return AreaAuthority.objects.filter(area__in=_areas(user, on=on)).order_by().values("authority")


def _people(user: User, *, on: date) -> QuerySet[User]:
    """Return the users whom the user sees.

    Managers see everybody (only superusers see superusers); coordinators see themselves and the coordinators of their areas.
    """
    if user.is_superuser:
        return User.objects.all()
    if user.is_manager:
        return User.objects.filter(is_superuser=False)
    if not user.is_coordinator:
        return User.objects.none()
    beside = AreaCoordinator.objects.filter(holds_on(on), user=OuterRef("pk"), area__in=Area.objects.coordinated_by(user, on=on))
    return User.objects.filter(Q(pk=user.pk) | Exists(beside))
