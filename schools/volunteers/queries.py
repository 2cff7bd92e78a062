"""Queries about volunteers: the agreement that they have to accept, the owner of a link, and what ends soon."""

from datetime import date, datetime

from django.db.models import Case, DateField, Exists, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from schools.accounts.models import AddressChange, User
from schools.core.secrets import hash_of
from schools.core.words import random_reference
from schools.volunteers.models import (
    Accepted,
    Agreement,
    Clearance,
    Invitation,
    SignOff,
    Volunteer,
    VolunteerQuerySet,
    VolunteerStatus,
)

AT_ONCE, NEVER = date(1900, 1, 1), date(9999, 12, 31)
"""Before and after every day on which a decision ends."""


def new_reference() -> str:
    """Return a reference that no volunteer has yet: P and six letters or digits."""
    while True:
        reference = random_reference("P")
        if not Volunteer.objects.filter(reference__iexact=reference).exists():
            return reference


def with_agreement(volunteers: VolunteerQuerySet, *, on: date) -> VolunteerQuerySet:
    """Add `asked_agreement`: the id of the agreement in force on the day if the volunteer has not accepted it, else None."""
    in_force = Agreement.objects.in_force(on=on).values("pk")[:1]
    accepted = Accepted.objects.filter(volunteer=OuterRef(OuterRef("pk")), agreement=OuterRef("pk"))
    not_accepted = Agreement.objects.filter(~Exists(accepted), pk=Subquery(in_force)).values("pk")
    # Passed as a mapping, because Volunteer declares the attribute itself, for the code that reads it.
    added = {"asked_agreement": Subquery(not_accepted)}
    return volunteers.annotate(**added)


def agrees_to_be_named(volunteer: OuterRef) -> Subquery:
    """Return whether the newest agreement that the volunteer accepted lets schools read their full name.

    None: they accepted none. An older one counts no more, and one that they were only asked to accept not yet.
    """
    newest = Accepted.objects.filter(volunteer=volunteer).order_by("-agreement__version")
    return Subquery(newest.values("agreement__names_to_schools")[:1])


def schools_may_read_names() -> bool:
    """Return whether any version of the agreement lets schools read full names: else no letter could name anybody."""
    return Agreement.objects.filter(names_to_schools=True).exists()


def volunteer_of(user: User, *, on: date) -> Volunteer | None:
    """Return the volunteer who signs in as the user, with `asked_agreement`; None where the user is not a volunteer."""
    return with_agreement(Volunteer.objects.filter(user=user), on=on).first()


def invitation_of(secret: str, *, now: datetime) -> Invitation | None:
    """Return the invitation with the secret in its link; None where it was used, has expired or never existed.

    Nobody learns which of these it is.
    """
    open_ones = Invitation.objects.open(now=now).select_related("volunteer__user")
    return open_ones.filter(token_hash=hash_of(secret)).first()


def calendar_owner(secret: str) -> Volunteer | None:
    """Return the owner of the calendar address with this secret, with their sign-in.

    None: the address was replaced or never existed, or its owner has left or cannot sign in.
    """
    theirs = Volunteer.objects.filter(feed_token__token_hash=hash_of(secret), user__is_active=True)
    return theirs.exclude(status=VolunteerStatus.LEFT).select_related("user").first()


def change_of(secret: str, *, now: datetime) -> tuple[AddressChange, str] | None:
    """Return the change of address with this secret in a link, and the end that was asked: "old" or "new".

    None: the change is completed, was replaced or has expired, or the user cannot sign in.
    """
    hashed = hash_of(secret)
    changes = AddressChange.objects.filter(expires_at__gt=now, user__is_active=True).select_related("user")
    if change := changes.filter(old_hash=hashed).first():
        return change, "old"
    if change := changes.filter(new_hash=hashed).first():
        return change, "new"
    return None


def clearances_ending(clearances: QuerySet[Clearance], first: date | None, last: date) -> QuerySet[Clearance]:
    """Return the clear decisions of active volunteers with a recheck from `first` (None: ever) to `last`, both included.

    Left out are decisions that a clear decision of the same scheme with a later recheck has replaced.
    """
    later = Clearance.objects.filter(
        volunteer=OuterRef("volunteer"),
        scheme=OuterRef("scheme"),
        decision=Clearance.Decision.CLEAR,
        withdrawn_on=None,
        recheck_on__gt=OuterRef("recheck_on"),
    )
    from_first = {} if first is None else {"recheck_on__gte": first}
    return clearances.filter(
        ~Exists(later),
        decision=Clearance.Decision.CLEAR,
        withdrawn_on=None,
        recheck_on__lte=last,
        volunteer__status=VolunteerStatus.ACTIVE,
        **from_first,
    )


def renewal() -> Case:
    """Return an expression by which volunteers stand in the order in which a decision of theirs has to be renewed.

    First come active people who have none at all, or none that was not withdrawn; then active people by the earliest end of a
    decision that no later one has replaced, over or to come. Who does not go, and has nothing to renew now, comes last.
    """
    of_volunteer = clearances_ending(Clearance.objects.filter(volunteer=OuterRef("pk")), None, NEVER)
    earliest = Subquery(of_volunteer.order_by("recheck_on").values("recheck_on")[:1])
    return Case(
        When(status=VolunteerStatus.ACTIVE, then=Coalesce(earliest, Value(AT_ONCE))),
        default=Value(NEVER),
        output_field=DateField(),
    )


def sign_offs_ending(sign_offs: QuerySet[SignOff], first: date | None, last: date) -> QuerySet[SignOff]:
    """Return the complete sign-offs of active volunteers with a recheck from `first` (None: ever) to `last`, both included."""
    from_first = {} if first is None else {"recheck_on__gte": first}
    return sign_offs.filter(
        stage=SignOff.Stage.SIGNED_OFF, recheck_on__lte=last, volunteer__status=VolunteerStatus.ACTIVE, **from_first
    )
