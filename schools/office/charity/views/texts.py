"""A text that anybody may read: its draft as it would read, publishing it, and what stood before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.charity.actions import TextOvertaken, keep_draft, publish, take_down, version_of
from schools.charity.drafts import DRAFTS
from schools.charity.models import PublicText
from schools.charity.placeholders import all_placeholders, values
from schools.charity.rules import reasons_not_to_publish
from schools.core.errors import RuleBroken
from schools.core.public_texts import html_of
from schools.core.row_ids import row_id
from schools.office.charity.forms import PublicTextForm
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import say_with_undo

MOST_SHOWN = 10
"""So many earlier versions are shown; the history of the table has all."""
POSTS = dict.fromkeys(("keep", "publish", "take-down"), "change_publictext")

READ_IT = "Read the text as it is shown below, and tick that you have. Then publish it."
READ_AGAIN = "You changed the text after it was shown. It is kept as a draft: read it below, tick that you have, and publish it."


@dataclass(frozen=True)
class _Shown:
    """A text in one language, as it stands now."""

    key: PublicText.Key
    language: str
    row: PublicText | None

    @classmethod
    def of(cls, key: str, language: str) -> "_Shown":
        """Read the text; in the usual language where that is not one of ours. Raises Http404 where there is no such text."""
        if key not in PublicText.Key.values:
            raise Http404
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        return cls(PublicText.Key(key), language, PublicText.objects.filter(key=key, language=language).first())

    @property
    def words(self) -> str:
        """What comes next: the draft, else what is published, else the draft that comes with the program."""
        built_in = DRAFTS[self.key] if self.language == settings.LANGUAGE_CODE else ""
        return (self.row.draft or self.row.words if self.row else "") or built_in.strip()

    @property
    def address(self) -> str:
        """The page about it."""
        return reverse("admin:public-text", args=[self.key], query={"language": self.language})


@allowed("view_publictext", posts=POSTS)
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    """Show a text with its form; `do` keeps a draft, publishes what was shown and read, or takes down what is published."""
    shown = _Shown.of(key, request.GET.get("language", ""))
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = PublicTextForm(request.POST if do else None, words=shown.words)
    seen = row_id(request.POST.get("seen")) or 0
    if not do:
        return _page(request, shown, form, seen=version_of(key, shown.language))
    if do == "take-down":
        _take_down(request, shown, seen=seen)
        return redirect(shown.address)
    if not form.is_valid():
        return _page(request, shown, form, seen=seen)
    try:
        _store(request, shown, form, do=do, seen=seen)
    except RuleBroken as broken:
        form.add_error(None, broken)
        # Who was overtaken has now seen what the other stored, and may decide.
        seen = version_of(key, shown.language) if isinstance(broken, TextOvertaken) else seen
        return _page(request, _Shown.of(key, shown.language), form, seen=seen)
    return redirect(shown.address)


def _take_down(request: SignedInRequest, shown: _Shown, *, seen: int) -> None:
    has_draft = shown.row is not None and bool(shown.row.draft)
    try:
        take_down(shown.key, shown.language, seen=seen)
    except RuleBroken as broken:
        for reason in broken.reasons:
            messages.warning(request, reason)
        return
    if has_draft:
        messages.success(request, "It is taken down. Its draft stays as it is.")
        return
    again = {"do": "publish", "words": shown.words, "is_read": "on", "seen": version_of(shown.key, shown.language)}
    say_with_undo(request, "It is taken down. Its words are kept as a draft.", again, to=shown.address)


def _store(request: SignedInRequest, shown: _Shown, form: PublicTextForm, *, do: str, seen: int) -> None:
    """Keep what was typed as a draft, or publish it where it is what was shown and read. Raises RuleBroken."""
    words = form.cleaned_data["words"]
    if do == "publish" and words == shown.words and form.cleaned_data["is_read"]:
        publish(shown.key, shown.language, words, seen=seen, now=timezone.now())
        messages.success(request, "It is published: everybody reads it from now on.")
        return
    if do == "publish" and words == shown.words:
        raise RuleBroken([READ_IT])
    keep_draft(shown.key, shown.language, words, seen=seen)
    if do == "publish":
        messages.warning(request, READ_AGAIN)
    else:
        messages.success(request, "The draft is kept. Nobody but managers reads it until it is published.")


def _page(request: SignedInRequest, shown: _Shown, form: PublicTextForm, *, seen: int) -> HttpResponse:
    filled_in = values()
    stands = shown.row is not None and bool(shown.row.words)
    context: dict[str, Any] = {
        "key": shown.key,
        "row": shown.row,
        "stands": stands,
        "is_new": not stands or (shown.row is not None and shown.words != shown.row.words),
        "language": shown.language,
        "languages": settings.LANGUAGES if len(settings.LANGUAGES) > 1 else [],
        "form": form,
        "refusals": [form] if form.errors else [],
        "seen": seen,
        "html": html_of(shown.words, filled_in),
        "open_points": reasons_not_to_publish(shown.words, filled_in),
        "placeholders": [(each, filled_in[each.name]) for each in all_placeholders()],
        "earlier": _earlier(shown),
    }
    return page(request, "office/charity/public_text.html", shown.key.label, **context)


@dataclass(frozen=True)
class _Earlier:
    """A version that was published."""

    version: int
    at: datetime
    by: object
    words: str


def _earlier(shown: _Shown) -> list[_Earlier]:
    """Return the versions that were published, the latest first: each with the state in which it first stood."""
    rows = PublicText.history.filter(key=shown.key, language=shown.language).exclude(words="")
    first: dict[int, int] = {}
    for version, pk in rows.order_by("history_id").values_list("version", "history_id"):
        first.setdefault(version, pk)
    ids = [first[version] for version in sorted(first, reverse=True)[:MOST_SHOWN]]
    states = rows.filter(history_id__in=ids).select_related("history_user").order_by("-history_id")
    return [_Earlier(row.version, row.published_at, row.history_user or "the program", row.words) for row in states]
