"""How the made-up charity is called and reached, and what it tells everybody."""

from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone

from schools.charity.models import Charity, PublicText

PRIVACY = """\
We are a made-up charity, and nothing here is about real people.

# What we keep about you

Your name, how to reach you, the decision whether you may work with children, and when you went where. We keep no names of \
children, and nothing of what a child tells you.

# What you can ask for

Under “Me” you download everything that we hold on you. To have it corrected or erased, write to {contact}."""

ACCESSIBILITY = """\
We want everybody to be able to use these pages: by keyboard, with a screen reader, with text at twice its size, and on an \
old phone.

If something does not work for you, write to {contact}. We answer within a week."""


TEXTS = {PublicText.Key.PRIVACY: PRIVACY, PublicText.Key.ACCESSIBILITY: ACCESSIBILITY}


def store(*, on: date) -> None:
    """Fill in what is still blank of the charity, and publish its texts; what somebody gave already stays."""
    charity = Charity.objects.first() or Charity()
    made_up = {
        "name": "The Lantern Trust",
        "address": "4 Market Place\nKendal\nLA9 4TN",
        "reply_to": "office@example.org",
        "safeguarding_phone": "+441539960123",
        "concern_name": "Mary Bell, trustee for safeguarding",
        "concern_phone": "+441539960124",
        "data_protection": "Tom Hale, data@example.org",
        "credentials": "Registered charity 0000000 (made up), insured for public liability up to £10 million.\n"
        "Ask us for our safeguarding policy: we mail it the same day.",
    }
    for field, value in made_up.items():
        if not getattr(charity, field):
            setattr(charity, field, value)
    charity.save()
    published_at = timezone.make_aware(datetime.combine(on, time(9)))
    for key, words in TEXTS.items():
        facts = {"words": words, "version": 1, "published_at": published_at}
        PublicText.objects.get_or_create(key=key, language=settings.LANGUAGE_CODE, defaults=facts)
