"""Which register gave a link last: an older file that is read later changes nothing of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0069_volunteers_are_entered'),
    ]

    operations = [
        migrations.AddField(
            model_name='schoollink',
            name='given_on',
            field=models.DateField(blank=True, editable=False, help_text='The day of the latest register that gave it; blank: not known.', null=True),
        ),
    ]
