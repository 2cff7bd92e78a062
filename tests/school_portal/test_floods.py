"""How often a school's page takes something: bounded for each person, and a look costs nothing of it."""

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.school_portal.views.visits import MOST_POSTS
from tests.school_portal.visits import BEFORE, a_visit, boxes_of, path_of

pytestmark = pytest.mark.django_db


def test_one_person_sends_so_often_and_no_more() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit, other = a_visit(), a_visit()
        path = path_of(visit)
        boxes = boxes_of(Client().get(path))
        for number in range(MOST_POSTS):
            typed = {**boxes, "note": f"{number}", "given_by": "Jo", "shown-note": f"{number - 1}" if number else ""}
            assert Client().post(path, typed).status_code == 302
        refused = Client().post(path, {**boxes, "note": "more", "given_by": "Jo"})
        assert refused.status_code == 429
        assert "Wait ten minutes, or phone us." in refused.content.decode()
        assert "more</textarea>" in refused.content.decode(), "nothing that was typed is lost"
        assert Client().get(path).status_code == 200
        theirs = boxes_of(Client().get(path_of(other)))
        assert Client().post(path_of(other), {**theirs, "note": "x", "given_by": "Jo"}).status_code == 302
    assert models.SchoolAnswer.objects.get(visit=visit).words == f"{MOST_POSTS - 1}"
