"""What the racing processes of test_races.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def claim_in_turn(volunteer_id: int, session_ids: list[int]) -> list[str]:
    """Claim each session, one after the other; "" where it worked, else the refusal."""
    from schools.core.errors import RuleBroken
    from schools.models import Session, User, Volunteer
    from schools.visits.actions import claim
    from schools.visits.queries import VisitDay

    volunteer = Volunteer.objects.get(pk=volunteer_id)
    answers = []
    for session in Session.objects.filter(pk__in=session_ids).select_related("visit__school").order_by("pk"):
        day = VisitDay(session.visit, session.day)
        try:
            claim(day, volunteer, role="presenter", by=User.objects.get(volunteer=volunteer), now=NOW, only=[session.pk])
        except RuleBroken as refusal:
            answers.append(" ".join(refusal.reasons))
        else:
            answers.append("")
    return answers


def claim_and_give_back(volunteer_id: int, visit_id: int, rounds: int) -> list[str]:
    """Claim the visit's day and give it back, again and again; every refusal in words."""
    from schools.core.errors import RuleBroken
    from schools.models import Session, User, Visit, Volunteer
    from schools.visits.actions import claim, withdraw
    from schools.visits.queries import VisitDay

    volunteer = Volunteer.objects.get(pk=volunteer_id)
    user = User.objects.get(volunteer=volunteer)
    day = VisitDay(Visit.objects.get(pk=visit_id), Session.objects.filter(visit=visit_id)[0].day)
    answers = []
    for _ in range(rounds):
        try:
            claim(day, volunteer, role="presenter", by=user, now=NOW)
            withdraw(day, volunteer, by=user, now=NOW)
        except RuleBroken as refusal:
            answers.append(" ".join(refusal.reasons))
    return answers
