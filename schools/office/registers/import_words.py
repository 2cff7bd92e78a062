"""What an import changed, in words: for its preview, its report and a school's page."""

from datetime import date
from typing import Any

from schools.core.words import joined
from schools.directory.models import NO_GROUP, ChangeKind, ImportChange, School, Sector, Source, Status

CHOICES: dict[str, Any] = {"status": Status, "sector": Sector, "source": Source}
LABELS = {
    "authority": "Authority",
    "missing_since": "Missing since",
    "source": "Kept by",
}


def lines_of(change: ImportChange) -> list[str]:
    """Return a line for each fact that changed, like “Name: Ashfield → Ashfield Academy”."""
    since = change.fields.get("missing_since", [None, None])[1]
    missing = [f"Missing in the register since {_shown('missing_since', since)}."] if since else []
    if change.kind == ChangeKind.CREATED:
        return ["New in the register.", *missing]
    if change.kind == ChangeKind.MISSING:
        return missing
    if change.kind == ChangeKind.LINKED:
        return [_link(change)]
    if change.kind == ChangeKind.ROLLS:
        return [joined(f"{name} {_change(name, *values)}" for name, values in change.fields.items())]
    return [f"{_label(name)}: {_change(name, *values)}" for name, values in change.fields.items()]


def table_lines_of(change: ImportChange) -> list[str]:
    """Return a line for each fact that a row of a table changes, with what was there before where there was something."""
    return [
        f"{label}: {now if before is None else f'{before} → {now}'}"
        for label, (before, now) in sorted(change.fields.items())
        if before is not None or now != change.name  # which stands beside it
    ]


def _link(change: ImportChange) -> str:
    follows, kind, day = (change.fields[name][1] for name in ("follows", "kind", "day"))
    since = f", {_shown('day', day)}" if day else ""
    return f"Follows {follows} ({change.other_id}): {kind.lower()}{since}."


def _change(name: str, before: Any, after: Any) -> str:
    return f"{_shown(name, before)} → {_shown(name, after)}"


def _label(name: str) -> str:
    verbose_names = {field.name: str(field.verbose_name) for field in School._meta.fields}
    words = LABELS.get(name) or verbose_names[name]
    return words[:1].upper() + words[1:]


def _shown(name: str, value: Any) -> str:
    """Return a value as people read it; a dash for what is not known."""
    if value in (None, ""):
        return "–"
    if name in {"trust_code", "federation_code"} and value == NO_GROUP:
        return "none"
    if name in CHOICES:
        return str(CHOICES[name](value).label)
    if name in {"opened", "closed", "census_day", "missing_since", "day"}:
        day = date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    return f"{value:,}" if isinstance(value, int) and name == "pupils" else str(value)
