"""The built-in templates of visits, and the action that creates them."""

from datetime import time
from typing import Any

from schools.programme.models import SessionType
from schools.visits.models import VisitTemplate, VisitTemplateLine

BUILT_IN: dict[str, dict[str, Any]] = {
    "assemblies": {
        "name": "KS1 and KS2 assemblies, one morning",
        "lines": [("ks1-assembly", {"starts": time(9, 15)}), ("ks2-assembly", {})],
    },
    "assemblies-and-workshops": {
        "name": "KS1 and KS2 assemblies one morning, workshops a week later",
        "lines": [
            ("ks1-assembly", {"starts": time(9, 15)}),
            ("ks2-assembly", {}),
            ("workshop-5-6", {"days_later": 7, "starts": time(9, 15)}),
        ],
    },
    "large-school": {
        "name": "Several assemblies for a large school",
        "note": "More than 200 pupils in a key stage: four assemblies for 700 pupils.",
        "lines": [("ks1-assembly", {"starts": time(9, 15), "most_pupils": 200}), ("ks2-assembly", {"most_pupils": 200})],
    },
    "workshops": {"name": "Workshops, class by class", "lines": [("workshop-5-6", {"starts": time(9, 15)})]},
    "online": {
        "name": "Online assemblies, a fortnight to show them",
        "lines": [(slug, {"starts": time(9, 0), "window_days": 14}) for slug in ("online-ks1", "online-ks2")],
    },
    "send": {
        "name": "SEND series, six weeks",
        "lines": [("send", {"days_later": 7 * week, "starts": time(10, 0)}) for week in range(6)],
    },
}  # fmt: skip
"""The templates that every installation has, by slug; session types are named by their slugs."""


def keep_built_in_templates(*, using: str = "default") -> None:
    """Create the built-in templates that are missing; those that somebody has changed stay as they are."""
    known = set(VisitTemplate.objects.using(using).exclude(slug=None).values_list("slug", flat=True))
    names = set(VisitTemplate.objects.using(using).values_list("name", flat=True))
    types = {session_type.slug: session_type for session_type in SessionType.objects.using(using).all()}
    for slug, facts in BUILT_IN.items():
        lines = [(types.get(type_slug), rest) for type_slug, rest in facts["lines"]]
        if slug in known or facts["name"] in names or any(session_type is None for session_type, _ in lines):
            continue
        template = VisitTemplate.objects.using(using).create(slug=slug, name=facts["name"], note=facts.get("note", ""))
        VisitTemplateLine.objects.using(using).bulk_create(
            VisitTemplateLine(template=template, position=position, type=session_type, **rest)
            for position, (session_type, rest) in enumerate(lines, start=1)
            if session_type is not None
        )
