"""The sessions of browsers that know somebody: what a session holds is packed, so that no search of the database reads it."""

from collections.abc import Collection, Iterator
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.http import int_to_base36


def sessions_of(users: Collection[int], addresses: Collection[str] = ()) -> list[str]:
    """Return the keys of the sessions in which one of the users is signed in, or somebody began to sign in as them.

    A sign-in that nobody finished keeps the address for as long as the session lasts, and is on no list of devices. The
    `addresses`, in small letters, are theirs alone, and may be of nobody who signs in.
    """
    keys = list(UserSession.objects.filter(user__in=users).values_list("session_key", flat=True))
    on_no_list = Session.objects.exclude(session_key__in=UserSession.objects.values("session_key"))
    keys += [each.session_key for each in on_no_list.iterator() if _knows(each.get_decoded(), users, addresses)]
    return keys


def _knows(data: dict[str, Any], users: Collection[int], addresses: Collection[str]) -> bool:
    begun = data.get(LOGIN_SESSION_KEY)
    begun_by = begun.get("user_pk") if isinstance(begun, dict) else None
    is_theirs = any(data.get(SESSION_KEY) == str(user) or begun_by == int_to_base36(user) for user in users)
    return is_theirs or any(text.lower() in addresses for text in _texts(data))


def _texts(data: Any) -> Iterator[str]:
    """Yield every text that the session holds, however deep."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from _texts(each)
