"""Every page for schools says what is true, also in the states that come seldom."""

import pytest
import time_machine
from django.test import Client

from tests.school_portal.every_page import DEAD_STATES, NOW, STATES, every_state

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]


def test_each_page_says_what_is_true_in_states_that_come_seldom() -> None:
    with time_machine.travel(NOW, tick=False):
        paths = every_state()
        assert paths.keys() == STATES.keys()
        for name, path in paths.items():
            answer = Client().get(path)
            assert answer.status_code == (404 if name in DEAD_STATES else 200), name
            assert STATES[name] in " ".join(answer.content.decode().split()), name
