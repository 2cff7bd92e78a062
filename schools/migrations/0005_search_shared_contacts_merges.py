from django.conf import settings
from django.db import migrations, models

WORDS = {"blank": True, "db_default": "", "default": "", "editable": False}


def drop_index_of_names(apps, schema_editor):
    """Drop the index of schools' names that 0.2.0 kept; that of the search is made after every migrate (schools/apps.py)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS schools_school_words")
        return
    for trigger in ("added", "changed", "deleted"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS school_words_{trigger}")
    schema_editor.execute("DROP TABLE IF EXISTS schools_school_words")


class Migration(migrations.Migration):

    dependencies = [("schools", "0004_charity")]

    operations = [
        migrations.RunPython(drop_index_of_names, migrations.RunPython.noop),
        *(
            migrations.AddField(model_name=model, name="search_words", field=models.TextField(**WORDS))
            for model in ("school", "contact", "volunteer", "user")
        ),
        migrations.AddField(
            model_name="contact",
            name="also_at",
            field=models.ManyToManyField(
                blank=True, related_name="shared_contacts", to="schools.school", verbose_name="also at",
                help_text="The other schools of a trust, a federation or a shared mailbox.",
            ),
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("volunteer", "Volunteers"), ("contact", "Contacts")], max_length=10)),
                ("kept_id", models.PositiveBigIntegerField()),
                ("gone_id", models.PositiveBigIntegerField()),
                ("words", models.CharField(max_length=400)),
                ("made_at", models.DateTimeField()),
                ("moves", models.JSONField(blank=True, default=list)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("left_alone", models.JSONField(blank=True, default=list)),
                ("by", models.ForeignKey(blank=True, null=True, on_delete=models.deletion.SET_NULL, related_name="merges", to=settings.AUTH_USER_MODEL)),
                ("undone_by", models.ForeignKey(blank=True, null=True, on_delete=models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ("-made_at", "-pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["volunteer", "contact"]), name="merge_kind_known",
                        violation_error_message="Choose one of the kinds.",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            model_name="contact",
            name="school",
            field=models.ForeignKey(
                on_delete=models.deletion.CASCADE, related_name="contacts", to="schools.school", help_text="The first, or the only one.",
            ),
        ),
    ]
