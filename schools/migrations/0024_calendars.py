import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0023_suppressed_addresses'),
    ]

    operations = [
        migrations.AddField(
            model_name='messageabout',
            name='calendar',
            field=models.JSONField(blank=True, help_text='The entries that its mail put into a calendar, changed there, or took out.', null=True),
        ),
        migrations.CreateModel(
            name='OfficeFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='office_feed', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'office calendar address',
                'verbose_name_plural': 'office calendar addresses',
                'ordering': ('user',),
            },
        ),
    ]
