"""manage.py demo: once, all or nothing, never on real schools or a charity's own settings."""

from collections.abc import Iterator
from datetime import date
from io import StringIO
from unittest import mock
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from schools import models
from schools.accounts.models import Role
from schools.core.errors import RuleBroken
from schools.demo import uk
from schools.demo.actions import Size, load
from schools.demo.fortnight import Fortnight
from tests.factories import AuthorityFactory, SchoolFactory
from tests.kept import kept_for_several_tests

pytestmark = pytest.mark.django_db
ADDRESSES = ["manager@example.org", "coordinator@example.org", "volunteer@example.org", "analyst@example.org"]


def _demo(**options: object) -> list[str]:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue().splitlines()


def _facts() -> list[tuple[object, ...]]:
    """Everything that somebody could notice about the loaded charity."""
    return [
        *models.School.objects.order_by("register_id").values_list("register_id", "name", "authority__gss", "pupils", "closed"),
        *models.Volunteer.objects.order_by("reference").values_list("reference", "name", "status", "easting", "user__email"),
        *models.Clearance.objects.order_by("volunteer__reference", "issued").values_list("scheme", "issued", "recheck_on"),
        *models.Headcount.objects.order_by(
            "session__visit__reference", "session__day", "session__starts", "school__register_id", "year_group"
        ).values_list("session__visit__reference", "session__day", "session__stage", "expected", "pupils"),
        *models.Cover.objects.order_by(
            "session__visit__reference", "session__day", "session__starts", "volunteer__reference"
        ).values_list("session__day", "volunteer__reference", "role", "state"),
    ]


@pytest.fixture(scope="class")
def _lines(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[str]]:
    with kept_for_several_tests(django_db_blocker):
        with time_machine.travel("2026-11-24T06:00:00+00:00"):
            lines = _demo()
        yield lines


@pytest.fixture
def first(db: None, _lines: list[str]) -> list[str]:
    """The lines that the first call printed."""
    return _lines


class TestLoadedOnce:
    """What holds of a demo that was loaded before."""

    def test_four_sign_ins_end_in_address_and_password_and_let_them_in(self, first: list[str]) -> None:
        assert [line.split()[-2] for line in first[:4]] == ADDRESSES
        for line, role in zip(first[:4], (Role.MANAGER, Role.COORDINATOR, Role.VOLUNTEER, Role.ANALYST), strict=True):
            email, password = line.split()[-2:]
            user = models.User.objects.get(email=email)
            assert user.check_password(password)
            assert user.roles == {role.value}
            assert EmailAddress.objects.get(user=user, email=email).verified
            assert user.is_staff == (role != Role.VOLUNTEER)

    def test_the_page_of_a_school_has_what_it_gets_beforehand_and_a_letter_that_can_be_opened(self, first: list[str]) -> None:
        with time_machine.travel("2026-11-24T09:00:00+00:00"):
            path = urlsplit(first[4].split()[-1]).path
            assert "Our visit" in Client().get(path).content.decode()
            pack = Client().get(f"{path}pack/").content.decode()
            for words in ("Plan of the", "Slides and cards", "For parents"):
                assert words in pack
            letter = Client().post(f"{path}pack/", {"do": "letter"}).content.decode()
        covers = models.Cover.objects.filter(session__visit=int(path.split(".")[1].split("-")[0]), state="accepted")
        assert {name for name in covers.values_list("volunteer__name", flat=True) if name in letter}

    def test_a_second_call_changes_nothing_and_prints_the_sign_ins_again(self, first: list[str]) -> None:
        with mock.patch("schools.management.commands.demo.load") as again, time_machine.travel("2026-11-24T06:00:00+00:00"):
            assert _demo(size="area", seed=7) == first
        assert not again.called

    def test_settings_that_do_not_allow_the_demo_refuse_even_the_sign_ins(self, first: list[str], settings: Settings) -> None:
        settings.SPEAKOUT_DEMO_ALLOWED = False
        with pytest.raises(CommandError, match="do not allow the demo") as refused:
            _demo()
        assert refused.value.returncode == 2


@pytest.mark.exhaustive
def test_schools_imported_into_the_demo_do_not_stop_the_next_start() -> None:
    first = _demo()
    SchoolFactory(register_id="112345")
    assert _demo() == first


@pytest.mark.parametrize("register_id", ["112345", "8214829", "990000", "199000001"])
def test_real_schools_are_refused_in_one_line_with_exit_code_2(register_id: str) -> None:
    SchoolFactory(register_id=register_id, name="Real Primary School")
    with pytest.raises(CommandError, match="real schools, such as Real Primary School") as refused:
        _demo()
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert models.School.objects.count() == 1
    assert not models.User.objects.exists()


def test_other_things_of_a_charity_are_refused_too() -> None:
    AuthorityFactory()
    with pytest.raises(CommandError, match="authorities that the demo did not make"):
        _demo()


def test_the_action_itself_refuses_where_settings_do_not_allow_it(settings: Settings) -> None:
    settings.SPEAKOUT_DEMO_ALLOWED = False
    with pytest.raises(RuleBroken):
        load(Size.SMALL, years=2, seed=1, on=date(2026, 11, 24))
    assert not models.Region.objects.exists()


def test_base_settings_do_not_allow_it() -> None:
    from speakout.settings import base

    assert base.SPEAKOUT_DEMO_ALLOWED is False


def test_loading_that_breaks_off_leaves_nothing_behind() -> None:
    with (
        mock.patch.object(Fortnight, "fill", side_effect=[None, OSError("disk full")]),
        pytest.raises(OSError, match="disk full"),
    ):
        load(Size.SMALL, years=2, seed=1, on=date(2026, 11, 24))
    for model in (models.Region, models.School, models.Visit, models.Material, models.User):
        assert not model.objects.exists()


def test_years_outside_one_to_ten_are_refused() -> None:
    with pytest.raises(CommandError, match="1 to 10"):
        _demo(years=11)


def _loaded_facts(seed: int) -> list[tuple[object, ...]]:
    from django.db import transaction

    with transaction.atomic():
        load(Size.SMALL, years=1, seed=seed, on=date(2026, 11, 24))
        facts = _facts()
        transaction.set_rollback(True)
    return facts


@pytest.mark.exhaustive
def test_the_same_seed_and_day_make_the_same_charity_and_another_seed_another() -> None:
    first = _loaded_facts(5)
    assert _loaded_facts(5) == first
    assert _loaded_facts(6) != first


OTHER_DAYS = ("2026-12-24", "2027-01-01", "2027-04-10", "2026-09-01", "2027-07-31")


@pytest.mark.slow
@pytest.mark.parametrize("day", ["2026-08-14", *(pytest.param(day, marks=pytest.mark.exhaustive) for day in OTHER_DAYS)])
@pytest.mark.exhaustive
def test_it_loads_on_any_day_of_the_year_with_a_next_morning(day: str) -> None:
    with time_machine.travel(f"{day}T10:00:00+00:00", tick=False):
        _demo()
    on = date.fromisoformat(day)
    mine = models.Cover.objects.filter(volunteer__user__email="volunteer@example.org", state="accepted")
    assert mine.filter(session__day__gt=on).exists()
    assert mine.filter(session__day__lt=on, session__stage="scheduled").exists()


def test_the_table_of_the_kingdom_has_every_authority_once() -> None:
    authorities = [authority for area in uk.areas() for authority in area.authorities]
    assert len({authority.gss for authority in authorities}) == len(authorities) == 217
    counts = {letter: sum(authority.gss.startswith(letter) for authority in authorities) for letter in "ESWN"}
    assert counts == {"E": 152, "S": 32, "W": 22, "N": 11}
    assert all(len({authority.nation for authority in area.authorities}) == 1 for area in uk.areas())
    assert all((authority.code != "") == (authority.gss[0] in "EW") for authority in authorities)
