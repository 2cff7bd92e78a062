"""The texts of the mails by which a school gets dates to choose from, and coordinators hear what it chose."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import texts_of

DATES_TO_CHOOSE, DATE_CHOSEN = ("dates-to-choose",), ("date-chosen",)

OF_DATES = (
    *texts_of(
        DATES_TO_CHOOSE, "dates-to-choose", "Dates to choose from",
        subject=_("When shall we come? %(school)s"),
        opening=_("%(charity)s could come to %(school)s on one of these:"),
        how_to_choose=_("Open the page, choose one, and press the button. You need no account."),
        until=_("We keep all of them free for you until %(day)s. The first of you who answers decides."),
        closing=_("If none of them suits you, say so on the page, and name half-days there that would."),
        opening_of_one=_("%(charity)s could come to %(school)s then:"),
        how_to_choose_of_one=_("Open the page, choose it, and press the button. You need no account."),
        until_of_one=_("We keep it free for you until %(day)s. The first of you who answers decides."),
        closing_of_one=_("If it does not suit you, say so on the page, and name half-days there that would."),
    ),
    *texts_of(
        (*DATES_TO_CHOOSE, "school-dates"), "dates-to-choose", "Dates to choose from, or dates that were offered",
        button=_("Choose a date"),
    ),
    *texts_of(
        DATES_TO_CHOOSE, "dates-to-move", "Dates to choose from, to move a visit",
        subject=_("Another day for our visit? %(school)s, %(was)s"),
        opening=_("Our visit to %(school)s is planned for %(was)s. %(charity)s could come on one of these instead:"),
        closing=_("Until you have chosen, the visit stays on its day. If none of these suits you, say so on the page."),
        opening_of_one=_("Our visit to %(school)s is planned for %(was)s. %(charity)s could come then instead:"),
        closing_of_one=_("Until you have chosen it, the visit stays on its day. If it does not suit you, say so on the page."),
    ),
    *texts_of(
        DATE_CHOSEN, "date-chosen.moved", "A date was chosen and the visit is moved there",
        subject=_("Moved: %(school)s, %(date)s"),
        opening=_("%(name)s has chosen another day for our visit to %(school)s, of those that were offered: %(date)s."),
        closing=_(
            "The visit is moved there. Whoever was down for it is asked again; look on its page for whom it needs. On the page "
            "you can undo the move, too."
        ),
    ),
    *texts_of(
        DATE_CHOSEN, "date-chosen.booked", "A date was chosen and is booked",
        subject=_("Booked: %(school)s, %(date)s"),
        opening=_("%(name)s has chosen for %(school)s, of the dates that were offered: %(date)s."),
        closing=_("The visit is booked, and the school gets the confirmation. Look for people who go."),
    ),
    *texts_of(
        DATE_CHOSEN, "date-chosen.not-booked", "A date was chosen and is not booked",
        subject=_("To be booked: %(school)s, %(date)s"),
        opening=_("%(name)s has chosen for %(school)s, of the dates that were offered: %(date)s."),
        few_people=_("Too few people are left for it. Find people first, or agree on another day with the school."),
        closing=_("The visit is not booked yet, and the school knows that. Its page says what is in the way."),
    ),
)  # fmt: skip
