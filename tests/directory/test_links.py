"""Entering and taking away a link keeps chain and lineage of every school that hangs together with it."""

from datetime import date
from itertools import pairwise

import pytest
from pytest_django import DjangoAssertNumQueries

from schools.core.errors import RuleBroken
from schools.directory.actions import link_schools, relink, unlink
from schools.models import School, SchoolLink
from tests.factories import SchoolFactory

pytestmark = pytest.mark.django_db


def kin(*schools: School) -> list[tuple[int | None, int | None]]:
    stored = {school.pk: (school.chain, school.lineage) for school in School.objects.all()}
    return [stored[school.pk] for school in schools]


def test_a_conversion_makes_one_chain_and_taking_it_away_parts_it() -> None:
    old, new, stranger = SchoolFactory(), SchoolFactory(), SchoolFactory()
    link = link_schools(old, new, kind="successor", day=date(2019, 9, 1))
    assert kin(old, new, stranger) == [(old.pk, old.pk), (old.pk, old.pk), (None, None)]
    unlink(link)
    assert kin(old, new, stranger) == [(None, None)] * 3
    assert not SchoolLink.objects.exists()


def test_a_second_predecessor_turns_a_conversion_into_a_merger() -> None:
    one, two, new, later = (SchoolFactory() for _ in range(4))
    link_schools(new, later, kind="successor", day=None)
    link_schools(one, new, kind="successor", day=None)
    assert kin(one, new, later) == [(one.pk, one.pk)] * 3
    merger = link_schools(two, new, kind="merged", day=None)
    assert kin(one, two, new, later) == [(None, one.pk), (None, one.pk), (new.pk, one.pk), (new.pk, one.pk)]
    unlink(merger)
    assert kin(one, two, new, later) == [(one.pk, one.pk), (None, None), (one.pk, one.pk), (one.pk, one.pk)]


def test_a_feeder_joins_lineages_alone() -> None:
    infant, junior = SchoolFactory(), SchoolFactory()
    link_schools(infant, junior, kind="feeder", day=None)
    assert kin(infant, junior) == [(None, infant.pk), (None, infant.pk)]


def test_the_days_of_closing_and_opening_tell_a_conversion_from_pupils_sent_elsewhere() -> None:
    closed = SchoolFactory(closed=date(2019, 8, 31))
    new, older = SchoolFactory(opened=date(2019, 9, 1)), SchoolFactory(opened=date(1998, 9, 1))
    link = link_schools(closed, new, kind="successor", day=None)
    assert kin(closed, new) == [(closed.pk, closed.pk)] * 2
    unlink(link)
    link_schools(closed, older, kind="successor", day=None)
    assert kin(closed, older) == [(None, closed.pk)] * 2


def test_every_reason_not_to_link_is_told() -> None:
    one, two = SchoolFactory(name="One"), SchoolFactory(name="Two")
    link_schools(one, two, kind="successor", day=None)
    elsewhere = SchoolFactory(name="Else", nation="wales")
    cases = [
        (one, one, "successor", ["One cannot follow itself. Choose two schools."]),
        (one, two, "merged", ["One and Two are linked already. Take the link away first if its kind is wrong."]),
        (two, one, "successor", ["Two follows One already, so it cannot also come before it. Check which came first."]),
        (one, elsewhere, "sold", [
            "“sold” is no kind of link. Choose one of successor, merged, amalgamated, split, feeder.",
            "One and Else are in different nations. Check the register numbers.",
        ]),
    ]  # fmt: skip
    for predecessor, successor, kind, reasons in cases:
        with pytest.raises(RuleBroken) as refused:
            link_schools(predecessor, successor, kind=kind, day=None)
        assert refused.value.reasons == reasons
    assert SchoolLink.objects.count() == 1


def test_a_circle_over_several_schools_is_refused() -> None:
    one, two, three = (SchoolFactory(name=name) for name in ("One", "Two", "Three"))
    link_schools(one, two, kind="successor", day=None)
    link_schools(two, three, kind="merged", day=None)
    with pytest.raises(RuleBroken, match="Three follows One already"):
        link_schools(three, one, kind="split", day=None)


def test_relinking_all_mends_what_was_written_past_the_actions() -> None:
    one, two, loner = (SchoolFactory() for _ in range(3))
    SchoolLink.objects.create(predecessor=one, successor=two, kind="successor")
    # A circle, as registers have them.
    SchoolLink.objects.create(predecessor=two, successor=one, kind="successor")
    School.objects.filter(pk=loner.pk).update(chain=one.pk, lineage=one.pk)
    assert relink() == 3
    assert kin(one, two, loner) == [(one.pk, one.pk), (one.pk, one.pk), (None, None)]
    assert relink() == 0


@pytest.mark.parametrize(("schools", "queries"), [(2, 7), (40, 7)])
def test_relinking_takes_the_same_few_questions_for_few_schools_and_for_many(
    schools: int, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chain = [SchoolFactory() for _ in range(schools)]
    SchoolLink.objects.bulk_create(
        SchoolLink(predecessor=one, successor=other, kind="successor") for one, other in pairwise(chain)
    )
    with django_assert_num_queries(queries):
        assert relink() == schools
