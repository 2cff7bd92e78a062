"""The form of an area: its facts, authorities and coordinators on one page."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import Prefetch, Q
from django.forms.models import ModelChoiceIterator
from phonenumber_field.formfields import PhoneNumberField

from schools.accounts.models import Role, User
from schools.core.nations import Nation
from schools.core.words import joined
from schools.directory.actions import AreaFacts
from schools.directory.models import Area, AreaAuthority, AreaCoordinator, Authority, Region
from schools.directory.models.areas import holds_on
from schools.office.frame.fields import DayField, FoldedTicks, RowsField
from schools.office.frame.optimistic_forms import OptimisticForm


class RegionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A choice of regions, each with its nation."""

    def label_from_instance(self, obj: Any) -> str:
        """Return region and nation, like “North West (England)”."""
        return f"{obj} ({obj.get_nation_display()})"


class ByNation(ModelChoiceIterator):  # type: ignore[type-arg]  # not generic at run time
    """Authorities as choices, in a group for each nation where there are several."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the choices, or each nation with its choices."""
        assert isinstance(self.field, AuthoritiesField)  # noqa: S101  # as declared there
        if not self.field.names_nations:
            yield from super().__iter__()
            return
        for nation, authorities in groupby(self.queryset, key=lambda authority: authority.get_nation_display()):
            yield nation, [self.choice(authority) for authority in authorities]


class AuthoritiesField(RowsField):
    """Authorities to tick, each with the area that holds it now, and with its nation where there are several."""

    iterator = ByNation
    names_nations = False

    def label_from_instance(self, obj: Any) -> str:
        """Return the authority, and where it is now unless an import put it there by itself."""
        name = f"{obj} ({obj.get_nation_display()})" if self.names_nations else str(obj)
        return f"{name}, now in {joined(areas)}" if (areas := areas_of(obj)) else name


class PeopleField(RowsField):
    """People to tick, each with what they coordinate now."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the name, and the areas that they coordinate now."""
        areas = [row.area.name for row in obj.coordinates_now]
        return f"{obj}, coordinates {joined(areas)}" if areas else str(obj)


def areas_of(authority: Any) -> list[str]:
    """Return the names of the charity's own areas that hold the authority; `AreaForm` has read them."""
    return [holding.area.name for holding in authority.held_now if not holding.area.automatic]


class AreaForm(OptimisticForm, forms.Form):
    """An area; without `area` a new one."""

    name = forms.CharField(max_length=100, error_messages={"required": "Give the area a name."})
    region = RegionField(
        Region.objects.all(),
        required=False,
        empty_label="A new region, named below",
        error_messages={"invalid_choice": "Choose a region from the list."},
    )
    new_region = forms.CharField(label="Name of a new region", required=False, max_length=100)
    nation = forms.ChoiceField(
        label="Nation of a new region",
        choices=[("", "Choose a nation"), *Nation.choices],
        required=False,
        error_messages={"invalid_choice": "Choose a nation from the list."},
    )
    duty_phone = PhoneNumberField(
        required=False,
        help_text="Who answers when something is wrong on the day.",
        error_messages={"invalid": "That is no phone number. Write it with its area code, like 0113 496 0100."},
    )
    cycle_years = forms.IntegerField(
        label="Cycle",
        initial=2,
        min_value=1,
        max_value=10,
        help_text="Every school is visited once in so many academic years.",
        error_messages={"required": "Give a number of years.", "invalid": "Give a number of years, like 2."},
    )
    auto_offers = forms.BooleanField(label="Offer a dropped morning to the next people by itself", required=False)
    coordinators = PeopleField(
        User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list."},
    )
    authorities = AuthoritiesField(
        Authority.objects.none(),
        label="Authorities that come to it",
        required=False,
        widget=FoldedTicks,
        error_messages={"invalid_choice": "Choose from the list."},
    )
    from_day = DayField(label="From", help_text="For authorities and coordinators.", error_messages={"required": "Give the day."})

    FACTS = ("name", "region", "new_region", "nation", "duty_phone", "cycle_years", "auto_offers")

    def __init__(self, data: Any = None, *, area: Area | None, on: date) -> None:
        initial: dict[str, Any] = {"from_day": on}
        if area is not None:
            initial |= {name: getattr(area, name) for name in ("name", "duty_phone", "cycle_years", "auto_offers")}
            coordinating = AreaCoordinator.objects.filter(holds_on(on), area=area)
            people = sorted(coordinating.values_list("user", flat=True))
            initial |= {"region": area.region_id, "coordinators": people, "authorities": []}
        super().__init__(data, initial=initial)
        self.area = area
        self.on = on
        people_box, authorities_box = self.fields["coordinators"], self.fields["authorities"]
        assert isinstance(people_box, PeopleField)  # noqa: S101  # as declared above
        assert isinstance(authorities_box, AuthoritiesField)  # noqa: S101  # likewise
        people_box.queryset = self._people()
        authorities_box.queryset = self._authorities()
        if area is None:
            authorities_box.names_nations = Authority.objects.order_by().values("nation").distinct().count() > 1
        if area is None and data is None:
            self.fields["name"].widget.attrs["autofocus"] = True
            self.initial.update(self._only_choices(people_box.queryset, authorities_box.queryset))

    @property
    def row(self) -> Area | None:
        """The area; None for a new one."""
        return self.area

    def _people(self) -> Any:
        """Return who can coordinate: coordinators, managers, and whoever does already."""
        now = AreaCoordinator.objects.filter(holds_on(self.on)).select_related("area")
        roles = Q(groups__name__in=(Role.COORDINATOR.value, Role.MANAGER.value)) | Q(is_superuser=True)
        may = roles & Q(is_active=True)
        already = Q(pk__in=now.filter(area=self.area).values("user")) if self.area else Q(pk__in=())
        people = User.objects.filter(may | already).distinct()
        return people.prefetch_related(Prefetch("area_coordinators", queryset=now, to_attr="coordinates_now"))

    def _authorities(self) -> Any:
        """Return the open authorities that the area does not hold now; of its nation, where it has one."""
        now = AreaAuthority.objects.filter(holds_on(self.on)).select_related("area")
        authorities = Authority.objects.filter(Q(closed=None) | Q(closed__gte=self.on))
        if self.area is not None:
            held = now.filter(area=self.area).values("authority")
            authorities = authorities.filter(nation=self.area.region.nation).exclude(pk__in=held)
        return authorities.order_by("nation", "name", "pk").prefetch_related(
            Prefetch("holdings", queryset=now, to_attr="held_now")
        )

    def _only_choices(self, people: Any, authorities: Any) -> dict[str, Any]:
        """Return what a new area begins with where there is one choice: a region, a coordinator without area, an authority."""
        regions = Region.objects.values_list("pk", flat=True)[:2]
        without_area = [person.pk for person in people.filter(groups__name=Role.COORDINATOR.value) if not person.coordinates_now]
        free = [authority.pk for authority in authorities if not areas_of(authority)]
        return {
            "region": regions[0] if len(regions) == 1 else None,
            "coordinators": without_area if len(without_area) == 1 else [],
            "authorities": free if len(free) == 1 else [],
        }

    def clean(self) -> Any:
        """Refuse an area without a region, and with two."""
        data = super().clean() or {}
        if data.get("region") and data.get("new_region"):
            self.add_error("new_region", "Choose a region above, or name a new one here, not both.")
        elif not data.get("region") and "region" not in self.errors:
            for name, words in (("new_region", "Choose a region above, or name a new one."), ("nation", "Choose its nation.")):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return data

    @property
    def facts(self) -> AreaFacts:
        """The facts that were typed, for the action; the form is valid."""
        data = self.cleaned_data
        return AreaFacts(
            name=data["name"],
            region=data["region"] or (data["nation"], data["new_region"]),
            duty_phone=data["duty_phone"],
            cycle_years=data["cycle_years"],
            auto_offers=data["auto_offers"],
        )

    def boxes(self, names: Iterable[str]) -> list[forms.BoundField]:
        """Return the boxes of these names."""
        return [self[name] for name in names]

    @property
    def facts_boxes(self) -> list[forms.BoundField]:
        """The boxes of the area's own facts."""
        return self.boxes(self.FACTS)
