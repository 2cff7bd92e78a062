"""Questions about volunteers: which agreement they are asked for, whose a link is."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet, Subquery

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


def new_reference() -> str:
    """A volunteer's reference that no volunteer has: P and six letters or digits."""
    while True:
        reference = random_reference("P")
        if not Volunteer.objects.filter(reference__iexact=reference).exists():
            return reference


def with_agreement(volunteers: VolunteerQuerySet, *, on: date) -> VolunteerQuerySet:
    """Adds `asked_agreement`: the id of the agreement in force on the day if the volunteer has not accepted it, else None."""
    in_force = Agreement.objects.in_force(on=on).values("pk")[:1]
    accepted = Accepted.objects.filter(volunteer=OuterRef(OuterRef("pk")), agreement=OuterRef("pk"))
    asked = Agreement.objects.filter(~Exists(accepted), pk=Subquery(in_force)).values("pk")
    # By name in a mapping, because Volunteer declares the attribute for those who read it.
    added = {"asked_agreement": Subquery(asked)}
    return volunteers.annotate(**added)


def volunteer_of(user: User, *, on: date) -> Volunteer | None:
    """Who signs in as the user, with `asked_agreement`; None where the user is nobody's."""
    return with_agreement(Volunteer.objects.filter(user=user), on=on).first()


def invitation_of(secret: str, *, now: datetime) -> Invitation | None:
    """The invitation whose link holds the secret; None where it was used, has expired or never was: nobody learns which."""
    open_ones = Invitation.objects.open(now=now).select_related("volunteer__user")
    return open_ones.filter(token_hash=hash_of(secret)).first()


def calendar_owner(secret: str) -> Volunteer | None:
    """Whose calendar the address with this secret is; None where it was reset or never was, and of who signs in no more."""
    theirs = Volunteer.objects.filter(feed_token__token_hash=hash_of(secret), user__is_active=True)
    return theirs.exclude(status=VolunteerStatus.LEFT).first()


def change_of(secret: str, *, now: datetime) -> tuple[AddressChange, str] | None:
    """The change of address that the link belongs to, and which end was asked: "old" or "new"; None where it is over."""
    hashed = hash_of(secret)
    changes = AddressChange.objects.filter(expires_at__gt=now, user__is_active=True).select_related("user")
    if change := changes.filter(old_hash=hashed).first():
        return change, "old"
    if change := changes.filter(new_hash=hashed).first():
        return change, "new"
    return None


def clearances_ending(clearances: QuerySet[Clearance], first: date | None, last: date) -> QuerySet[Clearance]:
    """Clear decisions of active volunteers whose recheck is due from `first` (None: ever) to `last`, both ends included.

    One that a later decision of the scheme has taken the place of is not among them.
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


def sign_offs_ending(sign_offs: QuerySet[SignOff], first: date | None, last: date) -> QuerySet[SignOff]:
    """Complete sign-offs of active volunteers that have a recheck from `first` (None: ever) to `last`."""
    from_first = {} if first is None else {"recheck_on__gte": first}
    return sign_offs.filter(
        stage=SignOff.Stage.SIGNED_OFF, recheck_on__lte=last, volunteer__status=VolunteerStatus.ACTIVE, **from_first
    )
