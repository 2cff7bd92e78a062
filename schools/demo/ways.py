"""The steps of a made-up volunteer from enquiry on, which fit their status and the day on which they joined."""

from collections.abc import Iterator
from datetime import date, timedelta

from schools.accounts.models import User
from schools.volunteers.models import StepKind, Volunteer, VolunteerStatus, VolunteerStep

BEFORE_JOINING = ((StepKind.ENQUIRED, 24), (StepKind.APPLIED, 17), (StepKind.INTERVIEWED, 8), (StepKind.REFERENCES, 3))
"""The steps that everybody took, with the number of days before joining."""

AFTER_REFERENCES = {
    VolunteerStatus.APPLICANT: (),
    VolunteerStatus.IN_TRAINING: ((StepKind.TRAINING, 14),),
    VolunteerStatus.ACTIVE: ((StepKind.TRAINING, 20), (StepKind.ACTIVE, 60)),
    VolunteerStatus.PAUSED: ((StepKind.TRAINING, 20), (StepKind.ACTIVE, 60), (StepKind.PAUSED, 90)),
}
"""The later steps of each status, with the number of days after joining."""


def steps_of(volunteer: Volunteer, *, on: date, by: User) -> Iterator[VolunteerStep]:
    """Yield the volunteer's steps up to the day; they are not stored yet."""
    joined = volunteer.joined or on
    further = AFTER_REFERENCES.get(VolunteerStatus(volunteer.status), ())
    days = [(kind, joined - timedelta(days=before)) for kind, before in BEFORE_JOINING]
    days += [(kind, min(on, joined + timedelta(days=after))) for kind, after in further]
    for kind, day in days:
        yield VolunteerStep(volunteer=volunteer, step=kind, day=day, by=by)
