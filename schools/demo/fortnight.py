"""The last days and the coming fortnight: mornings without a problem, and one of each kind of problem."""

from collections.abc import Sequence
from datetime import date, time
from itertools import islice

from schools.core.periods import AcademicYear
from schools.demo import days, plans
from schools.demo.made_schools import MadeSchool
from schools.demo.people import Person
from schools.demo.plans import Planned
from schools.demo.visits import Booker, MadeVisit
from schools.directory.models import Sector
from schools.visits.models import CancelCode, CoverState

LENGTH = 10
"""The length of a fortnight in school days."""

MY_NEXT, MY_OPEN, MY_OFFER, MY_LATER = 1, 3, 5, 9
"""The coming school days, by index, on which the volunteer who signs in goes, could go, is asked to go, and goes again."""


BEFORE_USUAL = 11
"""So many schools are visited before those whose mornings have no problem."""


class Fortnight:
    """A maker of the mornings around today in one area."""

    def __init__(self, booker: Booker, schools: Sequence[MadeSchool], *, on: date, me: Person | None) -> None:
        self.booker = booker
        self.on = on
        self.me = me
        self.year = AcademicYear.of(on).start
        nation = booker.patch.nation
        self.coming = list(islice(days.after(on, nation), LENGTH))
        self.past = list(islice(days.before(on, nation), 5))
        self.today = on if days.is_school_day(on, nation) else None
        mainstream = [made for made in schools if made.school.sector == Sector.MAINSTREAM and made.school.closed is None]
        self.unused = [made for made in mainstream if set(made.school.year_groups) == set(range(7))]
        booker.rng.shuffle(self.unused)
        # Of the schools that are to come, those in several places have a morning without a problem.
        for made in [made for made in self.unused if made.sites]:
            self.unused.remove(made)
            self.unused.insert(BEFORE_USUAL, made)

    def fill(self, usual: int) -> None:
        """Put the mornings of the fortnight into the booker's batch: all problems, and `usual` mornings without one."""
        if self.me:
            # Around today they only go where this class sends them.
            self.me.busy.update((*self.past, self.on, *self.coming))
        self._outcome_missing(self.past[0], with_me=True)
        self._outcome_missing(self.past[4], with_me=False)
        self._lapsing(self.coming[2])
        self._with_me(self._coming(MY_NEXT))
        self._with_me(self._coming(MY_LATER))
        self._uncovered(self._coming(MY_OPEN))
        self._offer(self._coming(MY_OFFER))
        self._half_covered(self._coming(6))
        self._unconfirmed(self._coming(7))
        self._cancelled(self._coming(4))
        self._online(self._coming(2))
        if self.today:
            self._covered(self.today)
        for position in range(usual):
            self._covered(self._coming(3 * position))

    def _coming(self, index: int) -> date:
        """Return a school day of the fortnight; it differs by area, so that not all areas have a problem on the same day."""
        return self.coming[(index + self.booker.patch.number) % LENGTH]

    def _school(self) -> MadeSchool:
        # An area with few schools visits a school twice.
        made = self.unused.pop(0)
        self.unused.append(made)
        return made

    def _morning(self, day: date, *, confirmed: bool = True, workshop: bool = True) -> MadeVisit:
        """Book a morning of two assemblies and, if `workshop`, a workshop."""
        made = self._school()
        pupils = {group: made.pupils(self.year, group) for group in made.school.year_groups}
        # Schools begin at different minutes.
        bell = self.booker.rng.choice((0, 0, 5, 10))
        plan = [
            Planned("ks1-assembly", 0, time(9, 5 + bell), {group: pupils[group] for group in (0, 1, 2)}),
            Planned("ks2-assembly", 0, time(9, 35 + bell), {group: pupils[group] for group in (3, 4, 5, 6)}),
        ]
        if workshop:
            plan.append(Planned("workshop-5-6", 0, time(10, 40 + bell), {6: min(pupils[6], plans.LARGEST_CLASS)}))
        visit = self.booker.book(made, plan, [day], confirmed=confirmed)
        self.booker.expect(visit)
        return visit

    def _covered(self, day: date) -> None:
        visit = self._morning(day)
        self.booker.put(self.booker.crew(visit, visit.sessions), visit.sessions)

    def _with_me(self, day: date) -> None:
        visit = self._morning(day)
        crew = self.booker.crew(visit, visit.sessions, also=[self.me] if self.me else [])
        self.booker.put(crew, visit.sessions)

    def _uncovered(self, day: date) -> None:
        self._morning(day, workshop=False)

    def _offer(self, day: date) -> None:
        """Book a morning that one person accepted and to which another was asked without an answer yet."""
        visit = self._morning(day)
        offered = [self.me] if self.me else []
        crew = self.booker.crew(visit, visit.sessions, also=offered)
        self.booker.put(crew[:1], visit.sessions, state=CoverState.OFFERED, alone=True)
        self.booker.put(crew[1:], visit.sessions)

    def _half_covered(self, day: date) -> None:
        visit = self._morning(day, workshop=False)
        self.booker.put(self.booker.crew(visit, visit.sessions)[:1], visit.sessions)

    def _unconfirmed(self, day: date) -> None:
        visit = self._morning(day, confirmed=False)
        self.booker.put(self.booker.crew(visit, visit.sessions), visit.sessions)

    def _cancelled(self, day: date) -> None:
        made = self._school()
        plan = [Planned("ks2-assembly", 0, time(9, 45), {group: made.pupils(self.year, group) for group in (3, 4, 5, 6)})]
        self.booker.cancel(self.booker.book(made, plan, [day]), CancelCode.SCHOOL, "Inspection that week; they will ring back.")

    def _lapsing(self, day: date) -> None:
        """Book a morning of the person whose clearance ends within the fortnight, on a day before it ends."""
        visit = self._morning(day)
        lapsing = [
            person
            for person in self.booker.people
            if day < person.clear_until <= self.coming[-1] and person.may_cover(visit.sessions[0][1], (), times=())
        ]
        self.booker.put(self.booker.crew(visit, visit.sessions, also=lapsing[:1]), visit.sessions)

    def _outcome_missing(self, day: date, *, with_me: bool) -> None:
        visit = self._morning(day)
        also = [self.me] if self.me and with_me else []
        self.booker.put(self.booker.crew(visit, visit.sessions, also=also), visit.sessions)

    def _online(self, day: date) -> None:
        made = self._school()
        expected = {group: made.pupils(self.year, group) for group in (3, 4, 5, 6)}
        plan = [Planned("online-ks2", 0, time(10, 15), expected, online=True)]
        self.booker.expect(self.booker.book(made, plan, [day]))
