"""The pages of the office and what one does there, as they are found by words. A user finds only what they may open or do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import resolve, reverse

from schools.core.search_words import Piece, near_forms, plain, words_of
from schools.office.frame.list_names import LISTS


@dataclass(frozen=True)
class Place:
    """A page that opens without naming a row, under the words of its menu, heading or button."""

    name: str
    view: str
    """The name of its URL, without `admin:`."""
    others: str = ""
    """Other words that somebody may type for it."""

    @cached_property
    def address(self) -> str:
        """The address of the page."""
        return reverse(f"admin:{self.view}")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words by which it is found."""
        return tuple(words_of(f"{self.name} {self.others}"))

    @cached_property
    def permission(self) -> str | None:
        """The permission that its view asks for; None: every user of the office may open it."""
        return getattr(resolve(self.address).func, "permission", None)

    def is_for(self, request: HttpRequest) -> bool:
        """Return whether the user may open it."""
        return self.permission is None or request.user.has_perm(f"schools.{self.permission}")

    def fits(self, pieces: Iterable[Piece], *, forgiving: bool) -> bool:
        """Return whether each piece of a typed text begins one of its words; `forgiving`: or nearly is one."""
        return all(
            any(_begins(self.words, word, forgiving=forgiving) for word in {*piece.words, plain(piece.typed)})
            if len(piece.words) == 1
            else all(_begins(self.words, word, forgiving=forgiving) for word in piece.words)
            for piece in pieces
        )


@dataclass(frozen=True)
class ListPlace(Place):
    """The list of a table."""

    table: str = ""

    def is_for(self, request: HttpRequest) -> bool:
        """Return whether the user may open the table."""
        model: Any = apps.get_model("schools", self.table)
        return admin.site.get_model_admin(model).has_view_or_change_permission(request)


def _begins(words: Iterable[str], typed: str, *, forgiving: bool) -> bool:
    least = 4
    near = forgiving and len(typed) >= least
    return any(word.startswith(typed) or (near and not near_forms(word).isdisjoint(near_forms(typed))) for word in words)


PLACES = (
    Place("Home", "index", "needs you now start"),
    Place("Calendar", "calendar", "week month fortnight"),
    Place("Week board", "week-board", "mornings days who goes planning"),
    Place("Who is due", "due", "list to ask next"),
    Place("Call schools one after the other", "calls", "calls ring phone queue"),
    Place("Book a visit", "book", "new booking"),
    Place("Many at once", "bulk", "bulk"),
    Place("Confirm many visits", "bulk-confirm"),
    Place("Call off a day", "bulk-snow", "cancel snow weather strike closed postpone some authorities schools"),
    Place("Give visits to another coordinator", "bulk-reassign", "reassign"),
    Place("Hand an area over", "bulk-hand-over"),
    Place("Ask how sessions went", "bulk-chase", "chase outcomes missing"),
    Place("Tell these people", "tell", "changes news phone"),
    Place("Messages", "messages", "mail sent log"),
    Place("Texts of messages", "message-texts", "words of mails"),
    Place("When you are away", "stand-ins", "who stands in holiday ill"),
    Place("Who would like to watch", "observing", "observe"),
    Place("Add a volunteer", "volunteer-add", "new person"),
    Place("Invite volunteers to sign in", "invite", "invitation"),
    Place("Entered twice", "duplicates", "double merge"),
    Place("Erased people", "erasures", "erase forget"),
    Place("What is held on somebody", "held", "subject access data request"),
    Place("Somebody is locked out", "locked-out", "lost phone second factor recovery codes address reset"),
    Place("Trustees", "trustees", "agree locked out"),
    Place("How long what is kept", "kept", "retention purge periods"),
    Place("Stock", "stock", "materials stores"),
    Place("What sessions lack", "shortages", "short lacking materials"),
    Place("Forecast", "forecast", "order materials"),
    Place("Equipment", "equipment", "puppets pieces"),
    Place("Materials used", "materials-used"),
    Place("Labels", "labels", "print"),
    Place("Import a table", "imports", "csv spreadsheet paste upload"),
    Place("Registers", "registers", "import gias schools"),
    Place("Add an area", "area-add", "new"),
    Place("Reach", "reach", "figures numbers report pupils"),
    Place("Pictures of reach", "reach-pictures", "map chart"),
    Place("Cold spots", "reach-cold-spots", "map"),
    Place("Dose", "dose", "year 6 leavers"),
    Place("What schools thought", "feedback", "feedback opinions questions survey"),
    Place("Returns", "returns", "sign off period"),
    Place("Published", "publications", "publish figures"),
    Place("Data quality", "doubts", "doubts wrong numbers"),
    Place("Likely feeders", "feeders", "infant junior links"),
    Place("Programs that read reach", "reach-readers", "api token"),
    Place("The charity", "charity", "name logo texts measures settings"),
    Place("How it runs", "running", "jobs processes health"),
    Place("Mail that was stopped", "stopped-mail", "failed"),
    Place("Addresses that could not be reached", "unreachable", "bounced"),
    Place("Guides", "guides", "help manual"),
)
"""The office's own pages that open without naming a row."""

LIST_PLACES = tuple(
    ListPlace(words, f"schools_{table.lower()}_changelist", "list", table)
    for tables in LISTS.values()
    for table, words in tables.items()
)


def places_for(request: HttpRequest) -> Iterator[Place]:
    """Yield the pages and lists that the user may open."""
    return (place for place in (*PLACES, *LIST_PLACES) if place.is_for(request))


@dataclass(frozen=True)
class Act:
    """What is done with a school that is named after the act: “book larkfield”."""

    name: str
    view: str
    """The name of the URL that takes the school's id, without `admin:`."""
    permission: str
    words: tuple[str, ...]
    """With which word the text may begin."""


ACTS = (
    Act("Book a visit", "book-at", "add_visit", ("book",)),
    Act("Offer dates", "offer-dates", "add_visit", ("offer", "dates")),
    Act("Log a conversation", "log-talk", "add_contactlog", ("log", "call", "ring", "phone")),
)


def act_of(request: HttpRequest, pieces: list[Piece]) -> Act | None:
    """Return the act with whose word the text begins and that the user may do; None where no name follows it."""
    if not pieces[1:]:
        return None
    first = plain(pieces[0].typed)
    acts = (act for act in ACTS if first in act.words and request.user.has_perm(f"schools.{act.permission}"))
    return next(acts, None)
