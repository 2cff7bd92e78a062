"""Template tags for the frame of an office page; their HTML is in office/frame/pieces.html.

{% table "visits-heading" %}<thead>…</thead><tbody>…</tbody>{% endtable %}
{% facts %}{% fact "Stage" %}…{% endfact %}{% endfacts %}
{% page_links %}{% page_link "admin:visit-detail" visit.pk %}Back to the visit{% endpage_link %}{% endpage_links %}
{% more_links %}{% page_link "admin:parcels" visit.pk %}Parcels{% endpage_link %}{% endmore_links %}
{% error_summary refusals reasons %}
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.contrib.admin.helpers import AdminReadonlyField
from django.db.models.options import Options
from django.forms import BaseForm
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from schools.charity import notes
from schools.core import words
from schools.office.frame.guide_sections import address_of_section
from schools.office.frame.header import ShownPlace, place_of, places_for
from schools.office.frame.list_names import name_of_list
from schools.office.frame.setting_up import steps_after
from schools.office.frame.values_in_words import field_in_words
from schools.office.frame.visibility import today
from schools.volunteers.models import Volunteer

register = template.Library()


def _piece(partial: str, /, **context: Any) -> SafeString:
    """Return the partial of office/frame/pieces.html with this name, rendered."""
    return render_to_string(f"office/frame/pieces.html#{partial}", context)


@register.simple_block_tag
def scroll(content: SafeString, heading: str = "", *, label: str = "") -> SafeString:
    """Put a wide table into a box that scrolls, named by the element whose id is `heading`, or else by `label`."""
    return _piece("scroll", content=content, heading=heading, label=label)


@register.simple_block_tag
def table(content: SafeString, heading: str = "", classes: str = "", *, label: str = "") -> SafeString:
    """Put head and body of a table into the office's table, in a box that scrolls; `classes` are added to the table."""
    return scroll(_piece("table", content=content, classes=classes), heading, label=label)


@register.simple_block_tag
def facts(content: SafeString) -> SafeString:
    """Put facts into a list."""
    return _piece("facts", content=content)


@register.simple_block_tag
def fact(content: SafeString, name: object, *, address: str = "") -> SafeString:
    """Show one fact under its name, which links to `address` if there is one."""
    return _piece("fact", content=content, name=name, address=address)


@register.simple_block_tag
def page_links(content: SafeString) -> SafeString:
    """Put links into the list beside the page's heading."""
    return _piece("page-links", content=content)


@register.simple_block_tag
def more_links(content: SafeString) -> SafeString:
    """Fold links beside the page's heading that are needed less often than those before them; it ends the list."""
    return _piece("more-links", content=content)


@register.simple_block_tag
def page_link(content: SafeString, view: str, *args: object, **query: object) -> SafeString:
    """Return the list item whose words link to a view; keyword arguments that are not blank are the query of its address."""
    address = reverse(view, args=args)
    if given := {name: value for name, value in query.items() if value != ""}:
        # "/" stays readable where the query holds a path to come back to.
        address += f"?{urlencode(given, safe='/')}"
    return _piece("page-link", content=content, address=address)


@register.simple_tag(takes_context=True)
def header_places(context: template.Context) -> dict[str, list[ShownPlace]]:
    """Return the places of the header for whoever is signed in: those that are `shown`, and those `folded` under “More”."""
    request = context["request"]
    places = places_for(request.user, request.resolver_match)
    return {"shown": [each for each in places if not each.is_folded], "folded": [each for each in places if each.is_folded]}


@register.simple_tag(takes_context=True)
def place_of_page(context: template.Context) -> ShownPlace | None:
    """Return the place of the header to which the page belongs, for its breadcrumbs; None: that is home or the page itself."""
    request = context["request"]
    return place_of(request.user, request.resolver_match)


@register.filter
def clock(at: datetime) -> str:
    """Return a time of today to the second, as a page counts down to it: “10:31:05 am”."""
    local = timezone.localtime(at)
    return f"{local:%I:%M:%S}".lstrip("0") + (" am" if local.hour < 12 else " pm")


@register.filter
def moment(at: datetime | None) -> str:
    """Return a date and time as people read them, in the time of the installation; None is no text."""
    return words.local_moment(at) if at else ""


@register.filter
def in_words(shown: AdminReadonlyField) -> str:
    """Return what a form says of a field that is only read, times, yes and no in words."""
    return field_in_words(shown) or shown.contents()


@register.simple_tag
def called_among(person: Volunteer, people: Iterable[Volunteer]) -> str:
    """Return somebody's first name, or the whole where another of the people has that first name too."""
    others = (other for other in people or () if other.pk != person.pk)
    return person.name if any(other.first_name == person.first_name for other in others) else person.first_name


@register.simple_tag
def section_address(section: str) -> str:
    """Return the address of a section of a guide, like “office#volunteers”."""
    return address_of_section(section)


@register.simple_tag
def about_notes() -> str:
    """Return what no note may hold, for a box that is part of no form of ours."""
    return notes.about_notes()


@register.simple_tag
def list_name(options: "Options[Any]") -> str:
    """Return the name of a table's list, as on home."""
    return name_of_list(options)


@register.simple_tag
def list_breadcrumbs(options: "Options[Any]", *, linked: bool = True) -> SafeString:
    """Return the breadcrumbs from home to a table's list; `linked` is False for users who may not open the list."""
    return _piece("list-breadcrumbs", options=options, name=name_of_list(options), linked=linked)


@register.simple_tag(takes_context=True)
def next_steps(context: template.Context, done: str, *, is_next: bool = True) -> SafeString:
    """Return the way on to what is still to be set up, beginning after the step `done`; empty text where all is done.

    `is_next` is False where the page has another next step, which alone is marigold.
    """
    user = context["request"].user
    if not user.has_perm("schools.view_session"):
        return SafeString("")
    steps = steps_after(done, user, on=today())
    return _piece("next-steps", step=steps[0], others=steps[1:], is_next=is_next) if steps else SafeString("")


@register.simple_tag
def error_summary(forms: Iterable[BaseForm] = (), reasons: Iterable[str] = (), *, always: bool = False) -> SafeString:
    """Return a list of every reason and every error of the forms, each linked to its box.

    Without any error the list is empty text, unless `always`. A name that the page's context lacks arrives as an empty string.
    """
    wrong_forms = [form for form in forms if form.errors]
    if not (wrong_forms or reasons or always):
        return SafeString("")
    return _piece("error-summary", forms=wrong_forms, reasons=reasons)
