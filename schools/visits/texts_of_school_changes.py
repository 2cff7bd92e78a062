"""The texts of the mails about what a host changes by its own page: to coordinators, and to people at the school."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

CHANGE = ("school-change",)

OF_SCHOOL_CHANGES = (
    *texts_of(CHANGE, "school-change", "By its own page", why=_("Why: %(why)s")),
    *texts_of(
        CHANGE, "school-change.cancel", "By its own page: the school cancelled",
        subject=_("The school has cancelled: %(where)s"),
        opening=_("The school cancelled our visit by its own page: %(where)s."),
        would_do=_("It would like us to come on one of these instead:"),
        closing=_(
            "Who was down for it is told by mail; whoever gets none stands in the office under Tell these people. On the visit’s "
            "page you can undo it, or find another day."
        ),
    ),
    *texts_of(
        CHANGE, "school-change.move", "By its own page: the school asks for another day",
        subject=_("The school asks for another day: %(where)s"),
        opening=_("The school asks for another day than this, and names what would do: %(where)s."),
        closing=_("Nothing has moved: that is for you to do, on the visit’s page. If the day has to stand, tell the school."),
    ),
    *texts_of(
        CHANGE, "school-change.back", "By its own page: no other day any more",
        subject=_("The day suits the school after all: %(where)s"),
        opening=_("The school asks for no other day any more: %(where)s."),
        closing=_("There is nothing more that you need to do."),
    ),
    *texts_of(
        ("day-stands",), "day-stands", "To a school that asked for another day: the day stands",
        subject=_("The day stands: %(where)s"),
        opening=_("You asked for another day than this: %(where)s."),
        it_stands=_("We have looked at it, and cannot come on another day, so we come as planned."),
        closing=_("If that is not possible for you, answer this mail or phone us. The reference of the visit is %(reference)s."),
    ),
    *texts_of(
        ("school-contact-before",), "school-contact-before", "To whom we write so far: somebody else is named",
        subject=_("Somebody else is to look after our visit to %(school)s"),
        opening=_("%(who)s says that %(name)s looks after our visit to %(school)s from now on."),
        until_they_confirm=_("Until they have confirmed it, our mails about it go to you; after that, to them."),
        from_now_on=_("Our mails about it go to them from now on, and not to you."),
        closing=_("If that is wrong, reply to this mail or phone us. The reference of the visit is %(reference)s."),
    ),
)  # fmt: skip
