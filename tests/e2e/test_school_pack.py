"""On a phone a school reads what it gets before a visit, opens the letter for its gate, and says that it has read it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, PHONE, Opener
from tests.e2e.test_school_page import link_mailed
from tests.pack_files import PDF
from tests.school_portal.letters import agreed, read_pdf

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", BOTH)
def test_a_school_reads_what_it_gets_beforehand_and_opens_the_letter(charity: Charity, visitor: Opener, scripts: bool) -> None:
    link = link_mailed(charity)
    agreed(models.Volunteer.objects.get(name="Asha Patel"))
    kind = models.Session.objects.filter(visit__school=charity.school)[0].type
    file = {"file_name": "plan.pdf", "file_kind": "pdf", "size": len(PDF), "content": PDF}
    models.PackItem.objects.create(session_type=kind, title="Plan of the session", words="We tell a story.", **file)
    ruth = visitor("school-pack", size=PHONE, scripts=scripts)
    ruth.goes_to(link)
    ruth.page.get_by_role("link", name="What we teach, and what to look at beforehand").click()
    expect(ruth.page.get_by_text("We tell a story.")).to_be_visible()
    ruth.looks_at_each_width("pack")
    with ruth.page.expect_download() as plan:
        ruth.page.get_by_role("link", name="Download plan.pdf").click()
    assert Path(plan.value.path()).read_bytes() == PDF

    ruth.page.get_by_role("button", name="Open the letter").click()
    expect(ruth.page.get_by_role("heading", name="Letter of assurance")).to_be_visible()
    expect(ruth.page.get_by_text("Asha Patel: checked under DBS, clear on that day")).to_be_visible()
    ruth.looks_at_each_width("letter")
    with ruth.page.expect_download() as letter:
        ruth.page.get_by_role("button", name="Download it as a PDF").click()
    assert "Asha Patel: checked under DBS" in read_pdf(Path(letter.value.path()).read_bytes())[1]

    ruth.page.get_by_role("link", name="Back", exact=True).click()
    ruth.page.get_by_role("button", name="We have read this").click()
    expect(ruth.page.get_by_text("Your name: say who you are").first).to_be_visible()
    ruth.looks("pack-wrong")
    ruth.page.get_by_label("Your name").fill("Ruth Bowness")
    ruth.page.get_by_role("button", name="We have read this").click()
    expect(ruth.page.get_by_text("Ruth Bowness has read this")).to_be_visible()
    ruth.looks("pack-read")
    assert models.ClearanceLook.objects.filter(page="letter").count() == 2
