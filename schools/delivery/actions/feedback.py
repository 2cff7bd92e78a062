"""Keeping what a school thinks of a visit: once, by its own page."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.delivery.models import Feedback
from schools.visits.actions.school_answers import Giver, say_questions_answered
from schools.visits.models import Visit
from schools.visits.rules.school_answers import reasons_not_to_look_back


@transaction.atomic
def give_feedback(visit: int, answers: Mapping[str, str], comment: str, giver: Giver, *, now: datetime) -> Feedback:
    """Keep the answers to the five questions. Raises RuleBroken where the school has answered already, or it is too soon."""
    row = Visit.objects.select_for_update(of=("self",)).get(pk=visit)
    if reasons := reasons_not_to_look_back(row.sessions.all()):
        raise RuleBroken(reasons)
    earlier = Feedback.objects.filter(visit=row, school=giver.school).first()
    if earlier is not None:
        raise RuleBroken([_("%(name)s has answered these questions already. Thank you both.") % {"name": earlier.given_by}])
    feedback = Feedback.objects.create(
        visit=row, school_id=giver.school, comment=comment, given_by=giver.name, at=now, **dict(answers)
    )
    say_questions_answered(row, giver, now=now)
    return feedback
