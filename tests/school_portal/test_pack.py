"""What a school gets beforehand, on a page of its own: texts and files of the types of its sessions."""

from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.directory.accesses import end_links
from tests.pack_files import PDF
from tests.school_portal.two_days_before import _two_days_before, visit
from tests.school_portal.visits import BEFORE, a_guest, access_at, every_row, path_of

__all__ = ["_two_days_before", "visit"]

pytestmark = pytest.mark.django_db


def item(slug: str = "ks2-assembly", *, with_file: bool = True, **fields: Any) -> models.PackItem:
    file = {"file_name": "plan.pdf", "file_kind": "pdf", "size": len(PDF), "content": PDF} if with_file else {"words": "A story."}
    kind = models.SessionType.objects.get(slug=slug)
    return models.PackItem.objects.create(**{"session_type": kind, "title": "Plan of it", **file, **fields})


def page_of(path: str, status: int = 200) -> str:
    answer = Client().get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_guest_reads_whose_safeguarding_lead_is_told_and_the_host_that_theirs_is(visit: models.Visit) -> None:
    item()
    theirs, hosts = (page_of(f"{path}pack/") for path in (path_of(visit, a_guest(visit)), path_of(visit)))
    assert "we tell the safeguarding lead of Fern Primary at once" in theirs
    assert "your safeguarding lead" not in theirs
    assert "we tell your safeguarding lead at once" in hosts


def test_the_page_of_the_visit_leads_to_what_there_is_of_each_session(visit: models.Visit) -> None:
    plan = item()
    item(kind="parents", title="For parents", with_file=False, words="We come.\n\n<b>Ask us</b>")
    item(kind="material", title="Llyfr", language="cy")
    item("send", title="Of another type")
    path = path_of(visit)
    assert f'href="{path}pack/"' in page_of(path)
    page = page_of(f"{path}pack/")
    places = [page.index(words) for words in ("KS2 assembly", "Plan of it", "Llyfr", "For parents", "Year 5–6 workshop")]
    assert places == sorted(places)
    for words in (
        f"{path}pack/{plan.pk}/",
        "plan.pdf, 14\xa0bytes",
        "(Welsh)",
        'lang="cy"',
        "&lt;b&gt;Ask us",
        "There is nothing here yet.",
    ):
        assert words in page, words
    assert "Of another type" not in page


def test_the_page_says_what_happens_if_a_child_tells_something_and_who_we_are(visit: models.Visit) -> None:
    path = f"{path_of(visit)}pack/"
    page = Client().get(path).content.decode()
    assert "If a child tells one of us something, we tell your safeguarding lead at once" in page
    assert "About " not in page
    models.Charity.objects.update(name="Kind Words", credentials="Charity 123\nInsured <well>")
    page = Client().get(path).content.decode()
    assert "About Kind Words" in page
    assert "Charity 123<br>Insured &lt;well&gt;" in page


def test_a_file_is_a_download_and_is_kept_by_nobody_on_its_way(visit: models.Visit) -> None:
    file = Client().get(f"{path_of(visit)}pack/{item().pk}/")
    assert (file.status_code, file.content) == (200, PDF)
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Cache-Control"] == "no-store, private"
    assert "default-src 'none'" in file.headers["Content-Security-Policy"]


def test_files_of_other_sessions_and_those_that_are_gone_are_no_files_of_this_visit(visit: models.Visit) -> None:
    path, words = path_of(visit), item(with_file=False)
    for number in (item("send").pk, words.pk, 10**15):
        assert "This file was taken away or replaced." in page_of(f"{path}pack/{number}/", 404)
    guests = path_of(visit, a_guest(visit))
    of_workshop = item("workshop-5-6")
    assert Client().get(f"{path}pack/{of_workshop.pk}/").status_code == 200
    assert "This file was taken away" in page_of(f"{guests}pack/{of_workshop.pk}/", 404)


def test_of_a_cancelled_visit_there_is_nothing_to_look_at(visit: models.Visit) -> None:
    path, plan = path_of(visit), item()
    visit.sessions.update(stage="cancelled", cancelled_code="weather")
    assert "/pack/" not in page_of(path)
    assert "This visit was cancelled" in page_of(f"{path}pack/")
    assert Client().get(f"{path}pack/{plan.pk}/").status_code == 404


def test_a_dead_link_opens_no_file_and_names_nobody(visit: models.Visit) -> None:
    path, plan = path_of(visit), item()
    end_links([access_at(visit.school)], now=BEFORE)
    for address in (f"{path}pack/", f"{path}pack/{plan.pk}/", "/school/nonsense/pack/", f"/school/nonsense/pack/{plan.pk}/"):
        page = page_of(address, 404)
        assert "This link does not work" in page
        assert "Fern" not in page


def test_fifty_looks_change_nothing(visit: models.Visit) -> None:
    path, plan = path_of(visit), item()
    before = every_row()
    for number in range(50):
        client = Client()
        look = client.head if number % 2 else client.get
        assert look(f"{path}pack/").status_code == 200
        assert look(f"{path}pack/{plan.pk}/").status_code == 200
    assert every_row() == before
