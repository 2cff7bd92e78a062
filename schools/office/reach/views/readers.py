"""Programs that read reach as JSON: making a token, with a secret that is shown once, and revoking it."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import Area
from schools.office.frame.pages import allowed, page
from schools.office.reach.forms.readers import TokenForm
from schools.office.reach.views.tables import tabs
from schools.reach import actions
from schools.reach.models import ApiToken


@allowed("add_apitoken", posts={"make": "add_apitoken", "revoke": "change_apitoken"})
@never_cache
def listed(request: SignedInRequest) -> HttpResponse:
    """Show the tokens with their last use; the secret of a new one stands only in the answer to the form."""
    form = TokenForm(request.POST if request.POST.get("do") == "make" else None, areas=Area.objects.all())
    if request.method == "POST" and request.POST["do"] == "revoke":
        token_id = request.POST.get("token", "")
        token = get_object_or_404(ApiToken, pk=row_id(token_id) or 0)
        actions.revoke(token, by=request.user, now=timezone.now())
        messages.success(request, f"The token of “{token}” is revoked. It lets nobody in any more.")
        return redirect("admin:reach-readers")
    secret = _make_token(request, form) if form.is_bound and form.is_valid() else ""
    tokens = ApiToken.objects.select_related("made_by", "revoked_by").prefetch_related("areas")
    # Given as a mapping, because ApiToken declares `last_used` as an attribute.
    used = {"last_used": Max("uses__at"), "questions": Count("uses")}
    context: dict[str, Any] = {
        "form": TokenForm(areas=Area.objects.all()) if secret else form,
        "wrong_forms": [form] if form.is_bound and form.errors else [],
        "secret": secret,
        "address": request.build_absolute_uri(reverse("reach-json")),
        "tokens": tokens.annotate(**used),
        **tabs(request),
    }
    return page(request, "office/reach/readers.html", "Programs that read reach", **context)


def _make_token(request: SignedInRequest, form: TokenForm) -> str:
    """Make the token that was asked for and return its secret; blank where the form now has reasons against it."""
    data = form.cleaned_data
    try:
        _, secret = actions.make_token(
            data["name"], areas=list(data["areas"]), everywhere=data["everywhere"], by=request.user, now=timezone.now()
        )
    except RuleBroken as broken:
        form.add_error(None, broken)
        return ""
    return secret
