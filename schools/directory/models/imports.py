"""Imports by the page: what was asked for, the files until the import is finished, and its changes.

Those of people are kept as long as docs/retention.md says; the others for ever, as the origin of figures that are published.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.core.row_locks import is_held
from schools.core.words import local_day
from schools.directory.models.schools import School

SILENCE = timedelta(minutes=1)
"""After so long without a sign of life, an import counts as one that nobody works on."""


class RunState(models.TextChoices):
    """How far an import has come."""

    READING = "reading", "Being read"
    READY = "ready", "Ready to look at"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"
    FAILED = "failed", "Could not be used"
    ABANDONED = "abandoned", "Thrown away"


class ImportRun(models.Model):
    """One import of a register or a table, from the page (read, looked at, applied) or by a register's command."""

    State = RunState

    register = models.CharField(max_length=20, help_text="gias, scotland, wales or northern-ireland; else the kind of table.")
    file_name = models.CharField(max_length=200)
    links_name = models.CharField("file of links", max_length=200, blank=True)
    day = models.DateField(help_text="From when schools belong to another authority than before.")
    complete = models.BooleanField(default=False, help_text="The file is the whole register of its nation.")
    roll_year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="School year of the pupils by year group.")
    authority_column = models.CharField(max_length=100, blank=True)
    origin = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Of a table of people: from where it is, as they read it.",
    )
    header = models.JSONField(null=True, blank=True, help_text="Of a table: the names of the file’s columns.")
    matches = models.JSONField(null=True, blank=True, help_text="Of a table: columns matched by hand, the file’s name and ours.")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.READING)
    attempt = models.PositiveSmallIntegerField(
        default=1, help_text="Raised whenever somebody sets it going; whoever still works on an earlier one writes nothing."
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="imports_asked",
        help_text="Blank: the command.",
    )
    asked_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="The last sign of life of whoever works on it.")
    killed = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often whoever worked on it was killed since somebody last set it going."
    )
    rows_read = models.PositiveIntegerField(default=0)
    rows_expected = models.PositiveIntegerField(null=True, blank=True)
    previewed_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="imports_applied"
    )
    applied_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(null=True, blank=True, help_text="The object that the command prints with --json.")
    moves = models.JSONField(null=True, blank=True, help_text="Sentences: which figures of reach it may move. Blank: not known.")
    problem = models.TextField(blank=True, help_text="Why it could not be used.")

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=RunState.values),
                name="import_run_state_known",
                violation_error_message="Choose one of the states of an import.",
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.APPLIED, applied_at__isnull=False) | Q(~Q(state=RunState.APPLIED), applied_at=None),
                name="import_run_applied_has_time",
                violation_error_message="An import that was applied says when, and no other.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.file_name}, {local_day(self.asked_at)}"

    @property
    def is_under_way(self) -> bool:
        """Whether a worker works on it, or should."""
        return self.state in {RunState.READING, RunState.APPLYING}

    @property
    def is_finished(self) -> bool:
        """Whether it is applied or thrown away, so that nothing happens to it any more."""
        return self.state in {RunState.APPLIED, RunState.ABANDONED}

    def is_being_written(self) -> bool:
        """Return whether a worker writes it at this moment, in one transaction, which may take minutes."""
        return self.state == RunState.APPLYING and is_held(ImportRun.objects.filter(pk=self.pk))

    def is_silent(self, *, now: datetime) -> bool:
        """Return whether it should be worked on, but gave no sign of life for a minute: no worker, or one that was killed."""
        return self.is_under_way and now - self.seen_at >= SILENCE and not self.is_being_written()


class FilePart(models.TextChoices):
    """Which of the files of an import a file is."""

    REGISTER = "register", "The register"
    LINKS = "links", "The file of links"
    CHANGES = "changes", "What it changes, of a list too long to be shown"


class ImportFile(models.Model):
    """A piece of a file, gzipped; all are deleted once their import is applied or thrown away, and none is ever served.

    It is in the database, because the worker that reads it may run on another machine than the server that took it. A file is
    cut into pieces so that no process has to hold a large one in memory.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="files", db_index=False)
    part = models.CharField(max_length=10, choices=FilePart.choices)
    name = models.CharField(max_length=200)
    number = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="Which piece of the file, counted from 0.")
    content = models.BinaryField()

    class Meta:
        ordering = ("run", "part", "number")
        constraints = (
            models.UniqueConstraint(
                fields=["run", "part", "number"],
                name="import_file_once",
                violation_error_message="This import has that file already.",
            ),
            models.CheckConstraint(
                condition=Q(part__in=FilePart.values),
                name="import_file_part_known",
                violation_error_message="A file is the register, its links, or what it changes.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ChangeKind(models.TextChoices):
    """What an import does to a school."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    MISSING = "missing", "Missing"
    LINKED = "linked", "Linked"
    ROLLS = "rolls", "Pupils by year group"


class ChangeState(models.TextChoices):
    """What became of a change."""

    PLANNED = "planned", "Planned"
    DONE = "done", "Done"
    LEFT = "left", "Left as it is"


class ImportChange(models.Model):
    """What an import does, or did, to one school or row of a table. Unlike a history it also says what was left, and why."""

    Kind = ChangeKind
    State = ChangeState

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes", db_index=False)
    school = models.ForeignKey(School, on_delete=models.SET_NULL, null=True, blank=True, related_name="import_changes")
    kind = models.CharField(max_length=10, choices=ChangeKind.choices)
    register_id = models.CharField("register number", max_length=20, help_text="Of a table: a digest of `known_by`.")
    known_by = models.CharField(
        max_length=320, blank=True, default="", db_default="", help_text="Of a table: what its row is known by."
    )
    other_id = models.CharField("predecessor's register number", max_length=20, blank=True, help_text="Of a link.")
    name = models.CharField(max_length=200, help_text="What the school is called in the file.")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="Of a table: the first line of the file that says it.")
    fields = models.JSONField(default=dict, help_text="For each changed fact what was there before and what is there now.")
    closes = models.BooleanField(default=False)
    moves = models.BooleanField(default=False, help_text="To another authority.")
    state = models.CharField(max_length=10, choices=ChangeState.choices, default=ChangeState.PLANNED)
    why = models.CharField("why it was left", max_length=300, blank=True)

    class Meta:
        ordering = ("run", "kind", "register_id", "other_id")
        constraints = (
            models.UniqueConstraint(
                fields=["run", "kind", "register_id", "other_id"],
                name="import_change_once",
                violation_error_message="This import says that of the school already.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=ChangeKind.values),
                name="import_change_kind_known",
                violation_error_message="Choose one of the kinds of change.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ChangeState.values),
                name="import_change_state_known",
                violation_error_message="A change is planned, done or left.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.get_kind_display()}"


class ColumnMatch(models.Model):
    """A column of a kind of table as somebody matched it by hand; the next file with such a column is read in the same way."""

    kind = models.CharField(max_length=20, help_text="The kind of table, such as volunteers.")
    theirs = models.CharField("name in the file", max_length=100, help_text="Letters and digits alone, in small letters.")
    ours = models.CharField("column", max_length=40, blank=True, help_text="Blank: the column is not read.")

    class Meta:
        ordering = ("kind", "theirs")
        verbose_name_plural = "column matches"
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "theirs"],
                name="column_match_once",
                violation_error_message="This column is matched already; change that match.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.theirs}: {self.ours or 'not read'}"
