"""A host asks for another day by its own page: nothing moves until the office moves it, and the page says so."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.visits.actions import cancel_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.rules import Slot, slot_of
from tests.factories import SessionFactory, manager
from tests.news import NEWS, tell, tell_and_send
from tests.school_portal.changing import FAR, LATE, NOW, a_far_visit, ask, boxes, cancel, change_path, pressed, take_back, text_of
from tests.school_portal.taking import office_of
from tests.school_portal.visits import a_guest, every_row, path_of

pytestmark = pytest.mark.django_db

KINDS, STANDS = (*NEWS, "school-change"), "day-stands"
TUESDAY, WEDNESDAY = "2027-01-12-morning", "2027-01-13-afternoon"
STAYS = "We have not decided yet. Until we have, the visit stays on its day."


@pytest.fixture(autouse=True)
def at_ten() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def visit() -> models.Visit:
    return a_far_visit()


def on_home(office: Client) -> int:
    lines = {line.need.key: int(line.number) for line in office.get("/admin/").context["lines"]}
    return lines["school-move"]


def moved(visit: models.Visit, days: int, *, day: date | None = None) -> models.Batch:
    """The office moves the visit, or one day of it, by so many days."""
    by, shift = manager(), timedelta(days=days)
    sessions = visit.sessions.filter(day=day) if day else visit.sessions.all()
    to = {each.pk: Slot(each.day + shift, slot_of(each).starts, slot_of(each).ends) for each in sessions}
    return move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)


def said() -> models.SchoolChange:
    return models.SchoolChange.objects.get()


def test_another_day_is_a_wish_that_moves_nothing_and_tells_the_coordinator_alone(visit: models.Visit) -> None:
    a_guest(visit)
    before = list(visit.sessions.values())
    assert ask(change_path(visit), WEDNESDAY, TUESDAY, note="The hall is let.").status_code == 302
    change = said()
    assert (change.what, change.day, change.half_days) == ("move", FAR, [WEDNESDAY, TUESDAY])
    assert (change.why, change.note, change.given_by, change.batch) == ("clash", "The hall is let.", "Jo Bloggs", None)
    assert list(visit.sessions.values()) == before
    tell_and_send(NOW, kinds=KINDS)
    (sent,) = mail.outbox
    assert visit.coordinator
    assert sent.to == [visit.coordinator.email]
    assert "- Wed 13 January 2027, afternoon\n- Tue 12 January 2027, morning" in str(sent.body)
    assert "The hall is let" not in str(sent.body)
    assert "Jo Bloggs" not in str(sent.body)
    for path in (change_path(visit), path_of(visit)):
        assert STAYS in text_of(path)
        assert "Jo Bloggs asked for one of these: Tue 24 November 2026, 10:00 am." in text_of(path)


def test_a_look_at_any_state_of_it_changes_nothing(visit: models.Visit) -> None:
    path = change_path(visit)
    ask(path, TUESDAY)
    before = every_row()
    for each in (path, path_of(visit), f"{path}?do=take-back&given_by=Jo"):
        assert Client().get(each).status_code == Client().head(each).status_code == 200
    assert every_row() == before


def test_the_same_again_is_the_same_and_other_days_stand_in_its_place(visit: models.Visit) -> None:
    path = change_path(visit)
    ask(path, TUESDAY)
    tell_and_send(NOW, kinds=KINDS)
    assert ask(path, TUESDAY, by="Sam").status_code == 302
    assert said().given_by == "Jo Bloggs"
    assert tell(NOW + timedelta(minutes=5), kinds=KINDS) == 0
    later = NOW + timedelta(minutes=10)
    with time_machine.travel(later, tick=False):
        assert ask(path, WEDNESDAY, by="Sam").status_code == 302
    assert (said().half_days, said().given_by) == ([WEDNESDAY], "Sam")
    assert tell(later, kinds=KINDS) == 1


def test_a_colleague_who_has_not_read_of_it_overwrites_nothing_and_cancels_nothing(visit: models.Visit) -> None:
    path = change_path(visit)
    stale = {do: boxes(path, do) for do in ("move", "cancel")}
    ask(path, TUESDAY)
    for do in ("move", "cancel"):
        typed = {**stale[do], "why": "staff", "day_1": "2027-01-20", "note": "Kept.", "given_by": "Sam"}
        answer = Client().post(path, typed)
        assert answer.status_code == 409
        assert "This visit has changed since you opened the page." in answer.content.decode()
        assert "Kept." in answer.content.decode()
        assert "Jo Bloggs asked for one of these" in " ".join(answer.content.decode().split())
    assert (said().half_days, said().what) == ([TUESDAY], "move")
    assert cancel(path, by="Sam").status_code == 302, "who has read it may"


def test_the_wish_that_a_colleague_put_in_the_place_of_another_is_not_taken_back_unread(visit: models.Visit) -> None:
    path = change_path(visit)
    ask(path, TUESDAY, by="Pat")
    typed = {**dict(Client().get(path).context["forms"]["take_back"].shown), "do": "take-back", "given_by": "Pat"}
    with time_machine.travel(NOW + timedelta(minutes=20), tick=False):
        ask(path, WEDNESDAY, by="Sam")
        answer = Client().post(path, typed)
    assert answer.status_code == 409
    shown = " ".join(answer.content.decode().split())
    assert "This visit has changed since you opened the page." in shown
    assert "Sam asked for one of these" in shown
    assert (said().half_days, said().over_at) == ([WEDNESDAY], None)
    assert take_back(path, by="Pat").status_code == 302, "who has read it may"
    assert Client().post(path, typed).status_code == 302, "nothing waits any more"
    assert said().over_by == "Pat"


def test_what_was_taken_back_is_told_to_who_had_heard_and_to_nobody_else(visit: models.Visit) -> None:
    path, office = change_path(visit), office_of(visit)
    ask(path, TUESDAY)
    answer = take_back(path, by="Sam")
    assert answer.status_code == 302
    assert "Thank you. We have it" in text_of(answer.headers["Location"])
    assert (said().over_by, on_home(office)) == ("Sam", 0)
    assert tell(NOW, kinds=KINDS) == 0, "nobody had heard"
    assert STAYS not in text_of(path)
    ask(path, TUESDAY)
    tell_and_send(NOW, kinds=KINDS)
    assert on_home(office) == 1
    take_back(path)
    mail.outbox.clear()
    tell_and_send(NOW + timedelta(minutes=5), kinds=KINDS)
    (sent,) = mail.outbox
    assert "The day suits the school after all: Fern Primary, Thu 10 December 2026" in sent.subject
    assert tell(NOW + timedelta(minutes=10), kinds=KINDS) == 0
    assert take_back(path).status_code == 302, "nothing waits any more, and the page says what is so"


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_who_needs_no_other_day_after_the_office_has_moved_or_cancelled_the_visit_reads_so(
    visit: models.Visit, is_cancelled: bool
) -> None:
    path = change_path(visit)
    ask(path, TUESDAY)
    typed = {"do": "take-back", "seen": Client().get(path).context["page"].seen, "given_by": "Sam"}
    if is_cancelled:
        cancel_visit(visit, code="weather", note="", by=manager(), now=NOW)
    else:
        moved(visit, days=33)
    answer = Client().post(path, typed)
    assert answer.status_code == 409
    assert "This visit has changed since you opened the page." in " ".join(answer.content.decode().split())


def test_a_wish_for_a_day_at_another_site_waits_until_the_office_moves_it_somewhere_else(visit: models.Visit) -> None:
    site = models.Site.objects.create(school=visit.school, name="Lower Site", postcode="CA1 2AB")
    SessionFactory(visit=visit, day=date(2027, 1, 12), site=site)
    path = change_path(visit)
    assert ask(path, TUESDAY).status_code == 302
    with pytest.raises(RuleBroken, match="The sessions on Tue 12 January 2027 are at different sites"):
        moved(visit, days=33, day=FAR)
    assert STAYS in text_of(path)
    assert moved(visit, days=34, day=FAR)
    assert STAYS not in text_of(path)
    assert dict(visit.sessions.values_list("day", "site")) == {date(2027, 1, 12): site.pk, date(2027, 1, 13): None}


def test_once_the_office_has_moved_it_the_wish_is_over_and_an_undo_lets_it_wait_again(visit: models.Visit) -> None:
    path, office = change_path(visit), office_of(visit)
    ask(path, TUESDAY)
    batch = moved(visit, days=33)
    assert on_home(office) == 0
    assert STAYS not in text_of(path)
    assert "It was moved, or cancelled, since." in office.get(f"/admin/visit/{visit.pk}/").content.decode()
    assert tell(NOW, kinds=("school-change",)) == 0
    undo(batch, by=manager(), now=NOW)
    assert on_home(office) == 1
    assert STAYS in text_of(path)


def test_the_visits_page_leads_to_the_move_with_the_day_filled_in(visit: models.Visit) -> None:
    ask(change_path(visit), TUESDAY, WEDNESDAY, note="The hall is let.")
    office = office_of(visit)
    line = next(line for line in office.get("/admin/").context["lines"] if line.need.key == "school-move")
    assert [row.pk for row in office.get(line.address).context["cl"].queryset] == [visit.pk]
    page = office.get(f"/admin/visit/{visit.pk}/").content.decode()
    assert "The hall is let." in page
    for key, day, starts in ((TUESDAY, date(2027, 1, 12), None), (WEDNESDAY, date(2027, 1, 13), time(13, 15))):
        address = f"/admin/visit/{visit.pk}/move/?day=2026-12-10&amp;to={key}"
        assert address in page
        form = office.get(address.replace("&amp;", "&")).context["form"]
        assert form.initial["day"] == day.isoformat()
        assert form.initial.get("starts") == starts
        assert len(form.initial["sessions"]) == 2
    for broken in ("", "x", "2027-02-30-morning"):
        form = office.get(f"/admin/visit/{visit.pk}/move/?to={broken}").context["form"]
        assert form.initial["day"] == FAR.isoformat()


def test_where_the_day_stands_the_school_reads_that(visit: models.Visit) -> None:
    path, office = change_path(visit), office_of(visit)
    ask(path, TUESDAY)
    office.post(f"/admin/visit/{visit.pk}/", pressed("change-seen"))
    assert on_home(office) == 0
    assert "We have looked at it, and the visit stays on its day." in text_of(path)
    assert ask(path, TUESDAY, by="Sam").status_code == 302, "who asks once more asks anew"
    assert (said().seen_at, on_home(office)) == (None, 1)
    tell_and_send(NOW, kinds=[STANDS])
    assert mail.outbox == [], "whoever answered has told them"


def test_that_the_day_stands_is_mailed_once_and_not_after_the_office_thought_again(visit: models.Visit) -> None:
    path, office, page = change_path(visit), office_of(visit), f"/admin/visit/{visit.pk}/"
    ask(path, TUESDAY)
    answer = pressed("change-stands")
    office.post(page, answer)
    office.post(page, pressed("change-not-seen"))
    assert (said().is_mailed, on_home(office)) == (False, 1)
    assert tell_and_send(NOW, kinds=[STANDS]) == 0
    later = NOW + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        office.post(page, answer)
        office.post(page, answer)
    assert tell_and_send(later, kinds=[STANDS]) == 1
    (sent,) = mail.outbox
    assert sent.to == [models.Contact.objects.get(school=visit.school).email]
    assert sent.subject == "The day stands: Fern Primary, Thu 10 December 2026"
    assert f"{visit.reference}" in str(sent.body)
    assert path_of(visit) in str(sent.body)
    assert tell_and_send(NOW + timedelta(minutes=10), kinds=[STANDS]) == 0
    ask(path, WEDNESDAY)
    assert (said().is_mailed, on_home(office)) == (False, 1), "who asks once more asks anew"


@pytest.mark.parametrize("do", ["change-stands", "change-seen"])
def test_a_wish_that_was_put_in_the_place_of_another_is_not_answered_before_the_office_has_read_it(
    visit: models.Visit, do: str
) -> None:
    path, office, page = change_path(visit), office_of(visit), f"/admin/visit/{visit.pk}/"
    ask(path, TUESDAY)
    of_tuesday = pressed(do)
    with time_machine.travel(NOW + timedelta(minutes=20), tick=False):
        ask(path, WEDNESDAY, by="Sam")
    for stale in (of_tuesday, {"do": do, "change": str(said().pk)}):
        answer = " ".join(office.post(page, stale).content.decode().split())
        assert "the school has said it anew, or taken it back, since you opened the page. Look at it again." in answer
        assert "Wed 13 January 2027, afternoon" in answer
    assert (said().seen_at, said().is_mailed, on_home(office)) == (None, False, 1)
    assert office.post(page, pressed(do)).status_code == 302
    assert on_home(office) == 0
    stale = pressed("change-not-seen")
    take_back(path)
    assert office.post(page, stale).status_code == office.post(page, of_tuesday).status_code == 200


@pytest.mark.parametrize("do", ["change-stands", "change-seen", "change-not-seen"])
def test_a_wish_by_which_a_colleague_has_moved_the_visit_is_not_answered_and_waits_again_after_an_undo(
    visit: models.Visit, do: str
) -> None:
    path, office, page = change_path(visit), office_of(visit), f"/admin/visit/{visit.pk}/"
    ask(path, TUESDAY)
    if do == "change-not-seen":
        office.post(page, pressed("change-seen"))
    batch, before = moved(visit, days=33), models.SchoolChange.objects.values().get()
    answer = office.post(page, pressed(do)).content.decode()
    assert "the visit was moved, or cancelled, since, so there is nothing to answer. Look at it again." in answer
    assert models.SchoolChange.objects.values().get() == before
    undo(batch, by=manager(), now=NOW)
    assert on_home(office) == (do != "change-not-seen")


def test_where_a_colleague_has_written_down_that_the_school_knows_no_mail_is_promised(visit: models.Visit) -> None:
    office, page = office_of(visit), f"/admin/visit/{visit.pk}/"
    ask(change_path(visit), TUESDAY)
    office.post(page, pressed("change-seen"))
    answer = office.post(page, pressed("change-stands")).content.decode()
    assert "Somebody has written down already that the school knows, so no mail goes." in answer
    assert (said().is_mailed, tell(NOW, kinds=[STANDS])) == (False, 0)
    office.post(page, pressed("change-not-seen"))
    assert office.post(page, pressed("change-stands")).status_code == 302
    assert tell(NOW, kinds=[STANDS]) == 1


def test_that_the_day_stands_is_not_mailed_once_the_visit_was_moved_after_all(visit: models.Visit) -> None:
    ask(change_path(visit), TUESDAY)
    office_of(visit).post(f"/admin/visit/{visit.pk}/", pressed("change-stands"))
    assert said().is_mailed
    moved(visit, 7)
    assert tell_and_send(NOW, kinds=[STANDS]) == 0


def test_where_nobody_there_can_be_mailed_the_day_is_not_answered_by_mail(visit: models.Visit) -> None:
    ask(change_path(visit), TUESDAY)
    models.Contact.objects.filter(school=visit.school).update(email="")
    answer = office_of(visit).post(f"/admin/visit/{visit.pk}/", pressed("change-stands"))
    assert "can be mailed. Phone them, and then say that the school knows." in answer.content.decode()
    assert (said().seen_at, said().is_mailed) == (None, False)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((), "A day that would do: give at least one."),
        (("2027-01-16-morning",), "Sat 16 January 2027, morning: that is a weekend."),
        (("2026-12-28-morning",), "Mon 28 December 2026, morning: that is a bank holiday."),
        (("2026-12-01-morning",), "name a day from Tue 8 December 2026 to Wed 24 November 2027."),
        (("2028-01-12-morning",), "name a day from Tue 8 December 2026 to Wed 24 November 2027."),
        (("2026-12-10-morning",), "that is when it is already."),
        (("2026-13-10-morning",), "There is no such day."),
    ],
)
def test_days_that_cannot_be_are_refused_with_what_to_do_and_stay_typed(
    visit: models.Visit, days: tuple[str, ...], words: str
) -> None:
    answer = ask(change_path(visit), *days, note="Kept.")
    assert answer.status_code in {200, 409}
    shown = answer.content.decode()
    assert words in shown
    assert "Kept." in shown
    assert all(day[:10] in shown for day in days)
    assert not models.SchoolChange.objects.exists()


def test_the_afternoon_of_the_same_day_is_another_half_day_and_each_is_named_once(visit: models.Visit) -> None:
    assert ask(change_path(visit), "2026-12-10-afternoon", TUESDAY, TUESDAY).status_code == 302
    assert said().half_days == ["2026-12-10-afternoon", TUESDAY]


def test_who_wants_no_visit_is_not_asked_for_another_day(visit: models.Visit) -> None:
    assert ask(change_path(visit), TUESDAY, why="wish").status_code == 200
    assert not models.SchoolChange.objects.exists()


def test_after_the_cut_off_nothing_is_asked_for_and_what_waits_can_be_taken_back(
    visit: models.Visit, at_ten: time_machine.Traveller
) -> None:
    path = change_path(visit)
    ask(path, TUESDAY)
    typed = {**boxes(path, "move"), "day_1": "2027-01-20", "given_by": "Jo"}
    at_ten.move_to(LATE, tick=False)
    answer = Client().post(path, typed)
    assert answer.status_code == 409
    assert "Now it is by phone. Phone Cora Nwosu: 07700 900456." in " ".join(answer.content.decode().split())
    assert STAYS in text_of(path)
    assert take_back(path, by="").status_code == 200
    assert take_back(path).status_code == 302
    assert said().over_at == LATE


def test_a_guest_neither_asks_nor_takes_back_nor_reads_of_it(visit: models.Visit) -> None:
    guest = a_guest(visit)
    ask(change_path(visit), TUESDAY)
    path = change_path(visit, guest)
    for do in ("move", "take-back"):
        typed = {"do": do, "day_1": "2027-01-20", "part_1": "morning", "part_2": "morning", "part_3": "morning"}
        assert Client().post(path, {**typed, "why": "clash", "given_by": "Gus"}).status_code == 409
    assert (said().half_days, said().over_at) == ([TUESDAY], None)
    for each in (path, path_of(visit, guest)):
        assert "asked for one of these" not in text_of(each)


def test_a_visit_of_two_days_waits_with_its_first_day_and_stays_when_another_day_is_moved(visit: models.Visit) -> None:
    second: Any = SessionFactory(visit=visit, day=FAR + timedelta(days=1))
    ask(change_path(visit), TUESDAY)
    models.Session.objects.filter(pk=second.pk).update(day=date(2026, 12, 14))
    assert STAYS in text_of(change_path(visit))


def test_of_a_cancelled_visit_no_other_day_waits(visit: models.Visit) -> None:
    path, office = change_path(visit), office_of(visit)
    ask(path, TUESDAY)
    assert cancel(path).status_code == 302
    assert on_home(office) == 0
    assert STAYS not in text_of(path)
    assert tell(NOW, kinds=("school-change",)) == 1, "that it was cancelled"


def test_at_night_nobody_in_the_office_is_mailed(visit: models.Visit, at_ten: time_machine.Traveller) -> None:
    night = datetime.combine(NOW.date(), time(22), tzinfo=NOW.tzinfo)
    at_ten.move_to(night, tick=False)
    ask(change_path(visit), TUESDAY)
    assert tell(night, kinds=("school-change",)) == 0
    assert tell(night + timedelta(hours=10), kinds=("school-change",)) == 1
