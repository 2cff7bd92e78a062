"""Keeping what a school thinks of a visit: once, by its own page."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.delivery.models import QUESTIONS, Feedback
from schools.directory.accesses import used
from schools.visits.actions.school_answers import Giver, say_questions_answered
from schools.visits.models import Visit
from schools.visits.rules.school_answers import reasons_not_to_look_back


@transaction.atomic
def give_feedback(visit: int, answers: Mapping[str, str], comment: str, giver: Giver, *, now: datetime) -> Feedback:
    """Keep the answers to the five questions; the same once more are the same.

    Raises RuleBroken where the school has answered otherwise already, or it is too soon.
    """
    row = Visit.objects.select_for_update(of=("self",)).get(pk=visit)
    if reasons := reasons_not_to_look_back(row.sessions.all()):
        raise RuleBroken(reasons)
    earlier = Feedback.objects.filter(visit=row, school=giver.school).first()
    if earlier is not None and is_as_given(earlier, answers, comment, giver.name):
        return earlier
    if earlier is not None:
        raise RuleBroken([_("%(name)s has answered these questions already. Thank you both.") % {"name": earlier.given_by}])
    feedback = Feedback.objects.create(
        visit=row, school_id=giver.school, comment=comment, given_by=giver.name, at=now, **dict(answers)
    )
    say_questions_answered(row, giver, now=now)
    used(giver.access, now=now)
    return feedback


def is_as_given(feedback: Feedback, answers: Mapping[str, str], comment: str, given_by: str) -> bool:
    """Return whether that is what was kept, word for word, as when somebody has pressed twice."""
    is_same = all(getattr(feedback, name) == answers.get(name, "") for name in QUESTIONS)
    return is_same and (feedback.comment, feedback.given_by) == (comment, given_by)
