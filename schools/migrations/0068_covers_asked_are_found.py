"""Who would like to watch a session is found by an index: home of a nation read every place for it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0067_could_sign_in_until_leaving'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='cover',
            index=models.Index(condition=models.Q(('state', 'asked')), fields=['session'], name='cover_asked'),
        ),
    ]
