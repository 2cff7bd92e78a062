"""The texts of messages and calls: which there are, and one of them in other words, with what says it and its history."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpResponse
from django.middleware.csp import get_nonce
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.messages.editing import Overtaken, store_text, version_of
from schools.messages.kinds import Audience, all_kinds
from schools.messages.models import EditedText
from schools.messages.texts import Part, Text, all_texts, text_of
from schools.messages.wording import as_typed, fits, on_trial
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import say_with_undo
from schools.office.frame.visibility import today
from schools.office.messages.example import visit_to_show
from schools.office.messages.forms import TextForm
from schools.office.messages.preview import preview_of
from schools.planning.call_script import CallFacts, script_of

MOST_SHOWN = 20
"""So many earlier states are shown; the history of the table has all."""
POSTS = {"look": "change_editedtext", "store": "change_editedtext", "built-in": "change_editedtext"}

WITH_A_MAIL = cast("Mapping[str, Collection[str]]", {**settings.SECURE_CSP, "style-src-attr": [CSP.UNSAFE_INLINE]})
"""The page shows a mail in a frame, and mails have styles in their tags, because mail programs load no files."""


@allowed("view_editedtext")
def index(request: SignedInRequest) -> HttpResponse:
    """Show every text under the kind of messages that says it first, and which are edited."""
    edited: dict[str, list[EditedText]] = {}
    for row in EditedText.objects.all():
        edited.setdefault(row.key, []).append(row)
    words = {kind.name: f"{kind.words}, to {kind.audience}" for kind in all_kinds()}
    groups: dict[str, list[dict[str, object]]] = {}
    for text in all_texts():
        rows = edited.get(text.key, [])
        heading = _heading(text, words)
        line = {"text": text, "now": _now(text, rows), "edited": bool(rows), "fits": all(fits(text, row.text) for row in rows)}
        groups.setdefault(heading, []).append(line)
    return page(request, "office/messages/texts.html", "Texts of messages", groups=list(groups.items()), spoken=SPOKEN)


SHARED = "In several kinds of messages"
SPOKEN = "Said on the phone"


def _heading(text: Text, kinds: Mapping[str, str]) -> str:
    """Return under which heading the text stands; `kinds` are the words of each kind of messages."""
    if text.part is Part.SPOKEN:
        return SPOKEN
    return SHARED if len(text.kinds) > 1 else kinds[text.kinds[0]]


def _now(text: Text, rows: list[EditedText]) -> str:
    """Return what mails in the usual language say."""
    own = next((row.text for row in rows if row.language == settings.LANGUAGE_CODE and fits(text, row.text)), None)
    return own if own is not None else as_typed(text)


@csp_override(WITH_A_MAIL)
@allowed("view_editedtext", posts=POSTS)
def detail(request: SignedInRequest, key: str) -> HttpResponse:
    """Show a text with its form; `do` shows how typed words read, stores them, or goes back to the built-in text."""
    text = text_of(key)
    if text is None:
        raise Http404
    shown = _Shown.of(text, request.GET.get("language", ""))
    do = request.POST.get("do", "") if request.method == "POST" else ""
    seen = row_id(request.POST.get("seen")) or 0
    form = TextForm(request.POST if do else None, text=text, words=shown.words)
    if do == "look":
        form.is_valid()
        return _page(request, shown, form, seen=seen)
    if do == "store" and not form.is_valid():
        return _page(request, shown, form, seen=seen)
    if not do:
        return _page(request, shown, form, seen=version_of(text, shown.language))
    try:
        words = form.cleaned_data["words"] if do == "store" else shown.built_in
        is_edited = store_text(text, shown.language, words, seen=seen)
    except RuleBroken as broken:
        form.is_valid()
        form.add_error(None, broken)
        # Who was overtaken has now seen what the other stored, and may decide.
        seen = version_of(text, shown.language) if isinstance(broken, Overtaken) else seen
        return _page(request, _Shown.of(text, shown.language), form, seen=seen)
    stored, back = STORED[text.part is Part.SPOKEN]
    address = f"{reverse('admin:message-text', args=[text.key])}?language={shown.language}"
    before = {"do": "store", "words": shown.words} if shown.row else {"do": "built-in"}
    seen = version_of(text, shown.language)
    say_with_undo(request, stored if is_edited else back, {**before, "seen": seen}, to=address)
    return redirect(address)


STORED = {
    False: ("It is stored. Mails say it from now on, those that wait too.", "Mails say the built-in text."),
    True: ("It is stored. The cards of calls say it from now on.", "The cards of calls say the built-in sentence."),
}
"""What is said after a text was stored or put back, by whether it is spoken."""


@dataclass(frozen=True)
class _Shown:
    """A text in one language, as it stands now."""

    text: Text
    language: str
    built_in: str
    row: EditedText | None

    @classmethod
    def of(cls, text: Text, language: str) -> "_Shown":
        """Read the text in the language; in the usual one where nobody reads this text in that."""
        if language not in dict(_languages(text)):
            language = settings.LANGUAGE_CODE
        with translation.override(language):
            built_in = as_typed(text)
        return cls(text, language, built_in, EditedText.objects.filter(key=text.key, language=language).first())

    @property
    def words(self) -> str:
        """What is stored, or built in."""
        return self.row.text if self.row else self.built_in


def _languages(text: Text) -> list[tuple[str, str]]:
    """Return the languages in which somebody reads the text: mails to schools, and calls, are all in the usual one."""
    audiences = {kind.audience for kind in all_kinds() if kind.name in text.kinds}
    in_usual_alone = audiences <= {Audience.SCHOOLS}
    return [each for each in settings.LANGUAGES if not in_usual_alone or each[0] == settings.LANGUAGE_CODE]


def _page(request: SignedInRequest, shown: _Shown, form: TextForm, *, seen: int) -> HttpResponse:
    text, languages = shown.text, _languages(shown.text)
    names = {kind.name: kind.words for kind in all_kinds()}
    context: dict[str, Any] = {
        "text": text,
        "kinds": [names[name] for name in text.kinds],
        "language": shown.language,
        "languages": languages if len(languages) > 1 else [],
        "built_in": shown.built_in,
        "row": shown.row,
        "fits": shown.row is None or fits(text, shown.row.text),
        "form": form,
        "refusals": [form] if form.errors else [],
        "seen": seen,
        "earlier": _earlier(text, shown.language),
        "is_spoken": text.part is Part.SPOKEN,
        **(_spoken(request, shown, form) if text.part is Part.SPOKEN else _preview(request, shown, form)),
    }
    return page(request, "office/messages/text_edit.html", f"Text of messages: {text.words}", **context)


def _preview(request: SignedInRequest, shown: _Shown, form: TextForm) -> dict[str, Any]:
    """Return the mail with the typed words, or with those that mails say now where there is something wrong with these."""
    on = today()
    reference = query_params.words(request.POST.get("visit") or request.GET.get("visit"))
    visit = visit_to_show(reference, on=on)
    words = form.cleaned_data.get("words") if form.is_bound else None
    nonce = str(get_nonce(request))
    preview = preview_of(shown.text, words, shown.language, visit, on=on, nonce=nonce) if visit else None
    placeholders = _placeholders(shown.text, preview.facts if preview else {})
    return {"reference": reference, "visit": visit, "preview": preview, "placeholders": placeholders}


def _spoken(request: SignedInRequest, shown: _Shown, form: TextForm) -> dict[str, Any]:
    """Return how a call reads with the typed words, to a school that had us and to one that never had; the facts are made up."""
    words = form.cleaned_data.get("words") if form.is_bound else None
    with (
        translation.override(shown.language),
        on_trial({} if words is None else {(shown.text.key, shown.language): words}) as trial,
    ):
        scripts = [
            (heading, " ".join(script_of(CallFacts(request.user.name, last, never))))
            for heading, last, never in (
                ("A school that had us", today() - timedelta(days=700), "Years 3–6"),
                ("A school that never had us", None, ""),
            )
        ]
    facts = trial.facts.get(shown.text.key, {})
    return {"scripts": scripts, "placeholders": _placeholders(shown.text, facts)}


def _placeholders(text: Text, facts: Mapping[str, object]) -> list[dict[str, object]]:
    """Return what is filled into the text, each with what that is here."""
    return [{"name": f"{{{name}}}", "fact": facts.get(name, ""), "needed": name in text.needed} for name in text.placeholders]


@dataclass(frozen=True)
class _Earlier:
    """What was stored before."""

    at: datetime
    by: object
    words: str
    """Blank: somebody went back to the built-in text."""


def _earlier(text: Text, language: str) -> list[_Earlier]:
    """Return what was stored before, the latest first."""
    rows = EditedText.history.filter(key=text.key, language=language).select_related("history_user")
    return [
        _Earlier(row.history_date, row.history_user or "the program", "" if row.history_type == "-" else row.text)
        for row in rows.order_by("-history_id")[:MOST_SHOWN]
    ]
