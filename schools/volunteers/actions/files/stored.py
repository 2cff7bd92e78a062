"""What the database has about the people of a file.

Of everybody it is only known who they are; what else is stored is read for some people at a time, always in as many queries.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models.functions import Coalesce

from schools.core.ids import Ids
from schools.directory.actions.table_kinds import Importer
from schools.directory.models import Area
from schools.programme.models import SessionType
from schools.volunteers.earlier_names import earlier_names
from schools.volunteers.models import Availability, Away, Clearance, Decision, SignOff, Stage, Volunteer, VolunteerStep

PEOPLE_AT_ONCE = 2000


@dataclass
class StoredPerson:
    """What is stored of one person."""

    areas: set[int] = field(default_factory=set)
    clearances: dict[tuple[str, date | None], Clearance] = field(default_factory=dict)
    not_clear: list[Clearance] = field(default_factory=list)
    """Each decision that they are not clear; often of an application, which has no day of issue."""
    sign_offs: dict[str, SignOff] = field(default_factory=dict)
    """Complete sign-offs, by the slug of the session type."""
    halves: set[tuple[int, str]] = field(default_factory=set)
    aways: set[tuple[date, date]] = field(default_factory=set)
    steps: set[tuple[str, date]] = field(default_factory=set)


class AreaNames:
    """The areas by their names, or by region and name; a coordinator's own are set apart."""

    def __init__(self, importer: Importer) -> None:
        self._named: defaultdict[str, list[int]] = defaultdict(list)
        self.names: dict[int, str] = {}
        for pk, region, name in Area.objects.order_by("pk").values_list("pk", "region__name", "name"):
            self.names[pk] = name
            self._named[name.casefold()].append(pk)
            self._named[f"{region}/{name}".casefold()].append(pk)
        self._own = None
        if importer.by is not None and not importer.by.is_manager:
            self._own = set(Area.objects.coordinated_by(importer.by, on=importer.on).values_list("pk", flat=True))

    @property
    def are_own(self) -> bool:
        """Whether whoever imports has areas of their own, and must name one of them for somebody new."""
        return self._own is not None

    def area_of(self, name: str) -> int | str:
        """Return the area of the name, or why there is none; another's area is as unknown to a coordinator as none at all."""
        areas = [pk for pk in self._named.get(name.casefold(), ()) if self._own is None or pk in self._own]
        if len(areas) == 1:
            return areas[0]
        if areas:
            return f"There are {len(areas)} areas called “{name}”. Write the region before it, like Region/{name}."
        whose_areas = "None of your areas" if self.are_own else "No area"
        return f"{whose_areas} is called “{name}”. Correct the name, or have the area made first."


class StoredPeople:
    """The ids of the volunteers by reference and by e-mail address, and what else is stored of those read last."""

    def __init__(self, importer: Importer) -> None:
        self.by_reference: dict[str, int] = {}
        self.by_email: defaultdict[str, list[int]] = defaultdict(list)
        # The address that they sign in with comes before the one that is kept until then, as in `mail_address`.
        address = Coalesce("user__email", "email")
        people = Volunteer.objects.order_by("pk").values_list("pk", "reference", address)
        for pk, reference, email in people.iterator(PEOPLE_AT_ONCE):
            self.by_reference[reference.casefold()] = pk
            if email:
                self.by_email[email.lower()].append(pk)
        self.erased = set(Volunteer.objects.erased().order_by().values_list("pk", flat=True))
        """The ids of those who were erased: nothing about them comes back by a file."""
        self.visible: set[int] | None = None
        """The ids of those whom a coordinator may change; None: all of them."""
        if importer.by is not None and not importer.by.is_manager:
            mine = Volunteer.objects.for_user(importer.by, on=importer.on)
            self.visible = set(mine.order_by().values_list("pk", flat=True))
        self.types: dict[str, int] = {slug.casefold(): pk for slug, pk in SessionType.objects.values_list("slug", "pk")}
        self.volunteers: dict[int, Volunteer] = {}
        """Those read last, by id."""
        self._of: defaultdict[int, StoredPerson] = defaultdict(StoredPerson)

    @cached_property
    def made_one(self) -> dict[str, tuple[int, str]]:
        """The volunteers with whom another entry was made one, by its reference and its address: id and reference of each.

        Looked up where somebody would be new, which is the only time that it matters.
        """
        names = earlier_names()
        kept = Volunteer.objects.filter(pk__in=Ids(names.values())) if names else Volunteer.objects.none()
        references = dict(kept.order_by().values_list("pk", "reference"))
        return {name: (pk, references[pk]) for name, pk in names.items() if pk in references}

    def __getitem__(self, volunteer: Volunteer | None) -> StoredPerson:
        """Return what is stored of the volunteer, who is one of those read last; nothing of somebody new."""
        return self._of[volunteer.pk] if volunteer else StoredPerson()

    def read(self, people: Collection[int]) -> None:
        """Read what is stored of these volunteers, in place of those read before."""
        these = Ids(people)
        self._of.clear()
        # A change is kept on disk with its volunteer, and the hash of a password shall not be there.
        volunteers = Volunteer.objects.filter(pk__in=these).select_related("user").defer("user__password")
        self.volunteers = {volunteer.pk: volunteer for volunteer in volunteers.order_by()}
        for pk, area in Volunteer.areas.through.objects.filter(volunteer__in=these).values_list("volunteer_id", "area_id"):
            self._of[pk].areas.add(area)
        for clearance in Clearance.objects.filter(volunteer__in=these).order_by("pk"):
            self._of[clearance.volunteer_id].clearances[clearance.scheme, clearance.issued] = clearance
            if clearance.decision == Decision.NOT_CLEAR:
                self._of[clearance.volunteer_id].not_clear.append(clearance)
        slugs = {pk: slug for slug, pk in self.types.items()}
        for sign_off in SignOff.objects.filter(volunteer__in=these, stage=Stage.SIGNED_OFF).order_by("pk"):
            self._of[sign_off.volunteer_id].sign_offs[slugs[sign_off.session_type_id]] = sign_off
        for half in Availability.objects.filter(volunteer__in=these).order_by():
            self._of[half.volunteer_id].halves.add((half.weekday, half.part))
        for away in Away.objects.filter(volunteer__in=these).order_by():
            self._of[away.volunteer_id].aways.add((away.first_day, away.last_day))
        for step in VolunteerStep.objects.filter(volunteer__in=these).order_by():
            self._of[step.volunteer_id].steps.add((step.step, step.day))
