"""The texts of the mails about clearances: each with its key, its kind, and the words that it has from the beginning."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

TEXTS = (
    *texts_of(
        ("clearance-ends",), "clearance-ends", "A clearance ends",
        subject=_("Yours ends in %(days)s days: %(scheme)s"),
        subject_tomorrow=_("Yours ends tomorrow: %(scheme)s"),
        opening=_("Our decision about your %(scheme)s holds until %(day)s. From that day on you can’t go to schools with us."),
        closing=_("Ask your coordinator how it is renewed. If that is under way already, do nothing."),
        button=_("See your clearances"),
    ),
)  # fmt: skip
