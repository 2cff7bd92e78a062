"""Programs that look for viruses open every link of a mail, again and again: nothing changes by it, on any page for schools."""

from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import resolve

from schools.school_portal.urls import urlpatterns
from tests.school_portal.every_page import DEAD, NOW, every_page
from tests.school_portal.visits import every_row

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("times", [1, pytest.param(50, marks=pytest.mark.exhaustive)])
def test_however_often_a_link_of_any_kind_is_opened_no_row_changes(times: int) -> None:
    with time_machine.travel(NOW, tick=False):
        pages = every_page()
        names = {resolve(urlsplit(path).path).url_name for path in pages.values()}
        assert names == {pattern.name for pattern in urlpatterns}, "every kind of link is among them"
        before, client = every_row(), Client()
        for name, path in pages.items():
            statuses = {look(path).status_code for _ in range(times) for look in (client.get, client.head)}
            assert statuses == {404 if name == DEAD else 200}, name
        assert every_row() == before
