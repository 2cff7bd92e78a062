import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0016_index_of_what_was_given_back'),
    ]

    operations = [
        migrations.RenameModel('Told', 'SafeguardingNotice'),
        migrations.AlterModelOptions(
            name='safeguardingnotice',
            options={'ordering': ('-told_at', '-pk'), 'verbose_name': 'safeguarding notice'},
        ),
        migrations.AlterField(
            model_name='safeguardingnotice',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='safeguarding_notices', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='safeguardingnotice',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='safeguarding_notices', to='schools.session'),
        ),
    ]
