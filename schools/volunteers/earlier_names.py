"""By what else volunteers were known, which slices further up keep: registered by the slice that does it."""

from collections.abc import Callable, Mapping

type EarlierNames = Callable[[], Mapping[str, int]]
"""Returns references and e-mail addresses in small letters, each with the id of the volunteer who was known by it."""

_sources: list[EarlierNames] = []


def register(source: EarlierNames) -> None:
    """Add where earlier names are looked up; the same twice is asked once."""
    if source not in _sources:
        _sources.append(source)


def earlier_names() -> dict[str, int]:
    """Return all of them."""
    return {name: volunteer for source in _sources for name, volunteer in source().items()}
