"""The page that shows what this installation says of the charity, what is still blank, and how a mail comes out."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from schools.accounts.requests import SignedInRequest
from schools.charity.models import Charity, PublicText
from schools.charity.published import not_standing
from schools.charity.queries import current
from schools.messages.actions import put
from schools.messages.links import Link
from schools.office.frame.pages import allowed, page


@allowed("change_charity", posts={"trial": "change_charity"})
def detail(request: SignedInRequest) -> HttpResponse:
    """Show the charity; `do` = `trial` mails the reader a mail as others get it."""
    if request.method == "POST":
        _mail_a_trial(request)
        return redirect("admin:charity")
    charity = Charity.objects.first() or Charity()
    return page(
        request,
        "office/charity/charity.html",
        "The charity",
        row=charity,
        texts=_texts(),
        missing=_missing(charity),
        mail_from=current().mail_from(settings.DEFAULT_FROM_EMAIL),
        signature=current().signature(settings.SPEAKOUT_ADDRESS).strip().removeprefix("--").strip(),
        site=settings.SPEAKOUT_ADDRESS,
    )


def _texts() -> list[tuple[PublicText.Key, PublicText | None]]:
    """Return each text that anybody may read with what is kept of it in the usual language, None where that is nothing yet."""
    rows = {row.key: row for row in PublicText.objects.in_usual_language()}
    return [(key, rows.get(key)) for key in PublicText.Key]


def _mail_a_trial(request: SignedInRequest) -> None:
    name = current().brand
    put(
        f"trial:{uuid4()}",
        to=request.user.email,
        subject=f"A trial mail from {name}",
        body="You asked for this mail on the page of the charity. Look at whom it comes from and where an answer would go.\n\n"
        f"{Link.to('admin:charity', words='Open the page of the charity').text}\n",
    )
    messages.success(request, f"A trial mail is on its way to {request.user.email}. It can take a minute.")


def _missing(charity: Charity) -> list[str]:
    """Return a sentence for each thing that is still blank, with what follows from it."""
    sentences = {
        "name": "The charity has no name yet: mails and pages say Speakout instead.",
        "safeguarding_phone": "There is no safeguarding phone yet: volunteers see the area’s duty phone alone.",
        "reply_to": "Nobody has said where answers go: they go to the address that mails come from, which perhaps nobody reads.",
        "concern_phone": "Nobody has given the number of the person to whom a concern about somebody who works for you goes: "
        "beside boxes for notes the safeguarding phone stands for it.",
    }
    blank = [words for field, words in sentences.items() if not getattr(charity, field)]
    return blank + [f"No {name.lower()} is published: its page says that it is still to come." for name in not_standing()]
