"""A volunteer's reference, as session files name people by it."""

import pytest
from django.core.exceptions import ValidationError

from schools.models import Volunteer
from tests.factories import VolunteerFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("reference", ["W1:x", "W1;W2", "w@1"])
def test_a_reference_has_no_sign_that_separates_people_in_a_session_file(reference: str) -> None:
    with pytest.raises(ValidationError, match="Give a reference without colon, semicolon and @"):
        Volunteer(name="Ann", reference=reference).full_clean()


def test_references_differ_by_more_than_capitals_because_files_ignore_those() -> None:
    VolunteerFactory(reference="W1")

    with pytest.raises(ValidationError, match="but for capital letters"):
        Volunteer(name="Ann", reference="w1").full_clean()
