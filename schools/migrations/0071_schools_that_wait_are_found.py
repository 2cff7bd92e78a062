"""Which schools named a day on which to ask again, under any of their numbers, is found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0070_links_have_a_day_of_register'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='school',
            index=models.Index(condition=models.Q(('ask_again_on__isnull', False)), fields=['ask_again_on', 'chain'], name='school_waits'),
        ),
    ]
