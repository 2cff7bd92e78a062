import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0034_looks'),
    ]

    operations = [
        migrations.CreateModel(
            name='SchoolAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(help_text='The address to which the links went.', max_length=254)),
                ('purpose', models.CharField(choices=[('visits', 'Visits to their school')], max_length=10)),
                ('generation', models.PositiveIntegerField(default=0, help_text='Grows when the links are ended.')),
                ('expires', models.DateField(help_text='The last day of the links; each mail puts it off.')),
                ('revoked_at', models.DateTimeField(blank=True, help_text='When the links from before were ended.', null=True)),
                ('last_used_at', models.DateTimeField(blank=True, help_text='When somebody last sent something by a link.', null=True)),
                ('contact', models.ForeignKey(blank=True, help_text='Blank: nobody whom we know.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='accesses', to='schools.contact')),
            ],
            options={
                'verbose_name': 'access of somebody at a school',
                'verbose_name_plural': 'accesses of people at schools',
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='SchoolAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(choices=[('expected', 'How many will be there'), ('room', 'Room'), ('lead', 'Safeguarding lead'), ('lead_phone', 'Phone of the safeguarding lead'), ('arrival', 'On arrival'), ('parking', 'Parking'), ('note', 'Anything to know'), ('agreement', 'Agreement of the year'), ('counted', 'How many were there'), ('questions', 'The five questions')], max_length=10)),
                ('year_group', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('words', models.TextField(blank=True, help_text="Never a pupil's name.")),
                ('given_by', models.CharField(help_text='Who said it, by their own word: mailboxes are shared.', max_length=150)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Waits for the office'), ('taken', 'Taken'), ('left', 'Left as it was')], default='open', max_length=5)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('before', models.JSONField(blank=True, help_text='What it replaced where it was taken.', null=True)),
                ('access', models.ForeignKey(blank=True, help_text='By whose link.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='answers', to='schools.schoolaccess')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='school_answers_decided', to=settings.AUTH_USER_MODEL)),
                ('school', models.ForeignKey(help_text='The host, or a guest.', on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='schools.school')),
                ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='school_answers', to='schools.session')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='school_answers', to='schools.visit')),
            ],
            options={
                'verbose_name': 'answer of a school',
                'verbose_name_plural': 'answers of schools',
                'ordering': ('-at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('right_for_age', models.CharField(blank=True, choices=[('yes', 'Yes'), ('partly', 'Partly'), ('no', 'No')], max_length=6)),
                ('kept_to_agreed', models.CharField(blank=True, choices=[('yes', 'Yes'), ('partly', 'Partly'), ('no', 'No')], max_length=6)),
                ('knew_beforehand', models.CharField(blank=True, choices=[('yes', 'Yes'), ('partly', 'Partly'), ('no', 'No')], max_length=6)),
                ('surer', models.CharField(blank=True, choices=[('yes', 'Yes'), ('partly', 'Partly'), ('no', 'No')], max_length=6)),
                ('again', models.CharField(blank=True, choices=[('yes', 'Yes'), ('partly', 'Partly'), ('no', 'No')], max_length=6)),
                ('comment', models.CharField(blank=True, help_text="Never a pupil's name.", max_length=1000)),
                ('given_by', models.CharField(help_text='Who said it, by their own word: mailboxes are shared.', max_length=150)),
                ('at', models.DateTimeField()),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='schools.school')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='schools.visit')),
            ],
            options={
                'verbose_name': 'feedback of a school',
                'verbose_name_plural': 'feedback of schools',
                'ordering': ('-at', '-pk'),
                'constraints': [models.UniqueConstraint(fields=('visit', 'school'), name='feedback_once', violation_error_message='This school has said what it thinks of the visit already.'), models.CheckConstraint(condition=models.Q(('right_for_age__in', ['', 'yes', 'partly', 'no']), ('kept_to_agreed__in', ['', 'yes', 'partly', 'no']), ('knew_beforehand__in', ['', 'yes', 'partly', 'no']), ('surer__in', ['', 'yes', 'partly', 'no']), ('again__in', ['', 'yes', 'partly', 'no'])), name='feedback_answers_known', violation_error_message='Each question is answered with yes, partly or no.')],
            },
        ),
        migrations.AddConstraint(
            model_name='schoolaccess',
            constraint=models.UniqueConstraint(fields=('contact', 'purpose'), name='school_access_once', violation_error_message='This person has such an access already.'),
        ),
        migrations.AddConstraint(
            model_name='schoolaccess',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['visits'])), name='school_access_purpose_known', violation_error_message='Choose what the access is good for.'),
        ),
        migrations.AddIndex(
            model_name='schoolanswer',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['visit'], name='school_answer_open'),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.UniqueConstraint(models.F('visit'), models.F('school'), models.F('item'), django.db.models.functions.comparison.Coalesce('session', 0), django.db.models.functions.comparison.Coalesce('year_group', 99), condition=models.Q(('state', 'open')), name='school_answer_open_once', violation_error_message="The school's answer to this waits already."),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.CheckConstraint(condition=models.Q(('item__in', ['expected', 'room', 'lead', 'lead_phone', 'arrival', 'parking', 'note', 'agreement', 'counted', 'questions'])), name='school_answer_item_known', violation_error_message='Choose what the answer is about.'),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'taken', 'left'])), name='school_answer_state_known', violation_error_message='An answer waits, was taken, or was left.'),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.CheckConstraint(condition=models.Q(('year_group', None), ('year_group__lte', 6), _connector='OR'), name='school_answer_year_group_known', violation_error_message='A year group is 0 (Reception or P1) to 6.'),
        ),
    ]
