"""The actions on the people who go to schools, by noun."""

from schools.volunteers.actions.addresses import (
    confirm_address_change,
    end_address_change,
    forget_unless_known,
    request_address_change,
)
from schools.volunteers.actions.clearances import record_clearance
from schools.volunteers.actions.files import VOLUNTEERS, import_volunteers, preview_volunteers
from schools.volunteers.actions.homes import place_home, place_homes
from schools.volunteers.actions.inviting import invite_each, preview_invitations
from schools.volunteers.actions.joining import add_volunteer
from schools.volunteers.actions.looks import (
    delete_looks_kept_long_enough,
    look_at,
    look_at_imported,
    look_at_scheme,
    look_by_letter,
    looks_kept_long_enough,
)
from schools.volunteers.actions.onboarding import (
    accept_agreement,
    accept_invitation,
    add_person,
    end_invitations,
    invite,
    new_calendar_address,
    publish_agreement,
)
from schools.volunteers.actions.profile import add_away, change_profile, remove_away, set_week
from schools.volunteers.actions.steps import give_role, lock_volunteer_of, take_step, write_step

__all__ = [
    "VOLUNTEERS",
    "accept_agreement",
    "accept_invitation",
    "add_away",
    "add_person",
    "add_volunteer",
    "change_profile",
    "confirm_address_change",
    "delete_looks_kept_long_enough",
    "end_address_change",
    "end_invitations",
    "forget_unless_known",
    "give_role",
    "import_volunteers",
    "invite",
    "invite_each",
    "lock_volunteer_of",
    "look_at",
    "look_at_imported",
    "look_at_scheme",
    "look_by_letter",
    "looks_kept_long_enough",
    "new_calendar_address",
    "place_home",
    "place_homes",
    "preview_invitations",
    "preview_volunteers",
    "publish_agreement",
    "record_clearance",
    "remove_away",
    "request_address_change",
    "set_week",
    "take_step",
    "write_step",
]
