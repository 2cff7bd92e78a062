"""The texts of the mails to schools about what is agreed and what changes: of visits, and of what a school shows by itself."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

VISITS = ("visits",)

OF_VISITS = (
    *texts_of(
        VISITS, "visits.agreed", "Agreed",
        subject=_("Our visit: %(where)s"),
        opening=_("%(charity)s is coming, as we have agreed:"),
        what_to_prepare=_(
            "Please prepare a room with a screen and sound, have a member of staff there all the time, and tell parents."
        ),
    ),
    *texts_of(
        VISITS, "visits.moved", "Moved",
        subject=_("Our visit has moved: %(where)s"),
        subject_of_part=_("Part of our visit has moved: %(where)s"),
        opening=_("Our visit has moved to another time:"),
        opening_of_part=_("This part of our visit has moved to another time:"),
    ),
    *texts_of(
        VISITS, "visits.cancelled", "Cancelled",
        subject=_("Our visit is cancelled: %(where)s"),
        subject_of_part=_("Part of our visit is cancelled: %(where)s"),
        opening=_("This will not take place. We are sorry."),
        another_day=_("We would like to find another day with you. Please tell us which would suit."),
    ),
    *texts_of(
        VISITS, "visits.back", "After all",
        subject=_("Our visit takes place after all: %(where)s"),
        subject_of_part=_("Part of our visit takes place after all: %(where)s"),
        opening=_("What we told you was taken back: it takes place as planned."),
    ),
    *texts_of(
        VISITS, "visits.retracted", "Not agreed yet",
        subject=_("Our visit is not agreed yet: %(where)s"),
        opening=_("We wrote that this was agreed. We have still to talk about it:"),
    ),
    *texts_of(
        VISITS, "visits.taken-off", "Guests taken off",
        subject=_("Not at our visit any more: %(where)s"),
        subject_of_part=_("Not at part of our visit any more: %(where)s"),
        opening=_("Your pupils are no longer expected at this:"),
        closing=_("If that surprises you, please tell us. The reference of the visit is %(reference)s."),
    ),
    *texts_of(
        VISITS, "visits.guests", "Other guests",
        subject=_("Guests at our visit: %(where)s"),
        opening=_("The guests at this have changed:"),
    ),
)  # fmt: skip
"""The second part of each key is the value of its `SchoolTelling`."""

OF_ONLINE = (
    *texts_of(
        VISITS, "visits-online.agreed", "Online, agreed",
        subject=_("To show online: %(where)s"),
        opening=_("As we have agreed, you show this to your pupils online; nobody of %(charity)s comes to your school:"),
        what_to_prepare=_(
            "Please prepare a screen and sound, have a member of staff there all the time, and tell parents beforehand."
        ),
    ),
    *texts_of(
        VISITS, "visits-online.moved", "Online, moved",
        subject=_("Online, on other days: %(where)s"),
        opening=_("The days on which you can show this online have changed:"),
    ),
    *texts_of(
        VISITS, "visits-online.cancelled", "Online, cancelled",
        subject=_("The online session is cancelled: %(where)s"),
        opening=_("This will not take place. We are sorry."),
    ),
    *texts_of(
        VISITS, "visits-online.back", "Online, after all",
        subject=_("The online session takes place after all: %(where)s"),
        opening=_("What we told you was taken back: it takes place as planned."),
    ),
    *texts_of(
        VISITS, "visits-online.retracted", "Online, not agreed yet",
        subject=_("The online session is not agreed yet: %(where)s"),
        opening=_("We wrote that this was agreed. We have still to talk about it:"),
    ),
    *texts_of(
        VISITS, "visits-online.taken-off", "Online, guests taken off",
        subject=_("Not at the online session any more: %(where)s"),
        opening=_("Your pupils are no longer expected at this:"),
    ),
    *texts_of(
        VISITS, "visits-online.guests", "Online, other guests",
        subject=_("Guests at the online session: %(where)s"),
        opening=_("The guests at this have changed:"),
    ),
)  # fmt: skip
"""The same of sessions to which nobody comes, because the school shows them by itself."""
