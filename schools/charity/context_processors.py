"""The charity in every template."""

from collections.abc import Callable

from django.http import HttpRequest

from schools.charity.queries import CharityFacts, current


def charity(request: HttpRequest) -> dict[str, Callable[[], CharityFacts]]:
    """Give templates `charity`; it is read only where a template names it."""
    return {"charity": current}
