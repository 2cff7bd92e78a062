import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0021_stand_ins'),
    ]

    operations = [
        migrations.CreateModel(
            name='MailPace',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('recent', models.JSONField(blank=True, default=list, help_text='The moments of the last minute at which a mail left.')),
                ('paused_until', models.DateTimeField(blank=True, help_text='The mail server asked us to wait until then.', null=True)),
            ],
            options={
                'verbose_name': 'pace of mail',
                'verbose_name_plural': 'pace of mail',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='mail_pace_one', violation_error_message='There is one row alone.')],
            },
        ),
        migrations.CreateModel(
            name='SuppressedAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.EmailField(max_length=254, unique=True)),
                ('reason', models.CharField(choices=[('bounce', 'Mail to it came back'), ('complaint', 'Its reader reported our mail as unwanted')], max_length=9)),
                ('since', models.DateTimeField()),
                ('words', models.TextField(blank=True, db_default='', default='', help_text='Other addresses are taken out of it.', verbose_name='what the mail server said')),
                ('lifted_at', models.DateTimeField(blank=True, help_text='Since then mail goes there again.', null=True)),
                ('lifted_why', models.TextField(blank=True, db_default='', default='', verbose_name='why it was lifted')),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'address that cannot be reached',
                'verbose_name_plural': 'addresses that cannot be reached',
                'ordering': ('since', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['bounce', 'complaint'])), name='suppressed_address_reason', violation_error_message='Choose why no mail goes to the address.'), models.CheckConstraint(condition=models.Q(('address', django.db.models.functions.text.Lower('address'))), name='suppressed_address_lower_case', violation_error_message='Write the e-mail address in small letters.')],
            },
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='stopped_by',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The address at fault; blank: it was stopped for another reason.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to='schools.suppressedaddress'),
        ),
    ]
