"""The forms by which somebody at a school asks for a visit: from a poster, for one school, and for one that is not listed."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools.charity.notes import NoteField
from schools.charity.queries import current
from schools.core.nations import classes_are_p1_to_p7
from schools.core.searchable import LONGEST_TEXT
from schools.core.year_groups import YEAR_GROUPS, year_group_words
from schools.directory.models import Area, School
from schools.directory.models.schools import NAME_LENGTH, POSTCODE_LENGTH
from schools.school_portal.asking import MOST_FOUND, schools_named
from schools.school_portal.phone_boxes import phone_box
from schools.school_portal.word_boxes import LineField, warning_of
from schools.visits.actions.requests import Asking
from schools.visits.models import seasons_from
from schools.visits.request_words import half_day_words, season_words
from schools.volunteers.models.availability import PartOfDay

SCHOOL_DAYS = range(5)
MOST_FREE = 1000
POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}")


class AskForm(forms.Form):
    """Who asks, and what they wish. Its last box is for machines: people never see it."""

    page = "ask"
    """The page on which it stands."""

    name = LineField(
        label=gettext_lazy("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Your name: say who you are, so that we know whom to ask for.")},
    )
    role = LineField(
        label=gettext_lazy("Your role at the school"),
        help_text=gettext_lazy("Such as head teacher."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
        error_messages={"required": gettext_lazy("Your role: say what you do at the school, such as head teacher.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address at the school"),
        max_length=254,
        help_text=gettext_lazy("We mail you a link to confirm. Nobody is asked for anything before that."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Your e-mail address: we need it to answer you."),
            "invalid": gettext_lazy("Your e-mail address: give the whole address, such as office@school.example."),
        },
    )
    phone = phone_box(
        label=gettext_lazy("Your phone"),
        help_text=gettext_lazy("May stay empty."),
        required=False,
        wrong=gettext_lazy("Your phone: give the whole number, such as 01228 606060."),
        extension=gettext_lazy("Your phone: leave out the extension, and say it under “Anything to know”."),
    )
    year_groups = forms.TypedMultipleChoiceField(
        label=gettext_lazy("For which year groups"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy("For which year groups: not all of these can be chosen any more. Tick them again.")
        },
    )
    half_days = forms.MultipleChoiceField(
        label=gettext_lazy("Which half-days suit you"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy("Which half-days suit you: not all of these can be chosen any more. Tick them again.")
        },
    )
    term = forms.ChoiceField(
        label=gettext_lazy("When would you like us to come"),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy(
                "When would you like us to come: that term can no longer be chosen. Choose again, or leave it at “Any time”."
            )
        },
    )
    note = NoteField(label=gettext_lazy("Anything to know"), rows=3, required=False, max_length=MOST_FREE)
    leave_empty = forms.CharField(
        label=gettext_lazy("Leave this box empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, school: School | None, area: Area | None, on: date, nation: str = ""
    ) -> None:
        """Make the form; `nation` says how year groups are called where the school is not known. Blank: nor is that."""
        super().__init__(data)
        self.school, self.area = school, area
        groups = [*school.year_groups] if school else YEAR_GROUPS
        nation = school.nation if school else area.region.nation if area else nation
        boxes: dict[str, Any] = self.fields
        boxes["year_groups"].choices = [(group, year_group_words(group, nation)) for group in groups]
        keys = [f"{weekday}-{part}" for weekday in SCHOOL_DAYS for part in PartOfDay.values]
        boxes["half_days"].choices = [(key, half_day_words(key)) for key in keys]
        if not current().phone:  # then the usual warning leads to numbers that are on no public page
            boxes["note"].help_text = warning_of(None)
        seasons = seasons_from(on)
        boxes["term"].choices = [
            ("", _("Any time")), *((f"{season}-{year}", season_words(season, year)) for season, year in seasons)
        ]  # fmt: skip

    @property
    def shown(self) -> list[forms.BoundField]:
        """The boxes that people see."""
        return [self[name] for name in self.fields if name != "leave_empty"]

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every error with the anchor of its box, in the order of the boxes, for the summary at the top of the page."""
        problems = [("", str(error)) for error in self.non_field_errors()]
        for name, box in self.fields.items():
            several = isinstance(box.widget, forms.RadioSelect)  # which several boxes to tick are, too
            anchor = f"{self[name].auto_id}_0" if several else self[name].auto_id
            problems += [(anchor, str(error)) for error in self.errors.get(name, ())]
        return problems

    def clean_leave_empty(self) -> str:
        """Refuse what a machine has typed into the box that nobody sees; a person reads what to do."""
        if self.cleaned_data["leave_empty"]:
            raise ValidationError(_("The last box has to stay empty. Empty it, and send the rest again."))
        return ""

    @property
    def asking(self) -> Asking:
        """What was typed, once it is valid."""
        data = self.cleaned_data
        season, _stroke, year = data["term"].partition("-")
        return Asking(
            school=self.school,
            school_name=data.get("school_name", ""),
            postcode=data.get("postcode", ""),
            area=self.area,
            name=data["name"],
            role=data["role"],
            email=data["email"],
            phone=data["phone"].as_e164 if data["phone"] else "",
            year_groups=sorted(data["year_groups"]),
            half_days=data["half_days"],
            season=season,
            season_year=int(year) if year else None,
            note=data["note"],
        )


class PosterForm(AskForm):
    """The same with the school, which they name in words; where several fit, they choose one, and what they typed stays."""

    page = "find"

    words = forms.CharField(
        label=gettext_lazy("Which school are you at"),
        help_text=gettext_lazy("Part of its name, its village or town, or its postcode. One wrong letter does no harm."),
        max_length=LONGEST_TEXT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Which school are you at: give part of its name, or its postcode.")},
    )
    chosen = forms.ChoiceField(label=gettext_lazy("Choose your school"), required=False, widget=forms.RadioSelect)

    field_order = ("words", "chosen")

    def __init__(self, data: Mapping[str, Any] | None, *, poster: Area | None, on: date, searches: bool = True) -> None:
        words = " ".join((data or {}).get("words", "").replace("\x00", " ").split())[:LONGEST_TEXT]
        self.searches, self.poster, self.schools = searches, poster, schools_named(words, poster, on=on) if searches else []
        nation = _nation_of(self.schools) if self.schools else poster.region.nation if poster else ""
        super().__init__(data, school=None, area=None, on=on, nation=nation)
        if len(self.schools) < 2 and not self._is_another(str((data or {}).get("chosen", ""))):
            del self.fields["chosen"]
            return
        boxes: dict[str, Any] = self.fields
        boxes["chosen"].choices = [(str(school.pk), _facts_of(school)) for school in self.schools[:MOST_FOUND]]
        boxes["chosen"].error_messages["invalid_choice"] = self._which
        if len(self.schools) > MOST_FOUND:
            more = _("There are more than %(most)s. Type more of the name, or its postcode, to see fewer.")
            boxes["chosen"].help_text = more % {"most": MOST_FOUND}

    @property
    def poster_query(self) -> str:
        """What hands the area of the poster on in an address; "" where there is none."""
        return f"?area={self.poster.pk}" if self.poster else ""

    def _is_another(self, chosen: str) -> bool:
        """Return whether they chose another school than the only one that fits by now, as where theirs closed meanwhile."""
        return bool(chosen and self.schools) and chosen != str(self.schools[0].pk)

    @property
    def _which(self) -> str:
        if len(self.schools) == 1:
            return _("Choose your school: the one that you chose does not fit any more. Choose this one only if it is yours.")
        return _("Choose your school: several fit what you typed. Choose one, or type more of its name.")

    def clean(self) -> dict[str, Any]:
        """Take the school that is named, or the one of several that was chosen; say so where there is none."""
        cleaned: dict[str, Any] = super().clean() or {}
        number = cleaned.get("chosen") or ""
        schools = [school for school in self.schools if str(school.pk) == number] or self.schools
        if len(schools) == 1:
            self.school = schools[0]
        elif schools and not self.has_error("chosen"):
            self.add_error("chosen", self._which)
        elif not schools and self.searches and not self.has_error("words"):
            self.add_error("words", _("No school that we could visit is called so. Try part of the name, or the postcode."))
        return cleaned


def _nation_of(schools: Sequence[School]) -> str:
    """Return a nation that calls year groups as these schools do, of which there is one at least; blank: not all do so alike."""
    ways = {classes_are_p1_to_p7(school.nation) for school in schools}
    return schools[0].nation if len(ways) == 1 else ""


def _facts_of(school: School) -> str:
    """Return the name of a school with what tells it from others that are called so."""
    return ", ".join(str(fact) for fact in (school, school.postcode, school.authority) if fact)


class UnlistedForm(AskForm):
    """The same for a school that nobody found: its name and its postcode come first."""

    school_name = LineField(
        label=gettext_lazy("Name of the school"),
        max_length=NAME_LENGTH,
        error_messages={"required": gettext_lazy("Name of the school: give it as it stands on your letters.")},
    )
    postcode = forms.CharField(
        label=gettext_lazy("Postcode of the school"),
        max_length=POSTCODE_LENGTH + 2,
        error_messages={"required": gettext_lazy("Postcode of the school: give it, so that we find out who is near you.")},
    )

    field_order = ("school_name", "postcode")

    def clean_postcode(self) -> str:
        """Return the postcode with its blank. Raises ValidationError where it is none."""
        letters = "".join(self.cleaned_data["postcode"].upper().split())
        if not POSTCODE.fullmatch(letters):
            raise ValidationError(_("Postcode of the school: give the whole postcode, such as CA3 8AA."))
        return f"{letters[:-3]} {letters[-3:]}"
