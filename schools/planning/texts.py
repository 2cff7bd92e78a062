"""The texts of the mails about what comes next, and of calls: each with its key, and the words that it has from the beginning.

What counts (“3 mornings near you”) has a form for one and a form for many, and is left out.
"""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import spoken_texts, texts_of

TEXTS = (
    *texts_of(
        ("near-you",), "near-you", "Mornings near you",
        opening=_("These need somebody, and you could take them:"),
        no_duty=_("Take what suits you. Nobody expects you unless you do."),
        how_often=_("You get this once a week, if anything is open."),
        button=_("Look at them"),
    ),
    *texts_of(
        ("term-thanks",), "term-thanks", "End of a term",
        subject=_("Thank you for this term"),
        opening=_("This term you were at %(sessions)s in %(schools)s."),
        seats=_("With you there %(seats)s; a child who came twice filled two."),
        closing=_("Thank you, from all of us at %(charity)s."),
        button=_("See all that you have given"),
    ),
    *texts_of(
        ("school-due",), "school-due", "A school is due",
        subject=_("Shall we come this school year? %(schools)s"),
        opening=_("%(charity)s would be glad to come this school year: to %(schools)s."),
        how_to_answer=_("Reply to this mail if you would like that, with months or weekdays that suit you."),
        how_often=_("We ask about each school once a school year, because you said that you want to be asked."),
        button=_("Ask for a visit"),
    ),
    *spoken_texts(
        "call", "Calling a school that is due",
        greeting=_(
            "Hello, this is %(caller)s from %(charity)s. We teach primary children how to recognise abuse, and whom to tell."
        ),
        last_visit=_("We were last with you on %(day)s."),
        never_there=_("We have not been to your school yet."),
        never_reached=_("%(groups)s have not met us so far."),
        question=_("May we come? Which month would suit you?"),
    ),
)  # fmt: skip
