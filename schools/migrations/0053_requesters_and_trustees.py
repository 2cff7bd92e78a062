from django.db import migrations, models

BEFORE = ["volunteer", "contact", "staff"]
KINDS = [
    ("volunteer", "Volunteer"),
    ("contact", "Somebody at a school"),
    ("staff", "Somebody of the office"),
    ("requester", "Somebody who asked for a visit"),
    ("trustee", "Trustee"),
]


def back(apps, schema_editor):
    """Drop what the version before has no word for."""
    for table in ("Erasure", "SubjectAccess"):
        apps.get_model("schools", table).objects.exclude(kind__in=BEFORE).delete()


def known(name):
    """Return the constraint that the kind of the person is one of these."""
    return models.CheckConstraint(
        condition=models.Q(("kind__in", [kind for kind, _ in KINDS])),
        name=name,
        violation_error_message=MESSAGES[name],
    )


MESSAGES = {
    "erasure_kind_known": "Choose of which kind the person was.",
    "subject_access_kind_known": "Choose of which kind the person is.",
}


class Migration(migrations.Migration):

    dependencies = [
        ("schools", "0052_ended_links_by_day"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="erasure", name="erasure_kind_known"),
        migrations.RemoveConstraint(model_name="subjectaccess", name="subject_access_kind_known"),
        migrations.AlterField(
            model_name="erasure",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
        migrations.AlterField(
            model_name="erasure",
            name="reference",
            field=models.CharField(help_text="P7K2QX of a volunteer, contact:12 and the like of others.", max_length=40),
        ),
        migrations.AlterField(
            model_name="subjectaccess",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
        migrations.AddConstraint(model_name="erasure", constraint=known("erasure_kind_known")),
        migrations.AddConstraint(model_name="subjectaccess", constraint=known("subject_access_kind_known")),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
