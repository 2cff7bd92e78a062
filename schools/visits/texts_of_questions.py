"""The texts of the questions that a school answers after a visit."""

from django.utils.translation import gettext_noop as _

from schools.messages.texts import Text, texts_of

OF_QUESTIONS = (
    *texts_of(
        ("school-thanks", "school-thanks-again"), "questions", "The five questions",
        above_them=_(
            "Five questions, which you can answer with yes, partly or no on the page of the visit. Please name no child:"
        ),
        first=_("Was it right for the age of your pupils?"),
        second=_("Did the people who came keep to what was agreed?"),
        third=_("Did you know beforehand what your pupils would hear?"),
        fourth=_("Do you feel surer about what to do when a child tells you something?"),
        fifth=_("Would you have us again?"),
    ),
    *texts_of(
        ("school-thanks", "school-thanks-again"), "questions.online", "The questions where nobody came",
        above_them=_(
            "Four questions, which you can answer with yes, partly or no on the page of the visit. Please name no child:"
        ),
    ),
    *texts_of(
        ("school-thanks", "school-thanks-again"), "questions.for-adults", "The questions where all was for adults",
        above_them=_(
            "A few questions, which you can answer with yes, partly or no on the page of the visit. Please name no child:"
        ),
    ),
    Text(
        "questions.of-several", ("school-thanks", "school-thanks-again"), "The questions after several visits",
        _("Each visit has its own page: please answer them on the page of each."),
    ),
)  # fmt: skip
