"""Since when somebody is in the list: a first step of years ago may have been typed today. Of those of before nobody knows."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0068_covers_asked_are_found'),
    ]

    operations = [
        migrations.AddField(
            model_name='volunteer',
            name='entered_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Since when they are in the list; blank: unknown.', null=True),
        ),
        migrations.AlterField(
            model_name='volunteer',
            name='entered_at',
            field=models.DateTimeField(blank=True, default=django.utils.timezone.now, editable=False, help_text='Since when they are in the list; blank: unknown.', null=True),
        ),
    ]
