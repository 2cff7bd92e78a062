"""Every periodic job there is: the one table that `manage.py clock` works through. Nothing else has to be run again and again.

To add one, add a `Job` to JOBS: it is run from the next start of the clock on, and the office's page shows it.
"""

from datetime import time, timedelta
from io import StringIO

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from schools.backups.health import what_is_missing
from schools.core.clocks import Clock
from schools.directory.actions import place_in_fifths, place_schools
from schools.directory.actions.killed import take_up_silent
from schools.keeping.actions import purge
from schools.messages.actions import deliver_due
from schools.messages.asking import write_due
from schools.office.registers.tasks import work_on_import
from schools.planning.actions import lapse_dates, offer_due
from schools.reach.actions import send_monthly
from schools.reach.actions.drift import find_drift
from schools.recovery.actions import settle_due
from schools.running.actions import Job, end_dead_tasks, has_nudge, tidy_up
from schools.running.schedules import Daily, Every
from schools.volunteers.actions import place_homes


def send_mail_that_waits(clock: Clock) -> str:
    """Deliver what is due in the outbox."""
    sent, waiting = deliver_due(clock=clock)
    return f"{sent} sent, {waiting} waiting"


def write_what_is_due(clock: Clock) -> str:
    """Ask every kind of message what should have gone out by now: after quiet hours, and where a task was lost."""
    return f"{write_due(clock=clock)} written"


def take_up_killed_work(clock: Clock) -> str:
    """Go on with what a worker was doing when it was killed, or when it lost the database."""
    now = clock()
    ended = end_dead_tasks(now=now)
    taken_up, given_back = take_up_silent(
        now=now,
        queue=work_on_import.enqueue,
        is_queued=lambda run_id, attempt: has_nudge(work_on_import.module_path, [run_id, attempt], now=now),
    )
    return f"{ended} tasks of dead workers, {taken_up} imports taken up, {given_back} given back"


def offer_mornings(clock: Clock) -> str:
    """Offer mornings that were given back to the next person."""
    return f"{offer_due(now=clock())} mornings offered"


def let_dates_lapse(clock: Clock) -> str:
    """End holds that nobody answered in time, and look again whether people are left for what schools chose."""
    lapsed, changed = lapse_dates(now=clock())
    return f"{lapsed} lapsed, of {changed} it changed whether people are left"


def let_people_in(clock: Clock) -> str:
    """Let take effect what was asked for people who are locked out, once the wait is over."""
    return f"{settle_due(now=clock())} settled"


def mail_the_figures(clock: Clock) -> str:
    """Write the monthly mail with the figures."""
    written, known = send_monthly(now=clock())
    return f"{written} written, {known} had it already"


NOT_SET_UP = "not set up: docs/operations.md, Backups, says how"


def back_up_database(_: Clock) -> str:
    """Write the night's backup, where a folder and a key are set."""
    is_set_up = settings.SPEAKOUT_BACKUP_FOLDER and settings.SPEAKOUT_BACKUP_KEY
    # Half set up, the command fails and says what is missing, and so does the job.
    return _words_of("backup") if is_set_up or what_is_missing() else NOT_SET_UP


def try_backup(_: Clock) -> str:
    """Restore the newest backup beside the database and compare, where the secret key is on this machine."""
    is_set_up = settings.SPEAKOUT_BACKUP_FOLDER and settings.SPEAKOUT_BACKUP_IDENTITY
    return _words_of("restore_drill") if is_set_up else NOT_SET_UP


PATIENCE = timedelta(hours=2)
"""So long backup and drill wait for one another: both are due at once after an outage, and in the night that skips an hour."""


def _words_of(command: str) -> str:
    words = StringIO()
    call_command(command, stdout=words, patience=PATIENCE)
    return words.getvalue().strip()


def look_for_drift(clock: Clock) -> str:
    """Write down what moved the figures of closed returns and nobody noted."""
    return f"{find_drift(now=clock())} closed returns moved"


def place_anew(clock: Clock) -> str:
    """Place schools and homes, and look up fifths, as after an import: its worker may have been killed before it came to that."""
    schools, homes, fifths = place_schools(now=clock()), place_homes(), place_in_fifths()
    return f"{schools} schools and {homes} homes placed, {fifths} schools in another fifth"


def remove_what_ended(clock: Clock) -> str:
    """Remove sessions that have ended, and what old processes and jobs left."""
    call_command("clearsessions")
    tidy_up(JOBS, now=clock())
    return "every session that has ended was removed"


def remove_what_is_over(clock: Clock) -> str:
    """Remove what was kept long enough; of people whose time is over, erase so many a night."""
    lines = purge(clock=clock)
    failed = [reference for line in lines for reference in line.not_done]
    words = f"{sum(line.number for line in lines):,} removed, {sum(line.waiting for line in lines):,} wait"
    if in_notes := sum(len(line.in_notes) for line in lines):
        words += f", {in_notes:,} named in notes that a manager looks at first"
    return f"{words}, not done: {', '.join(failed)}" if failed else words


ZONE = timezone.get_default_timezone()

JOBS: tuple[Job, ...] = (
    Job("mail", "Mail that waits is sent", Every(timedelta(seconds=30)), send_mail_that_waits),
    Job("messages", "People are told what they do not know yet", Every(timedelta(minutes=5)), write_what_is_due),
    Job("killed-work", "Work of killed processes is taken up again", Every(timedelta(seconds=30)), take_up_killed_work),
    Job("offers", "Mornings that were given back are offered to the next person", Every(timedelta(minutes=15)), offer_mornings),
    Job("dates", "Dates that no school chose in time are let go", Daily(time(0, 30), ZONE), let_dates_lapse),
    Job("ways-back", "People who were locked out are let in, once the wait is over", Every(timedelta(minutes=5)), let_people_in),
    Job("reach-mail", "The figures are mailed, once a month each", Daily(time(7), ZONE), mail_the_figures),
    Job("backup", "The database is backed up", Daily(time(1, 30), ZONE), back_up_database),
    Job("restore-drill", "The newest backup is restored beside, and compared", Daily(time(2, 30), ZONE), try_backup),
    Job("drift", "Closed returns are compared with what is known today", Daily(time(4), ZONE), look_for_drift),
    Job("tidy", "What has ended is removed: sessions, signs of life", Daily(time(3, 30), ZONE), remove_what_ended),
    Job("places", "Schools and homes are placed by what is known now", Daily(time(4, 30), ZONE), place_anew),
    Job("purge", "What was kept long enough is removed", Daily(time(5), ZONE), remove_what_is_over),
)
"""In the order of the office's page. Each is safe to run twice and at any time."""
