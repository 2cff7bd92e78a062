"""The page Me and its forms: what volunteers say about themselves, what is known of them, how they sign in."""

import json
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from schools.accounts.actions import set_language, set_phone
from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.csv import lines
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear, Period
from schools.keeping.held import as_object, as_table, own_rows_on
from schools.keeping.subjects import subject_of
from schools.messages.sms import is_marked, is_on, say_no, say_yes
from schools.portal import queries
from schools.portal.forms import AddressForm, AwayForm, DutyContactForm, LanguageForm, ProfileForm, SmsForm, WeekForm
from schools.portal.views.access import volunteer_required
from schools.reach.queries.volunteering import contributions_of
from schools.recovery.queries import open_request_of
from schools.volunteers.actions import add_away, change_profile, remove_away, request_address_change, set_week
from schools.volunteers.models import Volunteer
from schools.volunteers.rules import next_steps

EVER = Period(date.min, date.max, "ever")


@require_safe
def me(request: SignedInRequest) -> HttpResponse:
    """Show the page Me: hours given, availability and what is known; for people who do not volunteer, only how they sign in."""
    on = timezone.localdate()
    volunteer = queries.me_with_attendances(request.user, on=on)
    context: dict[str, Any] = {"at": "me", "languages": len(settings.LANGUAGES) > 1, "volunteer": volunteer}
    context["coordinates"] = _coordinates(request.user)
    context["may_get_sms"] = is_on() and (volunteer is not None or context["coordinates"])
    context["sms_ended"] = context["may_get_sms"] and is_marked(request.user)
    context["is_being_let_in"] = volunteer is None and open_request_of(request.user) is not None
    if volunteer is not None:
        this_year, ever = contributions_of(volunteer, AcademicYear.of(on).period, EVER)
        context |= {
            "this_year": this_year,
            "ever": ever,
            "furthest": queries.furthest_in_words(volunteer),
            "week": WeekForm.shown(volunteer.availabilities.all()),
            "aways": volunteer.aways.filter(last_day__gte=on).order_by("first_day"),
            "clearances": next_steps(volunteer.clearances.all(), on=on),
            "sign_offs": volunteer.sign_offs.with_nations().select_related("session_type").order_by("session_type", "-day"),
            "away_form": AwayForm(),
        }
    return render(request, "portal/me.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def week(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Change the half days on which the volunteer can usually come."""
    form = WeekForm(request.POST if request.method == "POST" else None, halves=volunteer.availabilities.all())
    if request.method == "POST" and form.is_valid():
        set_week(volunteer, form.halves)
        messages.success(request, _("Stored. You are asked for these half days."))
        return redirect("me")
    return render(request, "portal/form.html", _page(form, title=_("When can you usually come?"), button=_("Store it")))


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def away(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Add days on which the volunteer cannot come."""
    form = AwayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_away(volunteer, **form.cleaned_data, on=timezone.localdate())
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, _("Stored. Nobody asks you for these days."))
            return redirect("me")
    return render(request, "portal/form.html", _page(form, title=_("When are you away?"), button=_("Store it")))


@require_POST
@volunteer_required
def away_end(request: SignedInRequest, volunteer: Volunteer, away_id: int) -> HttpResponse:
    """Remove days away, because the volunteer can come after all."""
    if not remove_away(volunteer, away_id):
        raise Http404
    messages.success(request, _("Taken out. You can be asked for these days again."))
    return redirect("me")


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def profile(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """Change how far the volunteer goes, their languages, phone number, who sees it, and the mail of the week."""
    form = ProfileForm(request.POST if request.method == "POST" else None, volunteer=volunteer)
    if request.method == "POST" and form.is_valid():
        try:
            change_profile(volunteer, **form.cleaned_data)
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, _("Stored. Thank you."))
            return redirect("me")
    return render(request, "portal/form.html", _page(form, title=_("How far, and how to reach you"), button=_("Store it")))


def _coordinates(user: User) -> bool:
    """Whether the user may be the coordinator of a visit, whom volunteers call."""
    return user.is_staff and (user.is_coordinator or user.is_manager)


@require_http_methods(["GET", "HEAD", "POST"])
def duty_contact(request: SignedInRequest) -> HttpResponse:
    """Change the phone number under which volunteers reach a coordinator; 404 for people who coordinate nothing."""
    if not _coordinates(request.user):
        raise Http404
    form = DutyContactForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        set_phone(request.user, form.cleaned_data["phone"])
        messages.success(request, _("Stored. Thank you."))
        return redirect("me")
    intro = _(
        "It stands beside your name and e-mail address on the page of each morning that you look after, for the people who are "
        "down for it, and with your name under mails: those about your visits, to schools and volunteers; those to volunteers of "
        "your areas, such as mornings near them, invitations and a change of their address; and those to whoever you invite, add "
        "or name as a trustee."
    )
    page = _page(form, title=_("How volunteers reach you"), button=_("Store it"), intro=intro)
    return render(request, "portal/form.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def sms(request: SignedInRequest) -> HttpResponse:
    """Say yes to SMS at a number, or take that back; 404 where none go, and for people to whom none would."""
    user = request.user
    if not is_on() or not (_coordinates(user) or Volunteer.objects.filter(user=user).exists()):
        raise Http404
    number = user.sms_number or _phone_of(user)
    form = SmsForm(request.POST if request.method == "POST" else None, initial={"number": number.as_national if number else ""})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["number"]:
            say_yes(user, form.cleaned_data["number"], now=timezone.now())
            messages.success(request, _("Stored. Urgent news come to your phone, too."))
        else:
            say_no(user)
            messages.success(request, _("Stored. No SMS comes to you."))
        return redirect("me")
    intro = _(
        "What is urgent comes by SMS beside the mail: a change within 36 hours, the evening before, what a school says on the "
        "day, and for coordinators that somebody can’t make it soon, or was taken off. By storing your number you say yes to "
        "that. You can take it back here, or answer STOP."
    )
    return render(request, "portal/form.html", _page(form, title=_("News by SMS"), button=_("Store it"), intro=intro))


def _phone_of(user: User) -> Any:
    """Return the phone number that the form proposes to somebody who gets no SMS yet; "" where none is known."""
    volunteer = Volunteer.objects.filter(user=user).first()
    return (volunteer.phone if volunteer else "") or user.phone


@require_http_methods(["GET", "HEAD", "POST"])
def change_address(request: SignedInRequest) -> HttpResponse:
    """Ask to change the e-mail address for signing in; the change is made once both addresses confirmed it."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_address_change(request.user, new_email=form.cleaned_data["new_email"], now=timezone.now())
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            return render(request, "portal/address_asked.html", {"new_email": form.cleaned_data["new_email"], "at": "me"})
    intro = _(
        "We write to your old address and to the new one. Once both have said yes, you sign in with the new one. "
        "If you can no longer read mail at the old one, ask your coordinator."
    )
    page = _page(form, title=_("Change your e-mail address"), button=_("Write to both"), intro=intro)
    return render(request, "portal/form.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def language(request: SignedInRequest) -> HttpResponse:
    """Change the language of the portal for this user; 404 where there is only one language."""
    if len(settings.LANGUAGES) < 2:
        raise Http404
    form = LanguageForm(request.POST or None, initial={"language": request.user.language})
    if request.method == "POST" and form.is_valid():
        set_language(request.user, form.cleaned_data["language"])
        return redirect("me")
    return render(request, "portal/form.html", _page(form, title=_("Your language"), button=_("Store it")))


def _page(form: Any, *, title: str, button: str, intro: str = "") -> dict[str, Any]:
    return {"form": form, "title": title, "button": button, "intro": intro, "at": "me"}


@require_safe
@never_cache
def my_data(request: SignedInRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """Send everything that is held on the user, as a file."""
    held = own_rows_on(subject_of(request.user))
    if kind == "json":
        text = json.dumps(
            {"about": str(request.user), "on": timezone.localdate().isoformat()} | as_object(held), indent=2, ensure_ascii=False
        )
        answer: HttpResponse | StreamingHttpResponse = HttpResponse(text, content_type="application/json")
    else:
        rows = lines(("table", "row", "column", "value"), as_table(held))
        answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="speakout-my-data.{kind}"'
    return answer
