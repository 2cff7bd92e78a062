"""Makes visits with their sessions, headcounts and covers in memory, and stores many of them at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from itertools import groupby
from random import Random

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.demo import materials, names, rows
from schools.demo.made_schools import MadeSchool
from schools.demo.people import Person, at
from schools.demo.places import Patch
from schools.demo.plans import Planned
from schools.directory.models import Contact, SchoolAgreement, Site
from schools.materials.models import MaterialUse
from schools.programme.models import SessionType
from schools.visits.models import (
    CancelCode,
    CountBasis,
    Cover,
    CoverRole,
    CoverState,
    Headcount,
    PupilsAre,
    SafeguardingNotice,
    Session,
    SessionStage,
    Visit,
    VisitStage,
    WentAhead,
)

ONLINE_WINDOW = timedelta(days=7)


@dataclass
class Batch:
    """The rows that wait to be stored together, those that others point to first."""

    contacts: list[Contact] = field(default_factory=list)
    agreements: list[SchoolAgreement] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    headcounts: list[Headcount] = field(default_factory=list)
    covers: list[Cover] = field(default_factory=list)
    uses: list[MaterialUse] = field(default_factory=list)
    safeguarding_notices: list[SafeguardingNotice] = field(default_factory=list)

    def store(self) -> None:
        """Store all rows, and forget them."""
        for waiting in fields(self):
            rows.store(getattr(self, waiting.name))
            getattr(self, waiting.name).clear()


@dataclass(frozen=True)
class MadeVisit:
    """A visit in memory, with its sessions, each beside the plan that it was made from."""

    made_school: MadeSchool
    visit: Visit
    sessions: tuple[tuple[Planned, Session], ...]

    def by_day(self) -> list[list[tuple[Planned, Session]]]:
        """Group the sessions by visit day, in order; online ones are left out, because nobody goes to them."""
        in_person = [pair for pair in self.sessions if not pair[0].online]
        return [list(of_day) for _, of_day in groupby(in_person, key=lambda pair: pair[1].day)]


class Booker:
    """A maker of one area's visits: books them into a batch, puts people on them and records their outcomes."""

    def __init__(
        self,
        patch: Patch,
        people: Sequence[Person],
        *,
        coordinator: User,
        types: dict[str, SessionType],
        needs: dict[str, list[materials.Need]],
        rng: Random,
    ) -> None:
        self.patch = patch
        self.people = list(people)
        self.coordinator = coordinator
        self.types = types
        self.needs = needs
        self.rng = rng
        self.batch = Batch()
        self.booked = 0
        self._contacts: dict[int, tuple[Contact, Contact]] = {}
        self._agreed: set[tuple[int, int]] = set()

    def book(self, made: MadeSchool, plan: Sequence[Planned], on_days: Sequence[date], *, confirmed: bool = True) -> MadeVisit:
        """Put a visit with these sessions into the batch; day n of the plan is `on_days[n]`."""
        head, safeguarding = self._contacts_of(made)
        self.booked += 1
        agreed_on = on_days[0] - timedelta(days=self.rng.randint(25, 60))
        visit = Visit(
            reference=f"V{self.patch.number:02}{self.booked:05}",
            school=made.school,
            coordinator=self.coordinator,
            stage=VisitStage.CONFIRMED if confirmed else VisitStage.PLANNED,
            contact=head,
            agreed_on=agreed_on if confirmed else None,
            agreed_with=head.name if confirmed else "",
            parents_told_on=agreed_on + timedelta(days=9) if confirmed and self.rng.random() < 0.7 else None,
            safeguarding_contact=safeguarding,
            arrival_notes=self.rng.choice(names.ARRIVAL),
            parking=self.rng.choice(names.PARKING),
        )
        sessions = tuple((planned, self._session(made, visit, planned, on_days[planned.day])) for planned in plan)
        self.batch.visits.append(visit)
        self.batch.sessions.extend(session for _, session in sessions)
        if confirmed:
            self._agree(made, sessions[0][1], agreed_on)
        return MadeVisit(made, visit, sessions)

    def _session(self, made: MadeSchool, visit: Visit, planned: Planned, day: date) -> Session:
        rooms = names.CLASSROOMS if planned.slug.startswith("workshop") else names.ROOMS
        return Session(
            visit=visit,
            type_id=self.types[planned.slug].pk,
            day=day,
            starts=planned.starts,
            ends=planned.ends,
            until_day=day + ONLINE_WINDOW if planned.online else None,
            site=None if planned.online else self._site(made, planned, day),
            room="" if planned.online else rooms[made.number % len(rooms)],
            language="cy" if made.school.welsh_medium and made.number % 3 == 0 else "en",
            pupils_are=PupilsAre.AGAIN if planned.again else PupilsAre.NEW,
        )

    def _site(self, made: MadeSchool, planned: Planned, day: date) -> Site | None:
        """Choose the site, so that in two years running, and on two days of one visit, they go to different ones."""
        return made.sites[(AcademicYear.of(day).start + planned.day) % len(made.sites)] if made.sites else None

    def _contacts_of(self, made: MadeSchool) -> tuple[Contact, Contact]:
        if made.number not in self._contacts:
            pair = (self._contact(made, "Head teacher", 0), self._contact(made, "Safeguarding lead", 1))
            self._contacts[made.number] = pair
            self.batch.contacts.extend(pair)
        return self._contacts[made.number]

    def _contact(self, made: MadeSchool, role: str, position: int) -> Contact:
        name = names.of_person(self.rng)
        mailbox = f"{name.replace(' ', '.').lower()}.{made.number}@example.org"
        return Contact(
            school_id=made.school.pk,
            name=name,
            role=role,
            email=mailbox,
            phone=names.phone(self.patch.nation, 2 * made.number + position),
        )

    def _agree(self, made: MadeSchool, session: Session, day: date) -> None:
        year = session.day.year - (session.day.month < 8)
        if (made.number, year) not in self._agreed:
            self._agreed.add((made.number, year))
            self.batch.agreements.append(
                SchoolAgreement(school_id=made.school.pk, academic_year=year, accepted_on=day, by_role="Head teacher")
            )

    def crew(self, made: MadeVisit, pairs: Sequence[tuple[Planned, Session]], *, also: Sequence[Person] = ()) -> list[Person]:
        """Choose two people, or one paid, who may cover all sessions of the visit day; empty where there are not enough.

        `also` are people who are chosen already.
        """
        slugs = {planned.slug for planned, _ in pairs}
        times = {planned.starts for planned, _ in pairs}
        able = [person for person in self.people if person not in also and person.may_cover(pairs[0][1], slugs, times=times)]
        paid = [person for person in able if person.volunteer.staff]
        unpaid = [person for person in able if not person.volunteer.staff]
        if len(also) + len(unpaid) >= 2:
            return [*also, *self.rng.sample(unpaid, 2 - len(also))]
        return [*also, *paid[:1]] if paid else []

    def put(
        self,
        crew: Iterable[Person],
        pairs: Iterable[tuple[Planned, Session]],
        *,
        state: CoverState = CoverState.ACCEPTED,
        alone: bool = False,
    ) -> None:
        """Put the people on the sessions; the first one leads, unless `alone`: then somebody else does."""
        people = list(crew)
        for planned, session in pairs:
            needed = self.types[planned.slug].presenters
            for position, person in enumerate(people[:needed]):
                person.busy.add(session.day)
                offered_on = session.day - timedelta(days=self.rng.randint(14, 24))
                self.batch.covers.append(
                    Cover(
                        session=session,
                        volunteer_id=person.volunteer.pk,
                        role=CoverRole.LEAD if position == 0 and not alone else CoverRole.PRESENTER,
                        state=state,
                        offered_at=at(offered_on, 9),
                        answered_at=None if state == CoverState.OFFERED else at(offered_on + timedelta(days=2), 18, 30),
                    )
                )

    def expect(self, made: MadeVisit) -> None:
        """Add headcounts with expected pupils but no count, for sessions still to come or without an outcome."""
        for planned, session in made.sessions:
            self.batch.headcounts.extend(
                Headcount(session=session, school_id=made.made_school.school.pk, year_group=group, expected=pupils)
                for group, pupils in planned.expected.items()
            )

    def cancel(self, made: MadeVisit, code: CancelCode, note: str) -> None:
        """Cancel the visit and its sessions."""
        made.visit.stage = VisitStage.CANCELLED
        made.visit.cancelled_code, made.visit.cancelled_note = code, note
        for _, session in made.sessions:
            session.stage = SessionStage.CANCELLED
            session.cancelled_code, session.cancelled_note = code, note
        self.expect(made)

    def deliver(
        self, made: MadeVisit, crews: Sequence[Sequence[Person]], *, with_notice: bool, guest: MadeSchool | None = None
    ) -> None:
        """Record that the visit took place: outcomes, headcounts with their frozen places, attended covers, materials used.

        `with_notice`: a child told something. `guest`: a school whose pupils came too.
        """
        people_on = {}
        for pairs, crew in zip(made.by_day(), crews, strict=True):
            self.put(crew, pairs, state=CoverState.ATTENDED)
            people_on.update({session.day: crew for _, session in pairs})
        for planned, session in made.sessions:
            crew = people_on.get(session.day, ())
            recorder = next((person.volunteer.user for person in crew if person.volunteer.user), None) or self.coordinator
            self._report(made, planned, session, recorder)
            self._count(made.made_school, planned, session)
        if guest and made.sessions[-1][0].slug == "ks2-assembly":
            planned, session = made.sessions[-1]
            self._count(guest, Planned(planned.slug, 0, planned.starts, {5: guest.size, 6: guest.size}), session)
        if with_notice:
            _, session = made.sessions[0]
            by = session.recorded_by or self.coordinator
            self.batch.safeguarding_notices.append(
                SafeguardingNotice(
                    session=session, told_at=at(session.day, 10, 40), role_told="school’s safeguarding lead", by=by
                )
            )

    def _report(self, made: MadeVisit, planned: Planned, session: Session, recorder: User) -> None:
        chance = self.rng.random()
        session.stage = SessionStage.DELIVERED
        session.went_ahead = WentAhead.PARTLY if chance < 0.03 else WentAhead.YES
        session.count_basis = CountBasis.SCHOOL if planned.online else CountBasis.SPREAD if chance > 0.95 else CountBasis.COUNTED
        session.adults = self.rng.randint(6, 24) if planned.slug == "parents" else self.rng.randint(1, 5)
        session.recorded_at = at(session.last_day, 15, 40)
        session.recorded_by = recorder
        session.version = 1
        self._freeze(session, made.made_school, session.day)

    def _freeze(self, row: Session | Headcount, made: MadeSchool, day: date) -> None:
        today = made.school.authority
        # By ids: to make a row point to another one takes Django longer than all the rest of a headcount.
        row.authority_id = self.patch.authority_on(today, day).pk if today else None
        row.area_id, row.region_id = self.patch.area.pk, self.patch.area.region_id

    def _count(self, made: MadeSchool, planned: Planned, session: Session) -> None:
        """Add counted headcounts: a few pupils are absent, and in one session of fifty one year group was not counted."""
        uncounted = self.rng.choice(list(planned.expected)) if planned.expected and self.rng.random() < 0.02 else None
        there = 0
        for group, expected in planned.expected.items():
            pupils = None if group == uncounted else max(0, expected - self.rng.choice((0, 0, 0, 1, 1, 2, 3)))
            there += pupils or 0
            headcount = Headcount(session=session, school_id=made.school.pk, year_group=group, expected=expected, pupils=pupils)
            self._freeze(headcount, made, session.day)
            self.batch.headcounts.append(headcount)
        if made.school is session.visit.school and planned.slug in self.needs:
            self.batch.uses.extend(
                materials.uses(
                    session,
                    self.needs[planned.slug],
                    planned=sum(planned.expected.values()),
                    pupils=there,
                    adults=session.adults or 0,
                )
            )

    def not_held(
        self, made: MadeVisit, pairs: Sequence[tuple[Planned, Session]], crew: Sequence[Person], code: CancelCode
    ) -> None:
        """Record that the sessions of this day did not go ahead; the people are taken off them."""
        self.put(crew, pairs, state=CoverState.WITHDRAWN)
        for _, session in pairs:
            session.stage, session.went_ahead, session.cancelled_code = SessionStage.CANCELLED, WentAhead.NO, code
            session.recorded_at, session.recorded_by, session.version = at(session.day, 15, 40), self.coordinator, 1
        self.expect(made)
