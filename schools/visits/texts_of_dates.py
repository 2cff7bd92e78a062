"""The texts of the mail by which a school gets dates to choose from."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

DATES_TO_CHOOSE = ("dates-to-choose",)

OF_DATES_TO_CHOOSE = (
    *texts_of(
        DATES_TO_CHOOSE, "dates-to-choose", "Dates to choose from",
        subject=_("When shall we come? %(school)s"),
        opening=_("%(charity)s could come to %(school)s on one of these:"),
        how_to_choose=_("Open the page, choose one, and press the button. You need no account."),
        until=_("We keep all of them free for you until %(day)s. The first of you who answers decides."),
        closing=_("If none of them suits you, say so on the page, and reply to this mail with days that would."),
        button=_("Choose a date"),
    ),
)  # fmt: skip
