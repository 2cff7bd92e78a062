"""Templates of visits: which sessions they give a school, and how pupils are divided over them."""

from datetime import date, time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.models import Roll, SessionType, VisitTemplate
from schools.visits.actions.templates import keep_built_in_templates
from schools.visits.rules import reasons_not_to_book
from schools.visits.templates import divided, sessions_of_template
from tests.factories import SchoolFactory
from tests.profiles import examples

MONDAY = date(2026, 11, 30)


def school_of(pupils: dict[int, int], **fields: Any) -> Any:
    school = SchoolFactory(**fields)
    for group, number in pupils.items():
        Roll.objects.create(school=school, academic_year=2026, year_group=group, pupils=number, source="coordinator")
    return school


def planned(slug: str, school: Any) -> list[tuple[str, date, time, dict[int, int | None] | None]]:
    sessions = sessions_of_template(VisitTemplate.objects.get(slug=slug), school, first_day=MONDAY)
    assert reasons_not_to_book(school, sessions) == []
    return [(session.type.slug, session.day, session.starts, session.expected) for session in sessions]


@pytest.mark.django_db
def test_four_assemblies_for_seven_hundred_pupils() -> None:
    assert planned("large-school", school_of(dict.fromkeys(range(7), 100))) == [
        ("ks1-assembly", MONDAY, time(9, 15), {0: 100, 1: 100}),
        ("ks1-assembly", MONDAY, time(9, 45), {2: 100}),
        ("ks2-assembly", MONDAY, time(10, 15), {3: 100, 4: 100}),
        ("ks2-assembly", MONDAY, time(10, 55), {5: 100, 6: 100}),
    ]


@pytest.mark.django_db
def test_assemblies_one_morning_and_workshops_class_by_class_a_week_later() -> None:
    rolls = {**dict.fromkeys(range(5), 30), 5: 58, 6: 30}
    assert planned("assemblies-and-workshops", school_of(rolls)) == [
        ("ks1-assembly", MONDAY, time(9, 15), dict.fromkeys(range(3), 30)),
        ("ks2-assembly", MONDAY, time(9, 45), {3: 30, 4: 30, 5: 58, 6: 30}),
        ("workshop-5-6", date(2026, 12, 7), time(9, 15), {5: 29}),
        ("workshop-5-6", date(2026, 12, 7), time(10, 25), {5: 29}),
        # None runs into lunch.
        ("workshop-5-6", date(2026, 12, 7), time(13, 15), {6: 30}),
    ]


@pytest.mark.django_db
def test_what_does_not_fit_into_a_school_day_goes_on_the_next() -> None:
    days = [(day, starts) for _, day, starts, _ in planned("workshops", school_of({5: 150, 6: 30}))]
    assert days == [
        (MONDAY, time(9, 15)),
        (MONDAY, time(10, 25)),
        (MONDAY, time(13, 15)),
        (date(2026, 12, 1), time(9, 15)),
        (date(2026, 12, 1), time(10, 25)),
        (date(2026, 12, 1), time(13, 15)),
    ]


@pytest.mark.django_db
def test_what_goes_on_the_next_day_does_not_begin_beside_what_is_there_already() -> None:
    template = VisitTemplate.objects.create(name="Class by class", slug="class-by-class")
    for slug, most in (("workshop-5-6", 30), ("workshop-5-6", 60), ("ks2-assembly", None)):
        template.lines.create(type=SessionType.objects.get(slug=slug), most_pupils=most)
    sessions = sessions_of_template(template, school_of({5: 150, 6: 30}), first_day=MONDAY)
    spans = sorted((session.day, session.starts, session.end) for session in sessions)
    assert len({day for day, *_ in spans}) > 1
    assert all(one[0] < other[0] or (one[2] or time()) <= other[1] for one, other in pairwise(spans)), spans


@pytest.mark.django_db
def test_sessions_whose_year_groups_the_school_does_not_teach_are_left_out() -> None:
    assert [slug for slug, *_ in planned("assemblies", school_of({0: 20}, low_age=4, high_age=7))] == ["ks1-assembly"]


@pytest.mark.django_db
def test_an_online_template_gives_a_window() -> None:
    template = VisitTemplate.objects.get(slug="online")
    sessions = sessions_of_template(template, SchoolFactory(), first_day=MONDAY)
    assert {(session.type.slug, session.until_day) for session in sessions} == {
        ("online-ks1", date(2026, 12, 13)),
        ("online-ks2", date(2026, 12, 13)),
    }


@pytest.mark.django_db
def test_what_a_manager_changed_about_a_built_in_template_stays_changed() -> None:
    template = VisitTemplate.objects.get(slug="assemblies")
    template.name = "Ours"
    template.save()
    template.lines.all()[1].delete()
    VisitTemplate.objects.get(slug="send").delete()
    keep_built_in_templates()
    template.refresh_from_db()
    assert (template.name, template.lines.count()) == ("Ours", 1)
    assert VisitTemplate.objects.get(slug="send").lines.count() == 6
    assert SessionType.objects.filter(template_lines__template__slug="send").exists()


@given(
    st.dictionaries(st.integers(0, 6), st.one_of(st.none(), st.integers(0, 400)), min_size=1),
    st.integers(1, 300),
)
@settings(max_examples=examples(200), deadline=None)
def test_nobody_is_lost_and_no_part_is_too_large(expected: dict[int, int | None], most: int) -> None:
    parts = divided(expected, most)
    for group, pupils in expected.items():
        of_group = [part[group] for part in parts if group in part]
        assert of_group
        assert (None if pupils is None else sum(number or 0 for number in of_group)) == (None if pupils is None else pupils)
        # A year group that fits stays whole.
        assert len(of_group) == 1 or (pupils or 0) > most
    assert all(sum(pupils or 0 for pupils in part.values()) <= most for part in parts)
    # In order of age: no part begins before the one before it has ended.
    assert all(max(one) <= min(other) for one, other in pairwise(parts))
