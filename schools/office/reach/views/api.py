"""Reach as JSON for programs: the same questions and figures as the page's; each program has a token."""

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from schools.core.periods import AcademicYear
from schools.core.secrets import hash_of
from schools.directory.models import Area
from schools.office.frame.visibility import today
from schools.office.reach.forms.pictures import PicturesForm
from schools.office.reach.forms.tables import ReachForm
from schools.reach.actions import note_use
from schools.reach.allowance import REQUESTS_PER_MINUTE, take_request
from schools.reach.dose import DoseRow
from schools.reach.exports import COLUMNS
from schools.reach.figures import DOSE
from schools.reach.models import ApiToken
from schools.reach.queries import names_of, reach
from schools.reach.queries.dose import dose
from schools.reach.rows import DEFINITIONS, KIND_COLUMNS, ReachRow, ReachTable
from schools.running.lane import Turn, in_lane

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def reach_json(request: HttpRequest) -> HttpResponse:
    """Return the table that the address asks for, of the token's areas; every answer to a valid token is logged."""
    return _for_program(request, _answer)


@login_not_required
@require_safe
def dose_json(request: HttpRequest) -> HttpResponse:
    """Return the table of dose of a year, of the token's areas, as reach_json does."""
    return _for_program(request, _dose)


def _for_program(request: HttpRequest, answer_of: Callable[[HttpRequest, ApiToken], HttpResponse]) -> HttpResponse:
    token = _token_of(request)
    if token is None:
        logger.warning("A program asked for reach without a valid token.")
        refused = _errors(["Send a valid token: “Authorization: Bearer …”."], HTTPStatus.UNAUTHORIZED)
        refused["WWW-Authenticate"] = 'Bearer realm="reach"'
        return refused
    now = timezone.now()
    answer = _answered(request, token, answer_of, now=now) if take_request(token.pk, now=now) else _too_many()
    answer["Cache-Control"] = "private, no-cache"
    note_use(token, question=request.META.get("QUERY_STRING", ""), status=answer.status_code, now=now)
    return answer


def _answered(
    request: HttpRequest, token: ApiToken, answer_of: Callable[[HttpRequest, ApiToken], HttpResponse], *, now: datetime
) -> HttpResponse:
    if "public" in request.GET:
        words = "public: There is no public variant of a table. Managers publish periods in the office."
        return _errors([words], HTTPStatus.BAD_REQUEST)
    return _in_turn(request, token, answer_of, now=now)


def _in_turn(
    request: HttpRequest, token: ApiToken, answer_of: Callable[[HttpRequest, ApiToken], HttpResponse], *, now: datetime
) -> HttpResponse:
    """Return the answer, or how many are before the program while others are counting: it takes its turn as people do."""
    answer = in_lane(f"program:{token.pk}", lambda: answer_of(request, token), now=now)
    if not isinstance(answer, Turn):
        return answer
    waiting = _errors(
        [f"Others are being answered, and {answer.before} come before you. Ask again in {answer.seconds} seconds."],
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    waiting["Retry-After"] = str(answer.seconds)
    return waiting


def _token_of(request: HttpRequest) -> ApiToken | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return None
    return ApiToken.objects.valid().filter(token_hash=hash_of(secret.strip())).first()


def _answer(request: HttpRequest, token: ApiToken) -> HttpResponse:
    on = today()
    form = ReachForm(request.GET, this_year=AcademicYear.of(on))
    if not form.is_valid():
        return _errors([f"{name}: {error}" for name, errors in form.errors.items() for error in errors], HTTPStatus.BAD_REQUEST)
    question = form.cleaned_data
    areas = None if token.everywhere else token.areas.all()
    cuts = {"by": question["by"], "within": question["within"], "filters": form.filters}
    table = reach(question["period"], **cuts, as_of=on, areas=areas)
    return _sent(request, _as_json(table, form, names_of(areas)))


def _dose(request: HttpRequest, token: ApiToken) -> HttpResponse:
    on = today()
    areas = None if token.everywhere else token.areas.all()
    form = PicturesForm(request.GET, this_year=AcademicYear.of(on), areas=areas)
    if not form.is_valid():
        return _errors([f"{name}: {error}" for name, errors in form.errors.items() for error in errors], HTTPStatus.BAD_REQUEST)
    if form.cleaned_data["area"]:
        areas = Area.objects.filter(pk=form.cleaned_data["area"].pk)
    table = dose(form.cleaned_data["year"], as_of=on, areas=areas)
    content = {
        "year": str(table.year),
        "areas": names_of(areas),
        "as_of": str(table.as_of),
        "first_recorded_year": None if table.first_recorded is None else str(table.first_recorded),
        "definitions": DEFINITIONS,
        "rows": [_dose_row(row) for row in table.rows],
        "total": _dose_row(table.total),
    }
    return _sent(request, content)


def _dose_row(row: DoseRow) -> dict[str, Any]:
    names = ("nation", "region", "area", *(figure.name for figure in DOSE), "cell")
    return {name: _value(getattr(row, name)) for name in names}


def _sent(request: HttpRequest, content: dict[str, Any]) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False)
    whole = HttpResponse(body, content_type="application/json; charset=utf-8")
    etag = quote_etag(hashlib.sha256(body.encode()).hexdigest())
    whole["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=whole) or whole


def _as_json(table: ReachTable, form: ReachForm, areas: list[str] | None) -> dict[str, Any]:
    """Return what the answer says. It depends on the day but not on the time, so that the same figures have the same ETag."""
    return {
        "period": {"name": table.period.name, "first_day": str(table.period.first_day), "last_day": str(table.period.last_day)},
        "by": table.by.value,
        "within": table.within.value if table.within else None,
        "filters": form.filter_words,
        "areas": areas,
        "as_of": str(table.as_of),
        "definitions": table.definitions,
        "rows": [_row(row) for row in table.rows],
        "total": _row(table.total),
    }


def _row(row: ReachRow) -> dict[str, Any]:
    return {name: _value(getattr(row, name)) for name in (*COLUMNS, *KIND_COLUMNS)}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, bool | int) else str(value)


def _too_many() -> HttpResponse:
    answer = _errors(
        [f"A program may ask {REQUESTS_PER_MINUTE} times a minute. Wait a minute and ask again."], HTTPStatus.TOO_MANY_REQUESTS
    )
    answer["Retry-After"] = "60"
    return answer


def _errors(errors: list[str], status: HTTPStatus) -> HttpResponse:
    return JsonResponse({"errors": errors}, status=status, json_dumps_params={"ensure_ascii": False})
