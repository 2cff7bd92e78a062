"""A made-up history as rows of the database."""

from collections.abc import Callable
from datetime import date, timedelta

from schools import models
from tests.factories import VisitFactory, VolunteerFactory
from tests.reach.histories import MOVED, WHEREABOUTS, from_north_to_south, in_north, nowhere, unheld
from tests.reach.naive import History, Meeting, Spot


class Country:
    """The regions, areas and authorities of tests.reach.histories, and the schools of one history."""

    def __init__(self, history: History) -> None:
        west = models.Region.objects.create(nation="england", name="West")
        east = models.Region.objects.create(nation="england", name="East")
        self.areas = {
            "Valley": models.Area.objects.create(name="Valley", region=west, cycle_years=history.cycles.get("Valley", 2)),
            "Coast": models.Area.objects.create(name="Coast", region=east, cycle_years=history.cycles.get("Coast", 2)),
        }
        self.regions = {"West": west, "East": east}
        self.authorities = {
            name: models.Authority.objects.create(nation="england", name=name, gss=gss)
            for name, gss in (("North", "E1"), ("South", "E2"), ("Island", None))
        }
        north, south = self.authorities["North"], self.authorities["South"]
        hold = models.AreaAuthority.objects.create
        hold(area=self.areas["Valley"], authority=north)
        hold(area=self.areas["Valley"], authority=south, to_day=MOVED - timedelta(days=1))
        hold(area=self.areas["Coast"], authority=south, from_day=MOVED)
        self.schools = [self._school(history, number) for number in range(len(history.schools))]
        for before, after, kind, day in history.links:
            old, new = self.schools[before], self.schools[after]
            models.SchoolLink.objects.create(predecessor=old, successor=new, kind=kind, day=day)
        self.people = [VolunteerFactory() for _ in range(3)]
        self.visits: dict[tuple[int, int], models.Visit] = {}
        self.sessions = [self._session(meeting) for meeting in history.meetings]

    def _school(self, history: History, number: int) -> models.School:
        facts = history.schools[number]
        school = models.School.objects.create(
            nation=facts.nation,
            register_id=f"{number:06}",
            name=f"School {number}",
            sector=facts.sector,
            status=facts.status,
            low_age=facts.ages[0],
            high_age=facts.ages[1],
            opened=facts.opened,
            closed=facts.closed,
            pupils=facts.pupils,
        )
        for year, group, source, pupils in facts.rolls:
            models.Roll.objects.create(school=school, academic_year=year, year_group=group, source=source, pupils=pupils)
        self._join(history, number, school)
        self._belong(school, WHEREABOUTS[number])
        return school

    def _join(self, history: History, number: int, school: models.School) -> None:
        """Chain and lineage are numbers of their own; a school alone in its chain may have none."""
        facts = history.schools[number]
        if sum(other.chain == facts.chain for other in history.schools) > 1:
            school.chain = 900_000 + facts.chain
        if sum(other.lineage == facts.lineage for other in history.schools) > 1:
            school.lineage = 800_000 + facts.lineage
        school.save()

    def _belong(self, school: models.School, whereabouts: Callable[[date], Spot]) -> None:
        belong = models.SchoolAuthority.objects.create
        north, south = self.authorities["North"], self.authorities["South"]
        if whereabouts is from_north_to_south:
            belong(school=school, authority=north, to_day=date(2024, 12, 31))
            belong(school=school, authority=south, from_day=date(2025, 1, 1))
        elif whereabouts is unheld:
            # No dated authority at all: it has always been in today's.
            models.School.objects.filter(pk=school.pk).update(authority=self.authorities["Island"])
        elif whereabouts is not nowhere:
            belong(school=school, authority=north if whereabouts is in_north else south)

    def frozen(self, spot: Spot) -> dict[str, object]:
        """What is frozen on a session or headcount of the spot."""
        return {
            "authority": self.authorities.get(spot.authority or ""),
            "area": self.areas.get(spot.area or ""),
            "region": self.regions.get(spot.region or ""),
        }

    def _session(self, meeting: Meeting) -> models.Session:
        key = (meeting.host, meeting.visit)
        if key not in self.visits:
            self.visits[key] = VisitFactory(school=self.schools[meeting.host])
        delivered = meeting.stage == "delivered"
        session = models.Session.objects.create(
            visit=self.visits[key],
            type=models.SessionType.objects.get(slug=meeting.kind),
            day=meeting.day,
            starts=meeting.starts,
            ends=meeting.ends,
            until_day=meeting.until if meeting.until and meeting.until >= meeting.day else None,
            stage=meeting.stage,
            went_ahead="yes" if delivered else "",
            cancelled_code="school" if meeting.stage == "cancelled" else "",
            pupils_are="again" if meeting.again else "new",
            count_basis=meeting.basis,
            adults=meeting.adults,
            language=meeting.language,
            **(self.frozen(meeting.spot) if delivered else {}),
        )
        for count in meeting.headcounts:
            models.Headcount.objects.create(
                session=session,
                school=self.schools[count.school],
                year_group=count.group,
                expected=count.expected,
                pupils=count.pupils,
                **(self.frozen(count.spot) if delivered else {}),
            )
        for person, role, state in meeting.covers:
            models.Cover.objects.create(session=session, volunteer=self.people[person], role=role, state=state)
        return session
