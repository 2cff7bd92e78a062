"""The page that adds a volunteer: who they are, how far they have come, clearance, sign-offs and invitation in one form."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from phonenumber_field.formfields import PhoneNumberField

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.nations import Language, Scheme
from schools.core.row_ids import row_id
from schools.directory.models import Area
from schools.office.frame.fields import DayField, RowsField, tidied_postcode
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
from schools.programme.models import SessionType
from schools.volunteers.actions import add_volunteer
from schools.volunteers.actions.joining import Newcomer
from schools.volunteers.models import Clearance, Decision, StepKind, Volunteer

FIRST_STEPS = (
    StepKind.ENQUIRED, StepKind.APPLIED, StepKind.INTERVIEWED, StepKind.REFERENCES, StepKind.TRAINING, StepKind.ACTIVE,
)  # fmt: skip
"""The steps at which somebody may be when they are written down first."""


class NewVolunteerForm(forms.Form):
    """Somebody who is going to volunteer, or does already."""

    name = forms.CharField(max_length=150, error_messages={"required": "Give their name."})
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        required=False,
        help_text="They sign in with it, and all mail goes there. Empty: they get no mail, so they are phoned.",
        error_messages={"invalid": "That is no e-mail address. Write it like name@example.org."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    phone = PhoneNumberField(
        required=False,
        error_messages={"invalid": "That is no phone number. Write it with its area code, like 0113 496 0100."},
    )
    emergency_contact = forms.CharField(label="In an emergency", required=False, max_length=200, help_text="Whom to ring.")
    reference = forms.CharField(
        required=False, max_length=20, help_text="The charity’s own number, if it has one. Empty: one is made."
    )
    staff = forms.BooleanField(label="Paid staff, who cover a session alone", required=False)
    is_another = forms.BooleanField(label="This is somebody else of the same name", required=False)

    areas = RowsField(
        Area.objects.none(),
        label="Areas in which they help",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one of your areas.", "invalid_choice": "Choose from your areas."},
    )
    home_postcode = forms.CharField(required=False, max_length=8, help_text="Distances are worked out from it.")
    furthest_km = forms.IntegerField(
        label="Goes up to how many km",
        required=False,
        min_value=1,
        max_value=1000,
        help_text="In a straight line. Empty: anywhere.",
        error_messages={"invalid": "Give a number of kilometres, like 25."},
    )
    languages = forms.MultipleChoiceField(
        choices=Language.choices,
        initial=[Language.ENGLISH.value],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one language."},
    )

    step = forms.ChoiceField(
        label="How far they have come",
        choices=[(step.value, step.label) for step in FIRST_STEPS],
        initial=StepKind.ENQUIRED,
        help_text="“Became active” needs a clear decision and a sign-off; both can be given below.",
        error_messages={"invalid_choice": "Choose from the list."},
    )
    step_day = DayField(label="On", error_messages={"required": "Give the day of this step."})
    invite = forms.BooleanField(label="Mail them an invitation to sign in now", required=False)

    scheme = forms.ChoiceField(
        choices=[("", "Nothing is known yet"), *Scheme.choices],
        required=False,
        error_messages={"invalid_choice": "Choose from the list."},
    )
    decision = forms.ChoiceField(
        choices=[("", "Choose a decision"), *Decision.choices],
        required=False,
        error_messages={"invalid_choice": "Choose from the list."},
    )
    level = forms.CharField(required=False, max_length=60, help_text="Such as enhanced with barred list.")
    clearance_reference = forms.CharField(
        label="Certificate number", required=False, max_length=40, help_text="Nothing else of the certificate."
    )
    issued = DayField(required=False, label="Issued on")
    decided_on = DayField(required=False, label="Decided on")
    recheck_on = DayField(required=False, label="Recheck on", help_text="From this day on it no longer holds.")

    sign_offs = RowsField(
        SessionType.objects.none(),
        label="Session types",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose from the list."},
    )
    signed_off_on = DayField(required=False, label="Signed off on", help_text="Empty: today.")
    sign_offs_end_on = DayField(
        required=False, label="Ends on", help_text="From this day on none of them holds any more. Empty: they have no end."
    )

    WHO = ("name", "email", "phone", "emergency_contact", "reference", "staff")
    WHERE = ("areas", "languages", "home_postcode", "furthest_km")
    STATUS = ("step", "step_day", "invite")
    CLEARANCE = ("scheme", "decision", "level", "clearance_reference", "issued", "decided_on", "recheck_on")
    SIGNED_OFF = ("sign_offs", "signed_off_on", "sign_offs_end_on")

    def __init__(self, data: Any = None, *, user: User, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"step_day": today(), **(initial or {})})
        self.user = user
        areas, types = self.fields["areas"], self.fields["sign_offs"]
        assert isinstance(areas, RowsField)  # noqa: S101  # as declared above
        assert isinstance(types, RowsField)  # noqa: S101  # likewise
        # The charity's own come first: a national register makes an area of each of its hundred and fifty authorities.
        areas.queryset = visible_rows(Area.objects.all(), user, on=today()).order_by("automatic", "name", "pk")
        areas.required = not user.is_manager
        types.queryset = SessionType.objects.active().filter(needs_sign_off=True)

    @property
    def parts(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The parts of the page: id, heading and boxes."""
        name = ("is_another",) if self.is_bound and "name" in self.errors else ()
        parts = (
            ("who", "Who they are", (*self.WHO[:1], *name, *self.WHO[1:])),
            ("status", "Status and invitation", self.STATUS),
            ("where", "Where they help", self.WHERE),
            ("clearance", "Clearance", self.CLEARANCE),
            ("signed-off", "Signed off for", self.SIGNED_OFF),
        )
        return [(key, heading, [self[field] for field in fields]) for key, heading, fields in parts]

    def clean_email(self) -> str:
        """Return the address in small letters, as it is stored and compared."""
        return str(self.cleaned_data["email"]).lower()

    def clean_home_postcode(self) -> str:
        """Return the postcode in capitals with one space. Refuse what is not a postcode."""
        return tidied_postcode(self.cleaned_data["home_postcode"])

    def clean(self) -> Any:
        """Refuse half a clearance, an invitation without an address, and a second person of a name unless that is confirmed."""
        data = super().clean() or {}
        if data.get("invite") and not data.get("email") and "email" not in self.errors:
            self.add_error("email", "An invitation goes to an e-mail address. Give one, or invite them later.")
        self._check_clearance(data)
        begins, ends = data.get("signed_off_on") or today(), data.get("sign_offs_end_on")
        if ends and ends <= begins and "signed_off_on" not in self.errors:
            self.add_error("sign_offs_end_on", "They end after the day of the sign-off. Give a later day, or leave it empty.")
        namesake = self._namesake(data)
        if namesake and not data.get("is_another"):
            message = f"{namesake.name} ({namesake.reference}) is there already. Tick below if this is somebody else."
            self.add_error("name", message)
        return data

    def _namesake(self, data: dict[str, Any]) -> Volunteer | None:
        """Return a volunteer of the same name in one of the ticked areas; None where there is none."""
        known = Volunteer.objects.for_user(self.user, on=today()).filter(name__iexact=data.get("name", ""))
        return known.filter(areas__in=data["areas"]).first() if data.get("areas") else known.first()

    def _check_clearance(self, data: dict[str, Any]) -> None:
        given = {name for name in self.CLEARANCE if data.get(name)}
        if not given:
            return
        for name, words in (("scheme", "Choose the scheme."), ("decision", "Choose what was decided.")):
            if name not in given and name not in self.errors:
                self.add_error(name, f"{words} Or leave everything of the clearance empty.")
        if data.get("decision") == Decision.CLEAR:
            for name in {"issued", "decided_on", "recheck_on"} - given - self.errors.keys():
                self.add_error(name, "A clear decision needs this day.")
        issued, recheck_on = data.get("issued"), data.get("recheck_on")
        if issued and recheck_on and recheck_on <= issued:
            self.add_error("recheck_on", "The recheck must be after the day of issue.")

    @property
    def newcomer(self) -> Newcomer:
        """What was typed, for the action; the form is valid."""
        data = self.cleaned_data
        plain = (
            "name", "email", "phone", "emergency_contact", "reference", "staff", "home_postcode", "furthest_km", "languages",
        )  # fmt: skip
        clearance = None
        if data["scheme"]:
            facts = {name: data[name] for name in ("scheme", "decision", "level", "issued", "decided_on", "recheck_on")}
            clearance = Clearance(reference=data["clearance_reference"], **facts)
        return Newcomer(
            volunteer=Volunteer(**{name: data[name] for name in plain}),
            areas=list(data["areas"]),
            step=data["step"],
            step_day=data["step_day"],
            clearance=clearance,
            sign_offs=list(data["sign_offs"]),
            signed_off_on=data["signed_off_on"] or today(),
            sign_offs_end_on=data["sign_offs_end_on"],
            is_invited=data["invite"],
        )


@allowed("add_volunteer")
def add(request: SignedInRequest) -> HttpResponse:
    """Show the form; a POST stores the volunteer and leads to their page. `?areas=` ticks an area beforehand."""
    area = row_id(request.GET.get("areas"))
    mine = visible_rows(Area.objects.all(), request.user, on=today()) if area is None else Area.objects.filter(pk=area)
    ticked = [own.pk for own in mine[:2]]
    form = NewVolunteerForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        # Who has a single area adds people to that one.
        initial={"areas": ticked if len(ticked) == 1 else []},
    )
    if form.is_valid():
        try:
            volunteer = add_volunteer(form.newcomer, by=request.user, now=timezone.localtime())
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, _done(volunteer, is_invited=form.cleaned_data["invite"]))
            return redirect("admin:volunteer-detail", volunteer.pk)
    return page(request, "office/volunteers/add.html", "Add a volunteer", form=form, refusals=[form] if form.errors else [])


def _done(volunteer: Volunteer, *, is_invited: bool) -> str:
    status = volunteer.get_status_display().lower()
    mailed = f" An invitation went to {volunteer.email}." if is_invited else " They are not invited to sign in yet."
    return f"{volunteer} is added as {volunteer.reference}, {status}.{mailed}"
