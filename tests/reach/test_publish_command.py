"""`manage.py publish`: what the page publishes, as a folder; nothing is half done."""

import re
from datetime import date, time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from schools import models
from schools.core.periods import Period
from schools.reach.actions.publishing import bundle_of, publish
from tests import factories
from tests.reach.examples import delivered, worked_example

pytestmark = pytest.mark.django_db
FIRST_OF_THE_YEAR = timezone.localdate().replace(month=1, day=1)


def run(*words: str) -> str:
    out = StringIO()
    call_command("publish", *words, stdout=out)
    return out.getvalue()


def test_the_folder_holds_what_was_published(tmp_path: Path) -> None:
    worked_example(area="Cumbria")
    told = run("2025/26", "-o", str(tmp_path / "year"))
    publication = models.Publication.objects.get()
    assert publication.digest in told
    assert publication.published_by is None
    assert {path.name: path.read_bytes() for path in (tmp_path / "year").iterdir()} == bundle_of(publication)


def test_what_was_published_before_is_written_again_as_it_was(tmp_path: Path) -> None:
    school = worked_example(area="Cumbria")
    publication = publish(Period.parse("2025/26"), by=factories.manager(name="Mo Manager"), now=timezone.now())
    before = bundle_of(publication)
    delivered(school, "ks2-assembly", date(2025, 11, 3), time(9), {5: 70})
    told = run("2025/26", "-o", str(tmp_path / "again"))
    assert "by Mo Manager. What was published stays" in told
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == before
    assert models.Publication.objects.count() == 1


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ("soon", "is not a period"),
        ("2025-09-08..2025-12-19", r"Choose 2025-09-01\.\.2025-12-31\. Nothing was published\."),
        (f"{FIRST_OF_THE_YEAR.year + 2}/{(FIRST_OF_THE_YEAR.year + 3) % 100}", "Publish it once it is over"),
    ],
)
def test_a_period_that_cannot_be_published_leaves_nothing(period: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=sentence) as refusal:
        run(period, "-o", str(tmp_path / "folder"))
    assert refusal.value.returncode == 2
    assert not models.Publication.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone_and_nothing_is_published(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for folder, sentence in ((tmp_path, "is there already"), (tmp_path / "none" / "folder", "is no folder")):
        with pytest.raises(CommandError, match=sentence):
            run("2025/26", "-o", str(folder))
    assert not models.Publication.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_script_says_how_many_pupils_without_room_it_accepts(tmp_path: Path) -> None:
    school = worked_example(area="Cumbria")
    run("2025-08-01..2025-12-31", "-o", str(tmp_path / "autumn"))
    delivered(school, "ks2-assembly", date(2025, 11, 3), time(9), {4: 300})
    with pytest.raises(CommandError, match="who have no room in what was published") as refusal:
        run("2025/26", "-o", str(tmp_path / "year"))
    [number] = re.findall(r"--despite-no-room (\d+)", str(refusal.value))
    run("2025/26", "-o", str(tmp_path / "year"), "--despite-no-room", number)
    assert models.Publication.objects.count() == 2


def test_a_script_says_how_many_missing_outcomes_it_accepts(tmp_path: Path) -> None:
    school = worked_example(area="Cumbria")
    for hour in (9, 11):
        factories.SessionFactory(
            visit=factories.VisitFactory(school=school), type=models.SessionType.objects.get(slug="ks2-assembly"),
            day=date(2026, 5, 4), starts=time(hour),
            ends=time(hour + 1),
        )  # fmt: skip
    with pytest.raises(CommandError, match="2 sessions for pupils in 2025/26 are not reported") as refusal:
        run("2025/26", "-o", str(tmp_path / "folder"))
    assert "--despite-missing 2" in str(refusal.value)
    assert not (tmp_path / "folder").exists()
    run("2025/26", "-o", str(tmp_path / "folder"), "--despite-missing", "2")
    assert models.Publication.objects.get().outcomes_missing == 2
