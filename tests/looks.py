"""Clearances that are easily told from anything else on a page, and which pages show them (rule 13)."""

import re
from datetime import date

from schools import models
from schools.volunteers.models import Clearance, Decision
from tests.office.conftest import NOW
from tests.test_audience import World

REFERENCE = "ZQ-771-XK"
DAYS = {
    "applied_on": date(2019, 2, 3),
    "issued": date(2019, 3, 5),
    "decided_on": date(2019, 3, 7),
    "recheck_on": date(2031, 7, 9),
    "withdrawn_on": date(2019, 9, 11),
}
LOOKED_AT = {
    "admin:held-request",
    "admin:schools_clearance_changelist",
    "admin:schools_clearance_change",
    "admin:schools_clearance_history",
    "admin:schools_clearance_simple_history",
    "admin:schools_importchange_change",
    "admin:import-run",
    "admin:volunteer-detail",
}
"""The pages that show somebody's clearance."""
WITH_CLEARANCES = {"admin:volunteer-detail": "?clearances=1"}
"""What an address needs to show the clearances."""

CHOICES = re.compile(r"<select.*?</select>|<nav.*?</nav>|<details.*?</details>", re.DOTALL)
"""Parts of a page that offer every decision, of whomever."""


def ways(day: date) -> set[str]:
    """The day as pages and files write it."""
    return {
        day.isoformat(), f"{day.day} {day:%B %Y}", f"{day.day} {day:%b %Y}", f"{day:%d/%m/%Y}",
        f"{day:%b}. {day.day}, {day.year}", f"{day:%B} {day.day}, {day.year}",
    }  # fmt: skip


def shows_clearance(text: str) -> bool:
    """Whether the page says reference, a day or the decision of the made-up clearance; a chip says yes or no alone."""
    if REFERENCE in text or any(way in text for day in DAYS.values() for way in ways(day)):
        return True
    return re.search(r"\bNot clear\b(?! today| or signed off)", CHOICES.sub("", text)) is not None


def make_clearances_plain(world: World) -> None:
    """Give two people of the world such clearances, and what an import and a mail say of them."""
    first = world.rows[models.Volunteer]
    assert isinstance(first, models.Volunteer)
    Clearance.objects.filter(volunteer__in=(first, world.volunteer)).update(
        decision=Decision.NOT_CLEAR, reference=REFERENCE, **DAYS
    )
    for clearance in Clearance.objects.filter(volunteer__in=(first, world.volunteer)):
        clearance.save()  # into the history
    run = world.table_run
    run.register, run.state, run.applied_at = "volunteers", "applied", NOW
    run.report = {"created": 0, "updated": 1, "unchanged": 0, "refused": [], "ignored": 0}
    run.save()
    fact = {"DBS issued 5 March 2019": [None, "not clear, decided on 7 March 2019"]}
    world.rows[models.ImportChange] = models.ImportChange.objects.create(
        run=run,
        kind="updated",
        register_id="",
        known_by=str(first.reference).lower(),
        name=str(first),
        fields=fact,
    )
    mail = world.rows[models.OutboxMessage]
    models.OutboxMessage.objects.filter(pk=mail.pk).update(
        kind="clearance-ends",
        key="clearance-ends:1:2031-07-09:7",
        subject="Your DBS ends on 9 July 2031",
        body=f"9 July 2031 {REFERENCE}",
    )
