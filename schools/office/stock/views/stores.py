"""Stock: how much there is of each material, what one store holds, what happened to a material, and counting on a phone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Max, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import Area
from schools.materials import actions
from schools.materials.models import Kind, Material, Movement, MovementQuerySet, Piece, Store
from schools.materials.queries import LedgerLine, ledger_rows, lines_about, shelf_of, stock_of, totals, whereabouts
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import say_with_undo
from schools.office.frame.visibility import today
from schools.office.stock.forms import CountForm, LabelsForm, MoveForm, QuantityForm, SentOnceForm, StockChangeForm

ON_A_PAGE = 50
MOST_COLUMNS = 5
"""The most stores that have a column each in the table of stock. Of more stores the table shows only the sums."""


def own_stores(request: SignedInRequest) -> QuerySet[Store]:
    """Return the stores that the user sees, with their areas and keepers."""
    return Store.objects.for_user(request.user, on=today()).select_related("area", "keeper")


def own_store(request: SignedInRequest, store_id: int) -> Store:
    """Return the store if it lies in the user's areas. Raise Http404 otherwise."""
    return get_object_or_404(own_stores(request), pk=store_id)


def chosen_area(request: SignedInRequest) -> tuple[list[Area], Area | None]:
    """Return the areas with a store that the user sees, and the area that the address asks for.

    The second is None if the address names none of them, except that an only area is always chosen.
    """
    stores = Store.objects.for_user(request.user, on=today())
    areas = list(Area.objects.filter(pk__in=stores.values("area")))
    query = request.GET.get("area", "")
    return areas, next((area for area in areas if str(area.pk) == query), areas[0] if len(areas) == 1 else None)


class Done(NamedTuple):
    """What a form has done."""

    words: str
    back: Mapping[str, object] = MappingProxyType({})
    """What a button posts to write the opposite into the ledger; empty: there is no such button."""
    to: str = ""
    """The page to which it posts that; blank: the one on which the form is."""


def opposite(do: str, data: Mapping[str, Any], **values: object) -> dict[str, object]:
    """Return what the form `do` posts to write the opposite of `data` into the ledger, of which no line is ever changed.

    To be called once the lines are written: it posts which was the latest, for `refuse_where_since`.
    """
    latest = Movement.objects.aggregate(pk=Max("pk"))["pk"]
    boxes = {"key": uuid4(), "day": data["day"].isoformat(), "note": "Taken back", "since": latest, **values}
    return {"do": do, **{f"{do}-{name}": value for name, value in boxes.items()}}


def refuse_where_since(request: SignedInRequest, do: str, lines: MovementQuerySet, why: str) -> None:
    """Raise RuleBroken where one of the lines was written since what the form takes back; a typed form takes nothing back."""
    since = row_id(request.POST.get(f"{do}-since"))
    if since is not None and lines.filter(pk__gt=since).exists():
        raise RuleBroken([why])


def submit_once(request: SignedInRequest, form: SentOnceForm, work: Callable[[dict[str, Any]], Done]) -> bool:
    """Do `work` once, even if the form is sent again, and tell the user what it has done.

    Return False where the work was refused; then the form says why.
    """
    if not form.is_valid():
        return False
    data, now = form.cleaned_data, timezone.now()
    try:
        done = actions.run_once(data["key"], lambda: work(data), content=form.content(request.path), by=request.user, now=now)
    except actions.AlreadySubmitted as already:
        messages.info(request, already.reasons[0])
    except RuleBroken as broken:
        if isinstance(broken, actions.SubmissionChanged):
            form.renew_key()
        form.add_error(None, broken)
        return False
    else:
        say_with_undo(request, done.words, done.back, to=done.to)
    return True


@allowed("view_movement")
def overview(request: SignedInRequest) -> HttpResponse:
    """Show how much there is of each material: in each store, or in all stores together where they are many."""
    areas, area = chosen_area(request)
    stores = own_stores(request)
    if area:
        stores = stores.filter(area=area)
    columns = list(stores[: MOST_COLUMNS + 1])
    # Of many stores only the sums are read. A manager sees all stores, so that no filter is needed.
    in_columns = len(columns) <= MOST_COLUMNS
    shelves = stock_of(stores=stores) if in_columns else {}
    everywhere = None if request.user.is_manager and not area else stores
    sums: dict[int, int] = {} if in_columns else totals(stores=everywhere)
    for (_, material), pieces in shelves.items():
        sums[material] = sums.get(material, 0) + pieces
    rows = [
        {
            "material": material,
            "pieces": sums.get(material.pk, 0),
            "in_stores": [shelves.get((store.pk, material.pk), 0) for store in columns] if in_columns else [],
            "is_low": bool(area) and material.reorder_level is not None and sums.get(material.pk, 0) < material.reorder_level,
        }
        for material in Material.objects.all()
        if material.pk in sums or material.kind == Kind.CONSUMABLE
    ]
    return page(
        request,
        "office/stock/overview.html",
        "Stock",
        areas=areas,
        area=area,
        columns=columns if in_columns else [],
        stores=[] if in_columns else stores,
        rows=rows,
        may_add_store=request.user.has_perm("schools.add_store"),
        may_see_materials=request.user.has_perm("schools.view_material"),
    )


@allowed("view_movement")
def store(request: SignedInRequest, store_id: int) -> HttpResponse:
    """Show what the store holds. `do` receives, moves, loses or finds something there."""
    place = own_store(request, store_id)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    boxes = _forms(request, place, do)
    if do in VERBS:
        if not request.user.has_perm("schools.add_movement"):
            raise PermissionDenied
        if submit_once(request, boxes[do], lambda data: _do(request, do, place, data)):
            return redirect("admin:store-stock", place.pk)
    pieces = Piece.objects.filter(pk__in=[pk for pk, there in whereabouts().items() if there == place.pk])
    return page(
        request,
        "office/stock/store.html",
        f"{place}, {place.area}",
        store=place,
        shelf=shelf_of(place),
        pieces=pieces.select_related("material", "home"),
        boxes=boxes,
        refusals=[box for box in boxes.values() if box.is_bound and box.errors],
        opened=do,
        may_write=request.user.has_perm("schools.add_movement"),
        may_edit=request.user.has_perm("schools.change_store"),
    )


def _forms(request: SignedInRequest, place: Store, do: str) -> dict[str, StockChangeForm]:
    def options(verb: str) -> dict[str, Any]:
        return {"data": request.POST if do == verb else None, "prefix": verb, "on": today()}

    consumables = Material.objects.filter(kind=Kind.CONSUMABLE)
    here = consumables.filter(pk__in=Movement.objects.filter(store=place).order_by().values("material"))
    return {
        "receive": QuantityForm(**options("receive"), materials=consumables),
        "receive_pieces": LabelsForm(**options("receive_pieces")),
        "move": MoveForm(**options("move"), materials=here, targets=own_stores(request).exclude(pk=place.pk)),
        "lose": QuantityForm(**options("lose"), materials=here),
        "find": QuantityForm(**options("find"), materials=consumables),
    }


def _do(request: SignedInRequest, do: str, place: Store, data: dict[str, Any]) -> Done:
    stores = [place, *([data["target"]] if "target" in data else [])]
    counts = Movement.objects.filter(store__in=stores, material=data["material"], kind=Movement.Kind.COUNTED)
    refuse_where_since(request, do, counts, "It was counted since, and the count has put it right. Look at what is here now.")
    return VERBS[do](request, place, data)


def _quantity_in_words(data: dict[str, Any]) -> str:
    return f"{data['quantity']:,} {data['material']}"


def _back(do: str, data: dict[str, Any], **values: object) -> dict[str, object]:
    return opposite(do, data, material=data["material"].pk, quantity=data["quantity"], **values)


def _receive(request: SignedInRequest, place: Store, data: dict[str, Any]) -> Done:
    actions.receive(place, data["material"], data["quantity"], **_when(request, data))
    return Done(f"{place} received {_quantity_in_words(data)}.", _back("lose", data))


def _receive_pieces(request: SignedInRequest, place: Store, data: dict[str, Any]) -> Done:
    pieces = actions.receive_pieces(place, data["material"], data["labels"].splitlines(), **_when(request, data))
    return Done(f"{place} received {len(pieces):,} {data['material']}.")


def _move(request: SignedInRequest, place: Store, data: dict[str, Any]) -> Done:
    target = data["target"]
    actions.transfer(place, target, data["material"], data["quantity"], **_when(request, data))
    words = f"{_quantity_in_words(data)} moved from {place} to {target}."
    return Done(words, _back("move", data, target=place.pk), reverse("admin:store-stock", args=[target.pk]))


def _lose(request: SignedInRequest, place: Store, data: dict[str, Any]) -> Done:
    actions.lose(place, data["material"], data["quantity"], **_when(request, data))
    return Done(f"{_quantity_in_words(data)} written off in {place}.", _back("find", data))


def _find(request: SignedInRequest, place: Store, data: dict[str, Any]) -> Done:
    actions.find(place, data["material"], data["quantity"], **_when(request, data))
    return Done(f"{_quantity_in_words(data)} found in {place}.", _back("lose", data))


def _when(request: SignedInRequest, data: dict[str, Any]) -> dict[str, Any]:
    return {"day": data["day"], "note": data["note"], "by": request.user, "now": timezone.now()}


type Verb = Callable[[SignedInRequest, Store, dict[str, Any]], Done]

VERBS: dict[str, Verb] = {
    "receive": _receive,
    "receive_pieces": _receive_pieces,
    "move": _move,
    "lose": _lose,
    "find": _find,
}
"""The buttons of a store's page by name, each with its function, which returns what it has done."""


@allowed("view_movement")
def stock_take(request: SignedInRequest, store_id: int) -> HttpResponse:
    """Count what is in the store, on a phone: a box for each material, which stays empty if nobody counts it."""
    place = own_store(request, store_id)
    if not request.user.has_perm("schools.add_movement"):
        raise PermissionDenied
    shelf = shelf_of(place)
    known = {line.material.pk for line in shelf}
    others = Material.objects.filter(kind=Kind.CONSUMABLE).exclude(pk__in=known)
    form = CountForm(
        request.POST or None,
        shelf=[*((line.material, line.pieces) for line in shelf), *((material, 0) for material in others)],
        on=today(),
    )

    def count(data: dict[str, Any]) -> Done:
        return Done(_count_in_words(place, actions.count(place, form.counted, seen=form.seen, **_when(request, data))))

    if request.method == "POST" and submit_once(request, form, count):
        return redirect("admin:store-stock", place.pk)
    packed = {line.material.pk: line.packed for line in shelf if line.packed}
    return page(
        request,
        "office/stock/count.html",
        f"Count {place}",
        store=place,
        form=form,
        rows=[(box, packed.get(form.materials[box.name].pk, 0)) for box in form.rows],
        known=len(known),
        refusals=[form],
    )


def _count_in_words(place: Store, lines: list[Movement]) -> str:
    """Return what to tell the user after a stock take. `lines` are those that it added to the ledger."""
    differing = sum(line.quantity != 0 for line in lines)
    if not lines:
        return "Nothing was counted, so nothing is stored."
    return f"{place}: {len(lines):,} counted, {differing:,} of them differ from the ledger."


def _with_names(shelves: Sequence[tuple[Store, int]]) -> list[tuple[str, int, int]]:
    """Return the name, the id and the pieces of each store; of two with one name, the name says the area too."""
    number_of = Counter(store.name for store, _ in shelves)
    return [
        (f"{store}, {store.area}" if number_of[store.name] > 1 else store.name, store.pk, pieces) for store, pieces in shelves
    ]


@allowed("view_movement")
def story(request: SignedInRequest, material_id: int) -> HttpResponse:
    """Show everything that happened to a material in the stores that the user sees, each line with its session."""
    material = get_object_or_404(Material, pk=material_id)
    areas, area = chosen_area(request)
    stores = own_stores(request)
    stores = stores.filter(area=area) if area else stores
    everywhere = None if request.user.is_manager and not area else stores
    about = lines_about(material, stores=everywhere)
    pages = Paginator(ledger_rows(about), ON_A_PAGE)
    # Counting without the names beside the lines is quicker: the index alone answers it.
    pages.count = about.count()
    shown = pages.get_page(request.GET.get("page"))
    names = {store.pk: store for store in stores}
    stock = stock_of(stores=everywhere, materials=[material.pk])
    shelves = [(names[store], pieces) for (store, _), pieces in sorted(stock.items()) if store in names and pieces]
    return page(
        request,
        "office/stock/story.html",
        str(material),
        material=material,
        areas=areas,
        area=area,
        shown=shown,
        lines=[LedgerLine._make(row) for row in shown],
        shelves=_with_names(shelves),
        total=sum(pieces for _, pieces in shelves),
        may_edit=request.user.has_perm("schools.change_material"),
    )
