"""The worked example of docs/figures.md as rows of the database."""

from datetime import date, time

from schools import models
from tests import factories


def delivered(
    school: models.School, slug: str, day: date, at: time, counts: dict[int, int | None], **fields: object
) -> models.Session:
    """A delivered session of the school with its headcounts, frozen in the area that holds its authority."""
    place = place_of(school)
    session: models.Session = factories.SessionFactory(
        visit=factories.VisitFactory(school=school),
        type=models.SessionType.objects.get(slug=slug),
        day=day,
        starts=at,
        ends=at.replace(hour=at.hour + 1),
        **({"delivered": True} | place | fields),
    )
    for group, pupils in counts.items():
        factories.HeadcountFactory(session=session, school=school, year_group=group, pupils=pupils, **place)
    return session


def place_of(school: models.School) -> dict[str, object]:
    """What is frozen of the school's place."""
    holding = models.AreaAuthority.objects.select_related("area__region").get(authority=school.authority)
    return {"authority": holding.authority, "area": holding.area, "region": holding.area.region}


def worked_example(*, area: str) -> models.School:
    """A school with five sessions in 2025/26, one of them cancelled, and the academy that it became with one in 2026/27."""
    authority = factories.AuthorityFactory(name="Cumbria County", gss="E10000006")
    factories.AreaAuthorityFactory(area=factories.AreaFactory(name=area), authority=authority)
    school: models.School = factories.SchoolFactory(authority=authority, closed=date(2026, 8, 31), status="closed")
    academy = factories.SchoolFactory(authority=authority, opened=date(2026, 9, 1), chain=school.pk, lineage=school.pk)
    models.School.objects.filter(pk=school.pk).update(chain=school.pk, lineage=school.pk)
    delivered(school, "ks2-assembly", date(2025, 10, 6), time(9, 0), {5: 58, 6: 30})
    delivered(school, "workshop-5-6", date(2025, 10, 13), time(9, 0), {5: 29})
    delivered(school, "workshop-5-6", date(2025, 10, 13), time(10, 0), {5: 30})
    delivered(school, "workshop-5-6", date(2025, 10, 14), time(9, 0), {6: 28})
    delivered(school, "ks2-assembly", date(2026, 3, 9), time(9, 0), {5: 60, 6: 30}, delivered=False, cancelled=True)
    delivered(academy, "ks2-assembly", date(2026, 10, 5), time(9, 0), {6: 61})
    return school
