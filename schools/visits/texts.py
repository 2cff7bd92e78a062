"""The texts of the mails about visits: each with its key, its kinds, and the words that it has from the beginning.

Lines of lists, what an answer link says and the entries of calendars are left out: those are facts, and the program acts by them.
"""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import Part, Text, texts_of
from schools.visits.texts_of_coordinators import OF_COORDINATORS
from schools.visits.texts_of_dates import OF_DATES
from schools.visits.texts_of_news_to_schools import OF_ONLINE, OF_VISITS
from schools.visits.texts_of_questions import OF_QUESTIONS
from schools.visits.texts_of_school_changes import OF_SCHOOL_CHANGES
from schools.visits.texts_on_the_day import OF_ALARMS

MORNINGS, VISITS = ("mornings",), ("visits",)
BEFORE, OUTCOMES = ("two-days", "evening"), ("outcome", "outcome-again", "chase")
OF_SEVERAL = ("school-pack", "school-week", "school-day-before", "school-thanks", "school-thanks-again")
"""One mail of these may be about several visits, with a section for each."""
AROUND = (*OF_SEVERAL, "school-agreement")
WITH_CLOSING = (*VISITS, *(kind for kind in AROUND if "thanks" not in kind), "school-request", "school-dates")
TO_COORDINATORS = ("given-back", "undelivered", "school-alarm", "school-change")

SHARED = (
    Text(
        "shared.hello",
        (*MORNINGS, *BEFORE, *OUTCOMES, *VISITS, *AROUND, "school-request", "school-dates", "dates-to-choose",
         "clearance-ends", "near-you", "term-thanks", "school-due", "morning-alarm", "day-stands", "school-contact-before"),
        "How every mail begins",
        _("Hello %(name)s,"),
    ),
    Text(
        "shared.and-more",
        (*MORNINGS, *BEFORE, *OUTCOMES, *VISITS, *OF_SEVERAL, *TO_COORDINATORS),
        "Several things at once: subject",
        _("%(first)s, and more"),
        Part.SUBJECT,
    ),
    Text(
        "shared.guests", (*VISITS, *AROUND), "To a guest school: that it is about guests",
        _("This is about pupils of %(guest)s, who are guests there."),
    ),
    Text(
        "shared.closing", WITH_CLOSING, "How mails to schools end",
        _("Please tell us if this does not suit you. The reference of the visit is %(reference)s."),
    ),
    Text(
        "shared.closing-of-several", (*VISITS, *(kind for kind in OF_SEVERAL if "thanks" not in kind)),
        "How mails to schools about several visits end",
        _("Please tell us if any of this does not suit you. The references of the visits are %(references)s."),
    ),
    *texts_of(
        (*MORNINGS, *VISITS), "shared.calendar", "Only the calendar is put right",
        subject=_("For your calendar: %(where)s"),
        opening=_("You know this already. This mail puts your calendar right, if it reads our mails:"),
    ),
    *texts_of(
        VISITS, "shared.calendar", "Only the calendar is put right",
        opening_anew=_("Mails about this visit come to this address from now on. This is what is agreed:"),
        opening_now=_("This is how it stands now. This mail puts your calendar right, if it reads our mails:"),
    ),
    *texts_of(MORNINGS, "shared.answer", "A question", button=_("Say yes or no")),
    *texts_of(
        (*MORNINGS, *BEFORE, "morning-alarm"), "shared.morning", "A morning", button=_("See where to go and what to bring")
    ),
    *texts_of(MORNINGS, "shared.observe", "Another one to watch", button=_("Look for another one")),
    *texts_of(OUTCOMES, "shared.outcome", "How it went", button=_("Tell us how it went")),
    *texts_of(MORNINGS, "shared.mine", "Nothing to do", button=_("See what you’re down for")),
    *texts_of((*MORNINGS, *BEFORE, *OUTCOMES), "shared.several", "Several mornings", button=_("See all of them")),
    *texts_of(
        (*VISITS, *AROUND, "day-stands", "school-request", "school-dates", "school-contact-before"), "shared.school-visit",
        "The visit’s page for the school",
        button=_("Open the page of the visit"),
    ),
    *texts_of(OF_SEVERAL, "shared.school-visit", "Several visits", button_to_the_first=_("Open the page of %(where)s")),
    *texts_of((*TO_COORDINATORS, "date-chosen"), "shared.visit", "The visit’s page in the office", button=_("Open the visit")),
    *texts_of((*TO_COORDINATORS, "morning-list"), "shared.office", "The office", button=_("Open the office")),
)  # fmt: skip

OF_MORNINGS = (
    *texts_of(
        MORNINGS, "mornings.agreed", "Down for it",
        subject=_("You’re down for %(where)s"),
        opening=_("You’re down for this. Thank you."),
        closing=_("If you can’t make it, say so on its page."),
    ),
    *texts_of(
        MORNINGS, "mornings.not-observing", "Watching does not fit",
        subject=_("Watching does not fit this time: %(where)s"),
        opening=_("Thank you for asking to watch this. It does not fit this time, so you’re not expected there."),
        closing=_("Perhaps another one suits you; or ask your coordinator which would."),
    ),
    *texts_of(
        MORNINGS, "mornings.offered", "Asked",
        subject=_("Could you go to %(where)s?"),
        opening=_("Could you take this? The first to say yes has it."),
        closing=_("A no is fine."),
    ),
    *texts_of(
        MORNINGS, "mornings.question", "Every question",
        where_it_is_only_planned=_("The school hasn’t agreed to the day yet."),
        how_links_answer=_(
            "You need not sign in: a link leads to a page with a button, and only that button sends your answer."
        ),
    ),
    *texts_of(
        MORNINGS, "mornings.swap", "Asked to go instead of somebody",
        subject=_("Could you go instead of %(name)s? %(where)s"),
        opening=_("%(name)s asks whether you could take this, and is down for it until you say yes."),
        closing=_("A no is fine."),
    ),
    *texts_of(
        MORNINGS, "mornings.handed-on", "Somebody goes instead",
        subject=_("%(name)s goes instead of you: %(where)s"),
        opening=_("%(name)s has said yes and goes instead of you. You’re no longer down for this."),
        closing=_("Thank you for finding somebody."),
    ),
    *texts_of(
        MORNINGS, "mornings.not-handed-on", "Somebody cannot go instead",
        subject=_("%(name)s can’t take your place: %(where)s"),
        opening=_("%(name)s can’t go instead of you, so you’re still down for this."),
        closing=_("Ask somebody else, or say on its page that you can’t make it."),
    ),
    *texts_of(
        MORNINGS, "mornings.taken", "No answer needed any more",
        subject=_("No answer needed any more: %(where)s"),
        opening=_("We asked whether you could take this. You need not answer any more."),
        closing=_("Thank you all the same."),
    ),
    *texts_of(
        MORNINGS, "mornings.taken-off", "Taken off",
        subject=_("You’re no longer down for %(where)s"),
        opening=_("You’re no longer down for this."),
        closing=_("If that surprises you, ask your coordinator."),
    ),
    *texts_of(
        MORNINGS, "mornings.cancelled", "Cancelled",
        subject=_("Cancelled: %(where)s"),
        opening=_("This will not take place:"),
        closing=_("Thank you for having kept the time free."),
    ),
    *texts_of(
        MORNINGS, "mornings.moved", "Moved a little",
        subject=_("Moved a little: %(where)s"),
        opening=_("The time has changed a little. You’re still down for it."),
        closing=_("If you can’t make it, say so on its page."),
    ),
    *texts_of(
        MORNINGS, "mornings.asked-again", "Moved, and asked again",
        subject=_("Moved, can you come? %(where)s"),
        opening=_("This was moved. Can you come then too?"),
        closing=_("A no is fine."),
    ),
    *texts_of(
        MORNINGS, "mornings.dropped", "Moved to when they cannot come",
        subject=_("Moved: %(where)s"),
        opening=_("This was moved to a time at which you can’t come, so you’re not expected there."),
        closing=_("Thank you all the same."),
    ),
    *texts_of(
        MORNINGS, "mornings.wish-back", "After all, for who asked to watch",
        subject=_("It takes place after all: %(where)s"),
        opening=_("What we told you was taken back: it takes place as planned. You asked to watch it, and we shall answer you."),
        closing=_("Sorry for the confusion."),
    ),
    *texts_of(
        MORNINGS, "mornings.back", "After all, for who is down for it",
        subject=_("It takes place after all: %(where)s"),
        opening=_("What we told you was taken back: it takes place as planned. You’re down for it again."),
        closing=_("Sorry for the confusion."),
    ),
    *texts_of(
        MORNINGS, "mornings.back-asked", "After all, for who is asked",
        subject=_("It takes place after all: %(where)s"),
        opening=_("What we told you was taken back: it takes place as planned. Can you come?"),
        closing=_("Sorry for the confusion."),
    ),
    *texts_of(
        MORNINGS, "mornings.restored", "Down for it after all",
        subject=_("You’re down for it after all: %(where)s"),
        opening=_("You’re down for this after all, as before. That you were not was taken back."),
        closing=_("Sorry for the confusion. If you can’t make it any more, say so on its page."),
    ),
)  # fmt: skip
"""The second part of each key is the value of its `Telling`."""

TO_VOLUNTEERS = (
    *texts_of(("two-days",), "two-days", "In two days", subject=_("In two days: %(where)s")),
    *texts_of(BEFORE, "evening", "Tomorrow", subject=_("Tomorrow: %(where)s")),
    *texts_of(
        BEFORE, "before", "Reminder",
        opening=_("This is to remind you of what you’re down for:"),
        closing=_("If you can’t make it, say so now."),
    ),
    *texts_of(
        OUTCOMES, "outcome", "Asked how it went",
        subject=_("How did it go? %(where)s"),
        opening=_("You were down for this, and we don’t know yet how it went:"),
        closing=_("Please tell us, also if it did not take place. It takes a minute. Thank you."),
    ),
)  # fmt: skip

TO_SCHOOLS = (
    *texts_of(
        ("school-pack",), "school-pack", "Before the visit",
        subject=_("Before our visit: %(where)s"),
        opening=_("This is what you should know before %(charity)s comes:"),
        what_is_taught=_(
            "Children learn to recognise abuse and whom to tell. You are welcome to ask us for the plan of each session."
        ),
        what_is_on_the_page=_(
            "Children learn to recognise abuse and whom to tell. On the page of the visit is what we have put together for you:"
            " plans, materials, a page for parents. Please look at it, and say there that you have read it."
        ),
        who_comes=_("Everybody who comes is checked under %(scheme)s and trained before they may go to a school."),
        letter=_(
            "From the page of the visit you open a letter of assurance, which names those who come. It is made anew each time:"
            " please open it on the morning, too."
        ),
        what_we_need=_(
            "Please tell parents beforehand, and have a member of staff in the room all the time. We need a screen and sound."
        ),
        if_a_child_tells=_("If a child tells us something, we tell %(name)s at once, and you act as your own policy says."),
        if_a_child_tells_and_nobody_is_named=_(
            "If a child tells us something, we tell your safeguarding lead at once."
            " Please say on the page of the visit who that is."
        ),
        if_a_child_tells_at_another_school=_(
            "If a child tells us something, we tell the safeguarding lead of %(host)s at once,"
            " and you act as your own policy says."
        ),
    ),
    *texts_of(
        ("school-pack",), "school-pack.for-adults", "Before a visit for adults alone",
        what_is_taught=_("You are welcome to ask us for the plan of each session."),
        what_is_on_the_page=_(
            "On the page of the visit is what we have put together for you."
            " Please look at it, and say there that you have read it."
        ),
        what_we_need=_(
            "Please tell those whom it is for beforehand, and have a member of staff in the room all the time."
            " We need a screen and sound."
        ),
    ),
    *texts_of(
        ("school-pack",), "school-pack.online", "Before it is shown online",
        subject=_("Before you show it: %(where)s"),
        opening=_("This is what you should know before you show this to your pupils online. Nobody of %(charity)s comes:"),
        what_you_need=_(
            "Please tell parents beforehand, and have a member of staff in the room all the time. You need a screen and sound."
        ),
        if_a_child_tells=_("If a child tells you something then or later, please act as your own policy says."),
    ),
    *texts_of(
        ("school-week",), "school-week", "A week before",
        subject=_("Has anything changed? %(where)s"),
        opening=_(
            "We are coming soon. Please say on the page of the visit if anything has changed since we agreed:"
            " the room, the times, the classes."
        ),
        above_the_numbers=_("These are the numbers that we have. Please say on the page of the visit if they are wrong:"),
    ),
    *texts_of(
        ("school-week",), "school-week.for-adults", "A week before a visit for adults alone",
        opening=_(
            "We are coming soon. Please say on the page of the visit if anything has changed since we agreed:"
            " the room, the times."
        ),
    ),
    *texts_of(
        ("school-week",), "school-week.online", "A week before it is shown online",
        opening=_(
            "Soon you can show this to your pupils online. Please say on the page of the visit if anything has changed since we"
            " agreed, such as the classes."
        ),
    ),
    *texts_of(
        ("school-day-before",), "school-day-before", "The day before",
        subject=_("We are coming: %(where)s"),
        opening=_("This is to remind you that we are coming:"),
    ),
    *texts_of(
        ("school-thanks",), "school-thanks", "Thanks",
        subject=_("Thank you: %(where)s"),
        opening=_("Thank you for having had %(charity)s there."),
        opening_of_guest=_("Thank you for having come with your pupils."),
        closing=_("If something was not as it should be, please tell us. The reference of the visit is %(reference)s."),
        closing_of_several=_(
            "If something was not as it should be, please tell us. The references of the visits are %(references)s."
        ),
        above_the_numbers=_("These are your pupils whom we counted. Please say on the page of the visit if a number is wrong:"),
    ),
    *texts_of(
        ("school-thanks",), "school-thanks.online", "Thanks after it was shown online",
        opening=_("Thank you for having shown this to your pupils."),
        above_the_numbers=_(
            "These are the numbers of your pupils that we have. Please say on the page of the visit if a number is wrong:"
        ),
    ),
    *OF_QUESTIONS,
    *texts_of(
        ("school-thanks-again",), "school-thanks-again", "The questions once more",
        subject=_("How was our visit? %(where)s"),
        opening=_("Some days ago we asked you how our visit was. If you have answered since, thank you: do nothing."),
        closing=_("We shall not ask again."),
    ),
    *texts_of(
        ("school-thanks-again",), "school-thanks-again.online", "The questions once more, where nobody came",
        subject=_("How was the online session? %(where)s"),
        opening=_("Some days ago we asked you how it was. If you have answered since, thank you: do nothing."),
    ),
    *texts_of(
        ("school-request",), "school-request", "Asked for a visit",
        subject=_("You asked for a visit: %(school)s"),
        opening=_("%(charity)s has received that you would like a visit at %(school)s."),
        month=_("You asked for %(month)s."),
        what_follows=_("Nothing is agreed yet. We shall write or ring to find a day that suits you."),
    ),
    *texts_of(
        ("school-dates",), "school-dates", "Dates that were offered",
        subject=_("Dates for our visit: %(school)s"),
        opening=_("As we said, we could come on one of these: %(dates)s"),
        closing=_("Please tell us which suits you, or which others would. Nothing is agreed until then."),
    ),
    *texts_of(
        ("school-agreement",), "school-agreement", "Agreement of the year",
        subject=_("Your agreement for %(year)s: %(school)s"),
        opening=_("Once a school year we ask every school whose pupils we meet to agree to it. This is what we have planned:"),
        closing=_("Please say on the page of the visit that you agree, and in which role you do, such as head teacher."),
    ),
)  # fmt: skip

TEXTS = (
    *SHARED,
    *OF_MORNINGS,
    *TO_VOLUNTEERS,
    *OF_VISITS,
    *OF_ONLINE,
    *TO_SCHOOLS,
    *OF_COORDINATORS,
    *OF_ALARMS,
    *OF_SCHOOL_CHANGES,
    *OF_DATES,
)
