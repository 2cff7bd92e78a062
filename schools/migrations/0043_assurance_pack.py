import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0040_dropping_out_as_a_batch'),
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
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['plan', 'material', 'parents']), ('language__in', ['en', 'cy', 'gd', 'ga', 'bfi'])), name='pack_item_choices_known', violation_error_message='Choose what it is and its language from the lists.'), models.CheckConstraint(condition=models.Q(models.Q(('file_kind', ''), ('file_name', ''), ('size', 0)), models.Q(models.Q(('file_name', ''), _negated=True), ('file_kind__in', ['pdf', 'docx', 'pptx', 'png', 'jpg']), ('size__gte', 1), ('size__lte', 5242880)), _connector='OR'), name='pack_item_file_whole', violation_error_message='A file has a name, a kind that we know, and at most 5 MB.'), models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), ('size__gte', 1), _connector='OR'), name='pack_item_says_something', violation_error_message='Write something, or choose a file.')],
            },
        ),
    ]
