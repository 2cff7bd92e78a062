import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0038_asking'),
    ]

    operations = [
        migrations.CreateModel(
            name='SchoolAlarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(help_text='The day of the visit that it is about.')),
                ('what', models.CharField(choices=[('nobody', 'Nobody has come'), ('call_off', 'We must call off')], max_length=8)),
                ('given_by', models.CharField(help_text='Who said it, by their own word: mailboxes are shared.', max_length=150)),
                ('at', models.DateTimeField()),
                ('over_at', models.DateTimeField(blank=True, help_text='When the school took it back; blank: it stands.', null=True)),
                ('over_by', models.CharField(blank=True, help_text='Who took it back, by their own word.', max_length=150)),
                ('seen_at', models.DateTimeField(blank=True, help_text='When somebody in the office saw to it.', null=True)),
                ('access', models.ForeignKey(blank=True, help_text='By whose link.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alarms', to='schools.schoolaccess')),
                ('seen_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alarms_seen', to=settings.AUTH_USER_MODEL)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alarms', to='schools.visit')),
            ],
            options={
                'verbose_name': 'alarm of a school',
                'verbose_name_plural': 'alarms of schools',
                'ordering': ('-at', '-pk'),
                'indexes': [
                    models.Index(condition=models.Q(('over_at', None), ('seen_at', None)), fields=['visit'], name='school_alarm_to_see'),
                    models.Index(fields=['day'], name='school_alarm_day'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('over_at', None)), fields=('visit', 'day', 'what'), name='school_alarm_stands_once', violation_error_message='The school has said this already, and it stands.'),
                    models.CheckConstraint(condition=models.Q(('what__in', ['nobody', 'call_off'])), name='school_alarm_what_known', violation_error_message='Choose what the school says.'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='confirmed',
            name='confirmed_kind_known',
        ),
        migrations.AlterField(
            model_name='confirmed',
            name='kind',
            field=models.CharField(choices=[('roll', 'More pupils than on roll'), ('expected', 'Far from the number expected'), ('school', 'Far from the school’s own number'), ('no_cover', 'Delivered by nobody'), ('no_outcome', 'No outcome after a week'), ('overlap', 'One person at two sessions at once'), ('chain', 'A school closed and another opened at its postcode'), ('feeder', 'A junior school without the infant school that feeds it')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='confirmed',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['roll', 'expected', 'school', 'no_cover', 'no_outcome', 'overlap', 'chain', 'feeder'])), name='confirmed_kind_known', violation_error_message='Choose what looks wrong from the list.'),
        ),
    ]
