"""The page of the link that ends the mails of a kind, for people with and without a sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from schools.messages.opting_out import read_token


# A mail program's one click (RFC 8058) brings no cookie. The signed link alone decides, and can do nothing but end these mails.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link ends, and end it by POST; a GET changes nothing, because mail programs open links first.

    It names nobody and no address. Once more is fine, and answers the same.
    """
    wish = read_token(token)
    if wish is None:
        return render(request, "portal/opt_out.html", {"state": "unreadable"}, status=404)
    ending, person = wish
    is_wanted = ending.is_wanted(person)
    if request.method == "POST" and is_wanted:
        ending.end(person)
        is_wanted = False
    state = {None: "nobody", True: "wanted", False: "ended"}[is_wanted]
    return render(request, "portal/opt_out.html", {"state": state, "ending": ending})
