"""The five questions after a visit, in the words in which a school reads them; the office shows the same."""

from django.utils.translation import gettext_lazy as _

from schools.delivery.models import QUESTIONS

_IN_ORDER = (
    _("Was it right for the age of your pupils?"),
    _("Did the people who came keep to what was agreed?"),
    _("Did you know beforehand what your pupils would hear?"),
    _("Do you feel surer about what to do when a child tells you something?"),
    _("Would you have us again?"),
)
WORDS_OF_QUESTIONS = dict(zip(QUESTIONS, _IN_ORDER, strict=True))
"""By the column that holds the answer."""
ABOUT_PEOPLE = "kept_to_agreed"
"""The one that is not asked where nobody came, because the school showed it by itself."""
ABOUT_PUPILS = frozenset(("right_for_age", "knew_beforehand"))
"""Those that are not asked where everything was for adults."""
