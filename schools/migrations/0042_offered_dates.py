import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0041_days_off'),
    ]

    operations = [
        migrations.CreateModel(
            name='OfferedDates',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('half_days', models.JSONField(help_text='Such as 2027-01-12-morning, in order.')),
                ('types', models.JSONField(blank=True, default=list, help_text='The ids of the session types that people have to be able to do.')),
                ('people', models.PositiveSmallIntegerField(help_text='So many have to go.')),
                ('offered_at', models.DateTimeField()),
                ('held_until', models.DateField(help_text='The last day on which the school can choose.')),
                ('state', models.CharField(choices=[('open', 'The school may choose'), ('chosen', 'The school has chosen'), ('none', 'None of them suits'), ('lapsed', 'Not answered in time'), ('back', 'Taken back')], default='open', max_length=6)),
                ('chosen', models.CharField(blank=True, help_text='One of the half-days.', max_length=20)),
                ('chosen_by', models.CharField(blank=True, help_text='Who chose, by their own word: mailboxes are shared.', max_length=150)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('is_short', models.BooleanField(default=False, help_text='Too few people are left for the half-day that was chosen.')),
                ('access', models.ForeignKey(blank=True, help_text='By whose link.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='schools.schoolaccess')),
                ('contact', models.ForeignKey(blank=True, help_text='Who gets the mail.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='offered_dates', to='schools.contact')),
                ('offered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='dates_offered', to=settings.AUTH_USER_MODEL)),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offered_dates', to='schools.school')),
                ('template', models.ForeignKey(blank=True, help_text='What was planned.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='schools.visittemplate')),
                ('visit', models.ForeignKey(blank=True, help_text='That the school asked for, before or by its choice.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='offered_dates', to='schools.visit')),
            ],
            options={
                'verbose_name': 'dates offered to a school',
                'verbose_name_plural': 'dates offered to schools',
                'ordering': ('-offered_at', '-pk'),
                'indexes': [
                    models.Index(condition=models.Q(('state', 'open')), fields=['held_until'], name='offered_dates_open'),
                    models.Index(condition=models.Q(('state', 'chosen')), fields=['visit'], name='offered_dates_chosen'),
                    models.Index(condition=models.Q(('state__in', ('none', 'lapsed'))), fields=['answered_at'], name='offered_dates_none'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('school',), name='offered_dates_open_once', violation_error_message='Dates are offered to this school already. Take them back first, or wait for its answer.'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['open', 'chosen', 'none', 'lapsed', 'back'])), name='offered_dates_state_known', violation_error_message='Choose what became of the dates.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('state', 'chosen'), models.Q(('chosen', ''), _negated=True)), models.Q(models.Q(('state', 'chosen'), _negated=True), ('chosen', ''), ('is_short', False)), _connector='OR'), name='offered_dates_chosen_one', violation_error_message='A school that has chosen has chosen one half-day, and no other has.'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='batch',
            name='batch_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='schoolaccess',
            name='school_access_purpose_known',
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.CharField(choices=[('confirm', 'Confirmed'), ('cancel', 'Cancelled'), ('move', 'Moved'), ('reassign', 'Given to another coordinator'), ('hand_over', 'Area handed over'), ('chase', 'Asked how it went'), ('ask', 'Asked several people to come'), ('leave', 'Membership ended'), ('call', 'Called'), ('drop_out', 'Somebody dropped out or was taken off'), ('assign', 'Put on sessions'), ('dates', 'Dates offered')], max_length=10),
        ),
        migrations.AlterField(
            model_name='schoolaccess',
            name='purpose',
            field=models.CharField(choices=[('visits', 'Visits to their school'), ('dates', 'Dates that were offered to their school')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['confirm', 'cancel', 'move', 'reassign', 'hand_over', 'chase', 'ask', 'leave', 'call', 'drop_out', 'assign', 'dates'])), name='batch_kind_known', violation_error_message='Choose one of the kinds.'),
        ),
        migrations.AddConstraint(
            model_name='schoolaccess',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['visits', 'dates'])), name='school_access_purpose_known', violation_error_message='Choose what the access is good for.'),
        ),
    ]
