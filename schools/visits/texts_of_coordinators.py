"""The texts of the mails to coordinators: who comes no longer, the list of the morning, what did not arrive."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

OF_COORDINATORS = (
    *texts_of(
        ("given-back",), "given-back", "Somebody cannot come",
        subject=_("Needs people: %(where)s"),
        subject_where_nobody_is_needed=_("Somebody can’t make it: %(where)s"),
        opening=_("%(name)s can’t make it:"),
        why=_("They said: %(why)s."),
        closing=_("These sessions need somebody again."),
        closing_where_some_need_nobody=_("Some of these sessions need somebody again; for the others there is somebody."),
        closing_where_nobody_is_needed=_("These sessions have everybody they need, so nothing is to be done."),
    ),
    *texts_of(
        ("given-back",), "given-back.taken-off", "Somebody was taken off",
        subject_where_nobody_is_needed=_("Somebody was taken off: %(where)s"),
        opening=_("Somebody in the office took %(name)s off:"),
    ),
    *texts_of(
        ("morning-list",), "morning-list", "List of the morning",
        subject=_("Your list for %(day)s"),
        above_today=_("Today:"),
        above_what_needs_people=_("Needs people within a week:"),
        above_what_nobody_reported=_("Nobody has said yet how it went:"),
    ),
    *texts_of(
        ("undelivered",), "undelivered", "Not delivered",
        subject=_("Not delivered: %(first)s"),
        opening=_("These mails came back or got no answer. Phone the people, and correct their addresses:"),
        private=_("a mail for them alone"),
    ),
)  # fmt: skip
