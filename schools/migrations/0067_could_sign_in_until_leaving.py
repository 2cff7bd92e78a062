"""Whether somebody who leaves could sign in until then: coming back lets in nobody whom a manager had switched off."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0066_sign_offs_end_on_their_day'),
    ]

    operations = [
        migrations.AddField(
            model_name='volunteerstep',
            name='could_sign_in',
            field=models.BooleanField(blank=True, editable=False, help_text='Of leaving: whether they could sign in until then. Blank: not noted.', null=True),
        ),
    ]
