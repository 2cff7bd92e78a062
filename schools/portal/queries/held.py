"""Everything that is held on one person, as rows of plain values, which they download as JSON or CSV."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Field, ForeignKey, Model, Q, QuerySet

from schools.accounts.models import AddressChange, User
from schools.directory.models import StandIn
from schools.erasing.models import EarlierValue
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.sms import as_stored
from schools.visits.models import Cover, Session, Visit
from schools.volunteers.models import Clearance, ClearanceLook, Volunteer

type Value = str | int | float | bool | None
type Rows = list[dict[str, Value]]

SECRET = {"password", "token_hash", "old_hash", "new_hash", "session_key", "data", "is_staff", "is_superuser", "history_id"}
"""Columns that are left out, because they would let somebody sign in or say nothing about the person."""

OTHERS: tuple[type[Model], ...] = (User, Volunteer, Cover)
"""Tables of people; columns that point to them are left out, because they are about somebody else."""


NAMED_BY: dict[type[Model], tuple[str, ...]] = {
    Session: ("type", "visit__school"),
    Visit: ("school",),
    Clearance: ("volunteer",),
}
"""What a row's name in words is made of, besides the row itself; read with it, so that each table takes one query."""


def held_on(user: User, volunteer: Volunteer | None) -> dict[str, Rows]:
    """Return the rows about the person, by table; what children told is in no file (rule 12)."""
    held: dict[str, Rows] = {
        "sign-in": _rows(User.objects.filter(pk=user.pk)),
        "roles": [{"role": role} for role in sorted(user.roles)],
        "e-mail addresses": _rows(EmailAddress.objects.filter(user=user)),
        "changes of address": _rows(AddressChange.objects.filter(user=user)),
        "devices": _rows(UserSession.objects.filter(user=user)),
        "passkeys and second factors": _rows(Authenticator.objects.filter(user=user)),
        "messages to you": _rows(OutboxMessage.objects.filter(Q(to=user.email) | Q(beside__to=user.email))),
        "your address or number, where something came back": _rows(SuppressedAddress.objects.filter(address__in=_ways_to(user))),
        "what you were called and reached by before": _rows(_earlier(user, volunteer)),
        "outcomes you told": _rows(Session.objects.filter(recorded_by=user)),
        "days on which somebody stood in for you": _rows(StandIn.objects.filter(coordinator=user)),
        "days on which you stood in": _rows(StandIn.objects.filter(stand_in=user)),
    }
    if volunteer is not None:
        held["volunteer"] = _rows(Volunteer.objects.filter(pk=volunteer.pk))
        held["areas"] = [{"area": area.name} for area in volunteer.areas.all()]
        held |= dict(_belonging_to(volunteer))
    return held


def _ways_to(user: User) -> list[str]:
    return [user.email.lower(), as_stored(user.sms_number)]


def _earlier(user: User, volunteer: Volunteer | None) -> QuerySet[EarlierValue]:
    of_volunteer = Q(table="volunteer", row=volunteer.pk) if volunteer else Q()
    return EarlierValue.objects.filter(Q(table="user", row=user.pk) | of_volunteer)


def _belonging_to(volunteer: Volunteer) -> Iterator[tuple[str, Rows]]:
    """Yield the rows of every table that points to a volunteer, and their earlier states; new tables are found by themselves."""
    for relation in Volunteer._meta.related_objects:
        if relation.many_to_many:
            continue
        table: Any = relation.related_model
        name, mine = str(table._meta.verbose_name_plural), {relation.field.name: volunteer}
        yield name, _rows(table._default_manager.filter(**mine))
        if hasattr(table, "history"):
            yield f"{name}, earlier states", _rows(table.history.filter(**mine))
    yield "looks at your clearances", _rows(ClearanceLook.objects.filter(clearance__volunteer=volunteer))


def _rows(queryset: QuerySet[Any]) -> Rows:
    fields = [field for field in queryset.model._meta.concrete_fields if field.name not in SECRET and not _is_another(field)]
    related = [path for field in fields if isinstance(field, ForeignKey) for path in _read_with(field)]
    if related:
        queryset = queryset.select_related(*related)
    return [{field.name: _plain(_shown(row, field)) for field in fields} for row in queryset.order_by("pk")]


def _read_with(field: "ForeignKey[Any, Any]") -> Iterator[str]:
    yield field.name
    yield from (f"{field.name}__{path}" for path in NAMED_BY.get(field.related_model, ()))


def _is_another(field: "Field[Any, Any]") -> bool:
    return isinstance(field, ForeignKey) and issubclass(field.related_model, OTHERS)


def _shown(row: Model, field: "Field[Any, Any]") -> Any:
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    return getattr(row, field.name)


def _plain(value: Any) -> Value:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def as_table(held: dict[str, Rows]) -> Iterable[tuple[str, int, str, Value]]:
    """Yield a line for each value: table, number of the row in it, column, value."""
    for table, rows in held.items():
        for number, row in enumerate(rows, start=1):
            for column, value in row.items():
                yield table, number, column, value
