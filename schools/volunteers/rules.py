"""Reasons not to, around volunteers themselves; whether one may cover a session is a rule of visits."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from schools.accounts.models import User
from schools.volunteers.models import Volunteer, VolunteerStatus


def reasons_not_to_invite(volunteer: Volunteer, *, email: str) -> list[str]:
    """Why the volunteer cannot be sent a way in to this address."""
    reasons = []
    if volunteer.status == VolunteerStatus.LEFT:
        reasons.append(f"{volunteer} has left. Make them active again first.")
    if volunteer.user is not None and not volunteer.user.is_active:
        reasons.append(f"The sign-in of {volunteer} is switched off. Ask a manager to switch it on.")
    if volunteer.user is not None and email and email != volunteer.user.email:
        reasons.append(f"{volunteer} signs in as {volunteer.user.email}. They change that themselves, under “Me”.")
    if volunteer.user is None:
        try:
            validate_email(email)
        except ValidationError:
            reasons.append("Give the e-mail address to which the invitation goes, like name@example.org.")
        if User.objects.filter(email=email).exists():
            reasons.append(f"Somebody already signs in as {email}. Use another address, or ask a manager to link that sign-in.")
    return reasons
