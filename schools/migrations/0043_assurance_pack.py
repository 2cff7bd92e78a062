import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


LOOKS = 'schools_clearancelook'


def back(apps, schema_editor):
    """Make of looks by letters what the version before can hold, and drop the answers that it does not know."""
    of_table = f' ON {LOOKS}' if schema_editor.connection.vendor == 'postgresql' else ''
    # The version before installs it again after its migrate.
    schema_editor.execute(f'DROP TRIGGER IF EXISTS {LOOKS}_not_changed{of_table}')
    schema_editor.execute(f"UPDATE {LOOKS} SET page = 'earlier', access_number = NULL, shown_to = '' WHERE page = 'letter'")
    schema_editor.execute("DELETE FROM schools_schoolanswer WHERE item = 'pack'")


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0042_offered_dates'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalPackItem',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('kind', models.CharField(choices=[('plan', 'The plan of the session'), ('material', 'Materials to look at beforehand'), ('parents', 'A page for parents')], default='plan', max_length=10)),
                ('language', models.CharField(choices=[('en', 'English'), ('cy', 'Welsh'), ('gd', 'Scottish Gaelic'), ('ga', 'Irish'), ('bfi', 'British Sign Language')], default='en', max_length=3)),
                ('title', models.CharField(help_text='What schools read as its name, such as “Plan of the KS1 assembly”.', max_length=120)),
                ('words', models.TextField(blank=True, help_text="What schools read on their page. It may stay empty where there is a file. Never a pupil's name.")),
                ('file_name', models.CharField(blank=True, editable=False, max_length=120)),
                ('file_kind', models.CharField(blank=True, choices=[('pdf', 'application/pdf'), ('docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'), ('pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'), ('png', 'image/png'), ('jpg', 'image/jpeg')], editable=False, max_length=4)),
                ('size', models.PositiveIntegerField(default=0, editable=False, help_text='Bytes of the file; 0: there is none.')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session_type', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='schools.sessiontype')),
            ],
            options={
                'verbose_name': 'historical text or file of a pack',
                'verbose_name_plural': 'historical texts and files of packs',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PackItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('plan', 'The plan of the session'), ('material', 'Materials to look at beforehand'), ('parents', 'A page for parents')], default='plan', max_length=10)),
                ('language', models.CharField(choices=[('en', 'English'), ('cy', 'Welsh'), ('gd', 'Scottish Gaelic'), ('ga', 'Irish'), ('bfi', 'British Sign Language')], default='en', max_length=3)),
                ('title', models.CharField(help_text='What schools read as its name, such as “Plan of the KS1 assembly”.', max_length=120)),
                ('words', models.TextField(blank=True, help_text="What schools read on their page. It may stay empty where there is a file. Never a pupil's name.")),
                ('file_name', models.CharField(blank=True, editable=False, max_length=120)),
                ('file_kind', models.CharField(blank=True, choices=[('pdf', 'application/pdf'), ('docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'), ('pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'), ('png', 'image/png'), ('jpg', 'image/jpeg')], editable=False, max_length=4)),
                ('size', models.PositiveIntegerField(default=0, editable=False, help_text='Bytes of the file; 0: there is none.')),
                ('content', models.BinaryField(blank=True, default=b'')),
                ('session_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pack_items', to='schools.sessiontype')),
            ],
            options={
                'verbose_name': 'text or file of a pack',
                'verbose_name_plural': 'texts and files of packs',
                'ordering': ('session_type', 'kind', 'language', 'title', 'pk'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['plan', 'material', 'parents']), ('language__in', ['en', 'cy', 'gd', 'ga', 'bfi'])), name='pack_item_choices_known', violation_error_message='Choose what it is and its language from the lists.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('file_kind', ''), ('file_name', ''), ('size', 0)), models.Q(models.Q(('file_name', ''), _negated=True), ('file_kind__in', ['pdf', 'docx', 'pptx', 'png', 'jpg']), ('size__gte', 1), ('size__lte', 5242880)), _connector='OR'), name='pack_item_file_whole', violation_error_message='A file has a name, a kind that we know, and at most 5 MB.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), ('size__gte', 1), _connector='OR'), name='pack_item_says_something', violation_error_message='Write something, or choose a file.'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='clearancelook',
            name='look_page_known',
        ),
        migrations.RemoveConstraint(
            model_name='schoolanswer',
            name='school_answer_item_known',
        ),
        migrations.AddField(
            model_name='agreement',
            name='names_to_schools',
            field=models.BooleanField(db_default=False, default=False, help_text='Whoever accepts this version agrees that schools where they go read in a letter of assurance what their full name is, and that they are checked. Its page says so above the button.', verbose_name='full names to schools'),
        ),
        migrations.AddField(
            model_name='clearancelook',
            name='access_number',
            field=models.PositiveBigIntegerField(blank=True, help_text='By whose link somebody at a school looked.', null=True, verbose_name='number of the access'),
        ),
        migrations.AddField(
            model_name='clearancelook',
            name='shown_to',
            field=models.CharField(blank=True, db_default='', default='', help_text='The school, as it was called then; blank: no school.', max_length=200),
        ),
        migrations.AddField(
            model_name='historicalagreement',
            name='names_to_schools',
            field=models.BooleanField(db_default=False, default=False, help_text='Whoever accepts this version agrees that schools where they go read in a letter of assurance what their full name is, and that they are checked. Its page says so above the button.', verbose_name='full names to schools'),
        ),
        migrations.AlterField(
            model_name='clearancelook',
            name='by',
            field=models.ForeignKey(blank=True, help_text='Blank: the command that imports volunteers, or somebody at a school.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clearance_looks', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='clearancelook',
            name='page',
            field=models.CharField(choices=[('list', 'The list of clearances'), ('clearance', 'The page of a clearance'), ('history', 'The history of a clearance'), ('volunteer', 'The volunteer’s page'), ('guests', 'Who could come from another area'), ('import', 'An import of volunteers'), ('file', 'A file'), ('letter', 'A letter of assurance'), ('earlier', 'A page of an earlier version')], db_default='earlier', default='earlier', max_length=10),
        ),
        migrations.AlterField(
            model_name='schoolanswer',
            name='item',
            field=models.CharField(choices=[('expected', 'How many will be there'), ('room', 'Room'), ('lead', 'Safeguarding lead'), ('lead_phone', 'Phone of the safeguarding lead'), ('arrival', 'On arrival'), ('parking', 'Parking'), ('note', 'Anything to know'), ('agreement', 'Agreement of the year'), ('counted', 'How many were there'), ('questions', 'The five questions'), ('pack', 'What they get beforehand was read')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='clearancelook',
            constraint=models.CheckConstraint(condition=models.Q(('page__in', ['list', 'clearance', 'history', 'volunteer', 'guests', 'import', 'file', 'letter', 'earlier'])), name='look_page_known', violation_error_message='Choose the page from the list.'),
        ),
        migrations.AddConstraint(
            model_name='clearancelook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('access_number', None), ('shown_to', '')), models.Q(models.Q(('shown_to', ''), _negated=True), ('access_number__isnull', False), ('by', None)), _connector='OR'), name='look_by_one_way', violation_error_message='Say who looked: somebody who signs in, or a school with its access.'),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.CheckConstraint(condition=models.Q(('item__in', ['expected', 'room', 'lead', 'lead_phone', 'arrival', 'parking', 'note', 'agreement', 'counted', 'questions', 'pack'])), name='school_answer_item_known', violation_error_message='Choose what the answer is about.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
