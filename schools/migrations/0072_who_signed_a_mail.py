"""From whom each mail was is kept, so that its log says it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0071_schools_that_wait_are_found'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='signed_by',
            field=models.JSONField(blank=True, help_text='From whom its reader read that it was: pairs of a coordinator and for whom they stood in, by their ids. Blank: it is not sent, came back at once, or went before this was kept.', null=True),
        ),
    ]
