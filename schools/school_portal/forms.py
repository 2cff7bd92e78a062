"""The boxes of a school’s page: each begins with what is known, and only what somebody changed is sent on."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumber_field.phonenumber import PhoneNumber

from schools.core.year_groups import MOST_PUPILS, year_group_words
from schools.delivery.number_boxes import Words, number_field
from schools.directory.sites import names_apart
from schools.school_portal.day_boxes import is_half_of_no_day, parents_box
from schools.school_portal.phone_boxes import phone_box, phone_words
from schools.school_portal.queries import VisitPage
from schools.school_portal.word_boxes import LineField, free_box, plain, warning_of
from schools.visits.actions.school_answers import Correction
from schools.visits.models import AnswerItem, Session, Subject
from schools.visits.queries.school_answers import Values, site_words

SHOWN = "shown-"
"""Before the name of a box: what it began with, so that nobody overwrites what they have not seen."""
MOST_CHARACTERS = {AnswerItem.ROOM: 80, AnswerItem.PARKING: 300, AnswerItem.LEAD: 150}
MOST_FREE = 1000


class GivenForm(forms.Form):
    """A form whose sender gives a name, because mailboxes are shared; `do` is its button."""

    do = ""

    given_by = LineField(
        label=gettext_lazy("Your name"),
        help_text=gettext_lazy("So that we know whom to ask. You need no account."),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": gettext_lazy("Your name: say who you are, so that we know whom to ask.")},
    )

    def __init__(self, data: Mapping[str, str] | None) -> None:
        super().__init__(data, auto_id=f"{self.do}_%s")

    @property
    def rest(self) -> list[forms.BoundField]:
        """The boxes that belong to no group; the name of who sends it is the last."""
        return self.visible_fields()

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What was sent in each box but the name, with the words of the box: for a page that shows back what is not kept."""
        return [(self.label_of(name), words) for name in self.fields if name != "given_by" and (words := self.words_of(name))]

    def label_of(self, name: str) -> str:
        """Return the words of a box."""
        return str(self[name].label)

    def words_of(self, name: str) -> str:
        """Return what was sent in a box, as people read it; blank: nothing, or nothing that the box has."""
        field, typed = self.fields[name], str(self.data.get(name, "")).strip()
        if is_half_of_no_day(name, self.data):
            return ""
        if isinstance(field, forms.BooleanField):
            return _("Yes") if typed else ""
        if not isinstance(field, forms.ChoiceField):
            return typed
        choices: Any = field.choices
        return str(dict(choices).get(typed, ""))

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Every error with the anchor of its box, for the summary at the top of the page."""
        problems = [("", str(error)) for error in self.non_field_errors()]
        for name in self.errors:
            if name in self.fields:
                several = isinstance(self.fields[name].widget, forms.RadioSelect)
                anchor = f"{self[name].auto_id}_0" if several else self[name].auto_id
                problems += [(anchor, str(error)) for error in self[name].errors]
        return problems


class AlarmForm(GivenForm):
    """What the school says on the day: only who says it, and which day the page was about; its buttons say what."""

    do = "alarm"

    day = forms.CharField(required=False, widget=forms.HiddenInput)


class ReadForm(GivenForm):
    """Who has read what the school gets beforehand."""

    do = "read"


class ContactForm(GivenForm):
    """Who is written to about the visit from now on."""

    do = "contact"

    name = forms.CharField(
        label=gettext_lazy("Their name"),
        max_length=150,
        error_messages={"required": gettext_lazy("Their name: say who looks after the visit now.")},
    )
    role = forms.CharField(label=gettext_lazy("Their role at the school"), max_length=100, required=False)
    email = forms.EmailField(
        label=gettext_lazy("Their e-mail address at the school"),
        max_length=254,
        error_messages={
            "required": gettext_lazy("Their e-mail address: give it, so that they can confirm it."),
            "invalid": gettext_lazy("Their e-mail address: give the whole address, such as office@school.example.org."),
        },
    )

    field_order = ("name", "role", "email", "given_by")


class BoxesForm(GivenForm):
    """A box for each thing that the school can say, in the order of the page."""

    def __init__(self, data: Mapping[str, str] | None, *, page: VisitPage, values: Values) -> None:
        super().__init__(data)
        self.page = page
        self.values = page.stands(values, values)
        own = {name: self.fields.pop(name) for name in list(self.fields)}
        for subject, words in self.values.items():
            self.fields[subject.key] = self._box(subject)
            self.initial[subject.key] = _as_shown(subject, words)
        self.fields |= own

    def clean(self) -> dict[str, Any]:
        """Say what was typed into boxes that the page has no more: it is not kept, and must not be lost in silence."""
        labels = dict(AnswerItem.choices)
        for name, began in self.data.items():
            box = name.removeprefix(SHOWN)
            words, label = plain(self.data.get(box, "")), labels.get(box.partition("-")[0])
            if box != name and box not in self.fields and label and words not in {"", plain(began)}:
                self._is_not_kept(label, words)
        return super().clean() or {}

    def _is_not_kept(self, label: Words, words: str) -> None:
        problem = _("%(what)s: “%(words)s” is not kept. This has changed since you opened the page. Look at it again.")
        self.add_error(None, problem % {"what": label, "words": words})

    def _box(self, subject: Subject) -> forms.Field:
        item = AnswerItem(subject.item)
        if item == AnswerItem.ROLL:
            group = year_group_words(subject.year_group or 0, self.page.link.school.nation)
            return number_field(group, most=MOST_PUPILS, empty=_("not known"))
        if item in {AnswerItem.EXPECTED, AnswerItem.COUNTED}:
            group = year_group_words(subject.year_group or 0, self.page.link.school.nation)
            of = f"{group}, {self._session(subject).name}"
            return number_field(group, most=MOST_PUPILS, of=of, empty=_("not known"))
        if item == AnswerItem.LEAD_PHONE:
            return phone_box(
                label=item.label,
                required=False,
                began=_as_shown(subject, self.values[subject]),
                wrong=_("Phone of the safeguarding lead: give the whole number, such as 01228 606060."),
                extension=_("Phone of the safeguarding lead: leave out the extension, and say it under “Anything to know”."),
            )
        if item in {AnswerItem.PARENTS, AnswerItem.SITE}:
            return self._site_box(item.label) if item == AnswerItem.SITE else self._parents_box(subject)
        known = self.values[subject]
        # What the office has may be longer, and comes back as it was shown, with two characters for the end of a line.
        most = max(MOST_CHARACTERS.get(item, MOST_FREE), len(known) + known.count("\n"))
        if item in {AnswerItem.ROOM, AnswerItem.LEAD}:
            hint = warning_of(self.page.link.worry_phone) if item == AnswerItem.ROOM else ""
            return LineField(label=item.label, help_text=hint, required=False, max_length=most)
        return free_box(item.label, self.page.link, most=most)

    def _parents_box(self, subject: Subject) -> forms.DateField:
        """Return a box for the day on which parents were told; it began with what we have, or had as the page was opened."""
        began = {self.values[subject], self.data.get(f"{SHOWN}{subject.key}", "")}
        return parents_box(AnswerItem.PARENTS.label, began=began, last=self.page.on)

    def _site_box(self, label: Words) -> forms.ChoiceField:
        """Return a box for one of the host’s sites; blank is its own address."""
        apart = names_apart(self.page.sites)
        known = [(apart[site.pk], f"{site.name}, {site.postcode}") for site in self.page.sites]
        wrong = _("At which of your sites: choose one of those on this page.")
        return forms.ChoiceField(
            label=label,
            required=False,
            widget=forms.RadioSelect,
            choices=[("", _("At the school’s own address")), *known],
            error_messages={"invalid_choice": wrong},
        )

    def _session(self, subject: Subject) -> Session:
        return next(each for each in self.page.link.sessions if each.pk == subject.session)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The boxes as the page shows them: those of each session under its day, time and name; the others without a heading."""
        of_session: dict[int | None, list[forms.BoundField]] = {}
        for subject in self.values:
            of_session.setdefault(subject.session, []).append(self[subject.key])
        headings = {each.pk: f"{each.when}: {each.name}" for each in self.page.link.sessions}
        return [(headings.get(session or 0, ""), boxes) for session, boxes in of_session.items()]

    @property
    def rest(self) -> list[forms.BoundField]:
        """What is asked besides."""
        boxes = {subject.key for subject in self.values}
        return [self[name] for name in self.fields if name not in boxes]

    def label_of(self, name: str) -> str:
        """Return the words of a box, with the session that it is about."""
        heading = next((words for words, boxes in self.groups for box in boxes if box.name == name), "")
        return f"{heading}, {super().label_of(name)}" if heading else super().label_of(name)

    def words_of(self, name: str) -> str:
        """Return what was sent in a box, as people read it; blank: it is as the box began, or begins today."""
        words = super().words_of(name)
        began = (self.data.get(f"{SHOWN}{name}", ""), str(self.initial.get(name) or ""))
        return "" if plain(words) in map(plain, began) else words

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The hidden boxes: what each began with, also where it is shown again with what was typed."""
        began = {f"{SHOWN}{subject.key}": words for subject, words in self.values.items()}
        return [(name, self.data.get(name, words)) for name, words in began.items()]

    def says(self) -> Iterator[Correction]:
        """Yield what was typed in each box, with what it began with."""
        for subject in self.values:
            typed = self.cleaned_data[subject.key]
            words = typed.as_e164 if isinstance(typed, PhoneNumber) else "" if typed is None else plain(str(typed))
            began = plain(self.data.get(f"{SHOWN}{subject.key}", ""))
            # What the office typed may have other blanks: a box of one line that nobody touched says nothing.
            is_as_it_began = isinstance(self.fields[subject.key], LineField) and words == LineField().to_python(began)
            yield Correction(subject, began if is_as_it_began else words, began)


class OfYearForm(BoxesForm):
    """Boxes of which some are stored of the academic year of the visit: sends back the one that its page named."""

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The hidden boxes, with the year."""
        return [*super().shown, ("year", str(self.page.year))]

    @property
    def is_of_another_year(self) -> bool:
        """Whether the page that was sent named another year than that in which the visit is by now."""
        return self.data.get("year") != str(self.page.year)

    def refuse_another_year(self) -> None:
        """Say in which year the visit is by now: whoever has read that may send the form again."""
        words = _("%(what)s: it is “%(words)s” by now. Look at it, and send yours if it is right.")
        self.add_error(None, words % {"what": _("School year"), "words": self.page.year})


class PrepareForm(OfYearForm):
    """What the school prepares, corrects and agrees to before the visit."""

    do = "prepare"

    agrees = forms.BooleanField(required=False)
    role = forms.CharField(
        label=gettext_lazy("In which role you agree"),
        help_text=gettext_lazy("Such as head teacher."),
        required=False,
        max_length=100,
    )

    def __init__(self, data: Mapping[str, str] | None, *, page: VisitPage) -> None:
        super().__init__(data, page=page, values={**page.values, Subject(AnswerItem.NOTE): ""})
        if page.asks_agreement:
            words = _("Our school agrees that the sessions take place in %(year)s")
            self.fields["agrees"].label = words % {"year": page.year}
        else:
            del self.fields["agrees"], self.fields["role"]
        self.fields["given_by"] = self.fields.pop("given_by")

    def clean(self) -> dict[str, Any]:
        """Ask for the role of whoever agrees; where somebody else has agreed meanwhile, say that it is not kept."""
        cleaned = super().clean() or {}
        role = plain(self.data.get("role", ""))
        if "agrees" not in self.fields and "agrees" in self.data and not self.page.is_agreed_as(role):
            self._is_not_kept(AnswerItem.AGREEMENT.label, role or _("Yes"))
        elif cleaned.get("agrees") and self.is_of_another_year:
            self.refuse_another_year()
        if cleaned.get("agrees") and not cleaned.get("role"):
            self.add_error("role", _("In which role you agree: say it, such as head teacher."))
        return cleaned

    def says(self) -> Iterator[Correction]:
        """Yield what was typed, and that the school agrees."""
        yield from super().says()
        if self.cleaned_data.get("agrees"):
            yield Correction(Subject(AnswerItem.AGREEMENT), self.cleaned_data["role"], "")


class NumbersForm(BoxesForm):
    """The school’s own numbers after the visit; they begin with ours."""

    do = "numbers"

    def __init__(self, data: Mapping[str, str] | None, *, page: VisitPage) -> None:
        super().__init__(data, page=page, values=page.counts)

    def says(self) -> Iterator[Correction]:
        """Yield the numbers that were given; an empty box says nothing."""
        return (correction for correction in super().says() if correction.words)


class RollForm(OfYearForm):
    """How many pupils are on roll in each year group; the boxes begin with what we reckon with."""

    do = "roll"

    def __init__(self, data: Mapping[str, str] | None, *, page: VisitPage) -> None:
        super().__init__(data, page=page, values=page.rolls)
        if data is not None and self.is_of_another_year:
            self.data = self._of_this_year(data)

    def _of_this_year(self, data: Mapping[str, str]) -> dict[str, str]:
        """Return what was sent, with what is so of the year of the visit in every box that nobody touched."""
        typed = dict(data.items())
        for box in (subject.key for subject in self.values):
            if plain(typed.get(box, "")) == plain(typed.get(f"{SHOWN}{box}", "")):
                typed[box] = self.initial[box]
            typed[f"{SHOWN}{box}"] = self.initial[box]
        return typed

    def clean(self) -> dict[str, Any]:
        """Refuse numbers that were typed under another year than that of the visit."""
        cleaned = super().clean() or {}
        if self.typed and self.is_of_another_year:
            self.refuse_another_year()
        return cleaned

    def says(self) -> Iterator[Correction]:
        """Yield the numbers that were given; an empty box says nothing."""
        return (correction for correction in super().says() if correction.words)


class SiteForm(BoxesForm):
    """At which of its sites the host would have the visit; the box begins with where we have it."""

    do = "site"

    def __init__(self, data: Mapping[str, str] | None, *, page: VisitPage) -> None:
        super().__init__(data, page=page, values={Subject(AnswerItem.SITE): site_words(page.sessions_to_come, page.sites)})

    def words_of(self, name: str) -> str:
        """Return which site was chosen, also where the page has it no more; blank: none, or the one with which the box began."""
        chosen = self.data.get(name)
        if chosen is None or plain(chosen) in {self.data.get(f"{SHOWN}{name}", ""), self.initial.get(name)}:
            return ""
        return super().words_of(name) or plain(chosen)  # its value is its name

    def clean(self) -> dict[str, Any]:
        """Refuse what was sent with nothing chosen, as where we are at several sites: blank is a choice of its own."""
        cleaned = super().clean() or {}
        box = Subject(AnswerItem.SITE).key
        if box not in self.data:
            self.add_error(box, self.fields[box].error_messages["invalid_choice"])
        return cleaned


def _as_shown(subject: Subject, words: str) -> str:
    return phone_words(words) if subject.item == AnswerItem.LEAD_PHONE and words else words
