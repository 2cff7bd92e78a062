"""A school's page: everything known about it under all its register numbers, its people, its feeder links."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.year_groups import year_group_span
from schools.directory.actions import row_of_sharing, save_contact, set_sms_of_contact, share_contact, unshare_contact
from schools.directory.models import Contact, LinkKind, School, SchoolLink
from schools.directory.rules import is_closed_by_people
from schools.directory.sites import sites_of, with_sites
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import address_with_back, back_of, say_with_undo
from schools.office.frame.visibility import today, visible_rows
from schools.office.messages.log_lines import part_of_log
from schools.office.schools import facts
from schools.office.schools.deleting import why_not_deleted
from schools.office.schools.forms.contacts import ContactForm
from schools.office.schools.years import picture_of
from schools.planning.queries import due
from schools.reach.actions.linking import FiguresMove, link_feeder, remove_feeder
from schools.visits.queries.message_log import about_school

MOST_FOUND = 10


POSTS = {
    "contact": "change_contact",
    "share": "change_contact",
    "unshare": "change_contact",
    "unlink": "delete_schoollink",
    "feeds": "add_schoollink",
    "fed-by": "add_schoollink",
}
"""What the buttons of the page do: each `do` with the permission that it needs."""


@allowed("view_school", posts=POSTS)
def detail(request: SignedInRequest, school_id: int) -> HttpResponse:
    """Show the school. `do` stores a contact, links an infant school with a junior school, or removes such a link."""
    schools = with_sites(School.objects.for_user(request.user, on=today())).select_related("authority")
    school = get_object_or_404(schools, pk=school_id)
    chain = facts.chain_of(school)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    people = Contact.objects.at(chain)
    if do != "contact":
        return _answer(request, chain, school, do, _contact(request, people))
    with transaction.atomic():
        # If two people save at the same moment, the second waits here and is compared with what the first stored.
        return _answer(request, chain, school, do, _contact(request, people.select_for_update(of=("self",))))


def _answer(request: SignedInRequest, chain: list[School], school: School, do: str, contact: Contact | None) -> HttpResponse:
    """Do what the button says and redirect, or show the page with the reasons why not."""
    form = ContactForm(request.POST if do == "contact" else None, contact=contact)
    reasons: list[str] = []
    moves: FiguresMove | None = None
    if do:
        try:
            words, back = _change(request, school, do, form, contact)
            if words:
                here = address_with_back(request, "admin:school-detail", school.pk)
                say_with_undo(request, words, back, to=here)
                return redirect(here)
        except FiguresMove as stopped:
            moves = stopped
        except RuleBroken as broken:
            reasons = broken.reasons
    return _page(request, chain, school, form, contact, reasons, moves)


def _contact(request: SignedInRequest, people: QuerySet[Contact]) -> Contact | None:
    """Return the person who is changed; None for a new person."""
    chosen = row_id(request.GET.get("contact"))
    return get_object_or_404(people, pk=chosen) if chosen is not None else None


def _change(
    request: SignedInRequest, school: School, do: str, form: forms.Form, contact: Contact | None
) -> tuple[str, dict[str, Any]]:
    """Do what the button says, and return what to tell the user; "" if the form has errors. Raise RuleBroken if it may not be.

    With it comes what a button has to post to take it back, none where the form does that.
    """
    if do == "contact":
        stored = _save(request, school, contact, form.cleaned_data) if form.is_valid() else None
        return f"{stored} is written down." if stored else "", {}
    if do in {"share", "unshare"}:
        return _share(request, school, do)
    if do == "unlink":
        feeders = SchoolLink.objects.filter(Q(predecessor=school) | Q(successor=school), kind=LinkKind.FEEDER)
        feeders = feeders.select_related("predecessor", "successor")
        number = row_id(request.POST.get("link"))
        if number and not SchoolLink.objects.filter(pk=number).exists():
            return "The two schools were parted already.", {}
        link = get_object_or_404(feeders, pk=number or 0)
        feeds = link.predecessor == school
        other = link.successor if feeds else link.predecessor
        is_seen = School.objects.for_user(request.user, on=today()).filter(pk=other.pk).exists()
        back = {"do": "feeds" if feeds else "fed-by", "other": other.pk} if is_seen else {}
        remove_feeder(link, by=request.user, now=timezone.now())
        return "The two schools are no longer linked.", back
    if do in {"feeds", "fed-by"}:
        others = School.objects.for_user(request.user, on=today())
        other = get_object_or_404(others, pk=row_id(request.POST.get("other")) or 0)
        pair = (school, other) if do == "feeds" else (other, school)
        link = link_feeder(*pair, by=request.user, now=timezone.now(), looked=request.POST.get("looked", ""))
        words = f"{pair[0]} feeds {pair[1]} from now on: their pupils count as the same children over the years."
        return words, {"do": "unlink", "link": link.pk}
    return "", {}


def _save(request: SignedInRequest, school: School, contact: Contact | None, data: dict[str, Any]) -> Contact:
    """Store the person, and whether they said yes to SMS where the form asked that."""
    facts = {name: value for name, value in data.items() if name != "gets_sms"}
    person = save_contact(school, contact, **facts)
    if "gets_sms" in data:
        set_sms_of_contact(person, is_wanted=data["gets_sms"], by=request.user, now=timezone.now())
    return person


def _share(request: SignedInRequest, school: School, do: str) -> tuple[str, dict[str, Any]]:
    """Write down that somebody of another school is here too, or is here no longer."""
    people = visible_rows(Contact.objects.all(), request.user, on=today())
    person = get_object_or_404(people, pk=row_id(request.POST.get("person")) or 0)
    was_here, was_first = Contact.objects.at([school]).contains(person), person.school_id == school.pk
    if do == "share":
        words = f"{share_contact(person, school)} is written down for this school too."
        shared = None if was_here else row_of_sharing(person, school)
        return words, {"do": "unshare", "person": person.pk, "shared": shared} if shared else {}
    taken_back = row_id(request.POST.get("shared"))
    words = f"{unshare_contact(person, school, shared=taken_back)} is no longer written down for this school."
    # Where it was their first school another is that now, and who is only at schools of others is seen no more.
    can_be_back = was_here and not was_first and people.contains(person)
    return words, {"do": "share", "person": person.pk} if can_be_back else {}


def _matches(request: SignedInRequest, school: School, words: str) -> list[School]:
    """Return the user's schools of the same nation that the words name, the most likely first."""
    others = School.objects.for_user(request.user, on=today()).filter(nation=school.nation).exclude(pk=school.pk)
    return others.most_likely(words, request.user, on=today(), most=MOST_FOUND)


def _people_elsewhere(request: SignedInRequest, chain: list[School], words: str) -> list[Contact]:
    """Return the people at the user's other schools whom the words name, the most likely first."""
    if not words:
        return []
    own = Contact.objects.filter(pk__in=visible_rows(Contact.objects.all(), request.user, on=today()).order_by().values("pk"))
    people = own.exclude(pk__in=Contact.objects.at(chain).order_by().values("pk"))
    named = people.named(words)
    if not named.exists():
        named = people.at(School.objects.for_user(request.user, on=today()).named(words))
    return list(named.best_first(words).select_related("school")[:MOST_FOUND])


# Longer than 40 lines because of the page's many parts, each of which is a line.
def _page(
    request: SignedInRequest,
    chain: list[School],
    school: School,
    form: forms.Form,
    contact: Contact | None,
    reasons: list[str],
    moves: FiguresMove | None,
) -> HttpResponse:
    on, user = today(), request.user
    year_groups, rolls = facts.rolls_of(chain, on=on)
    visits = facts.visits_of(chain, user, on=on)
    says_closing = is_closed_by_people(school)
    words, person_words = (query_params.words(request.GET.get(name)) for name in ("link", "person"))
    return page(
        request,
        "office/schools/school.html",
        school.name,
        school=school,
        back=back_of(request),
        here=address_with_back(request, "admin:school-detail", school.pk),
        years=year_group_span(school.year_groups, school.nation),
        sites=sites_of(school),
        numbers={entry.pk for entry in chain},
        chain=[entry for entry in reversed(chain) if entry.pk != school.pk],
        standing=due(School.objects.filter(pk=school.pk), on=on)[0],
        warnings=facts.warnings_about(school, chain, on=on),
        says_closing=says_closing,
        may_close=says_closing and user.is_manager,
        visits=visits,
        picture=picture_of(visits, on=on),
        year_groups=year_groups,
        rolls=rolls,
        people=facts.people_at(school, chain),
        person_words=person_words,
        people_found=_people_elsewhere(request, chain, person_words),
        contact=contact,
        contact_form=form,
        stays=why_not_deleted(request, contact) if contact else "",
        error_forms=[form],
        links=facts.links_of(school, user, on=on),
        authorities=list(facts.authorities_of(chain)),
        imports=facts.imports_of(chain),
        talks=list(facts.conversations_with(chain)),
        log=part_of_log(about_school(school, user, on=on), f"of_school={school.pk}"),
        link_words=words,
        found=_matches(request, school, words) if words else [],
        reasons=reasons,
        moves=moves,
        posted=request.POST,
        may_book=user.has_perm("schools.add_visit") and school.is_bookable,
        may_write=user.has_perm("schools.add_contact"),
        may_add_site=user.has_perm("schools.add_site"),
        may_link=user.has_perm("schools.add_schoollink"),
        may_see_imports=user.has_perm("schools.view_importrun"),
    )
