from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0045_chosen_books"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="handed_over_before",
            field=models.DateTimeField(
                blank=True,
                help_text="The same of the tries before the last: blank, where none of them can have brought it.",
                null=True,
            ),
        ),
    ]
