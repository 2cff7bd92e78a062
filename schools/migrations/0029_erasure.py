import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


KEPT_BEFORE = {
    'schools_volunteer': ('name', 'email', 'phone', 'emergency_contact', 'home_postcode'),
    'schools_user': ('name', 'email', 'phone', 'sms_number'),
    'schools_contact': ('name', 'email', 'phone', 'sms_number'),
}


def drop_triggers(apps, schema_editor):
    """Drop what writes into the table of earlier values, before the table goes; they come after each migrate."""
    for table, columns in KEPT_BEFORE.items():
        for column in columns:
            of_table = f' ON {table}' if schema_editor.connection.vendor == 'postgresql' else ''
            schema_editor.execute(f'DROP TRIGGER IF EXISTS {table}_{column}_before{of_table}')
            if of_table:
                schema_editor.execute(f'DROP FUNCTION IF EXISTS {table}_{column}_before')


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0028_sms'),
    ]

    operations = [
        migrations.CreateModel(
            name='EarlierValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(help_text='volunteer, user or contact.', max_length=40)),
                ('row', models.PositiveBigIntegerField(verbose_name='number of the row')),
                ('column', models.CharField(max_length=40)),
                ('value', models.TextField()),
            ],
            options={
                'verbose_name': 'earlier value',
                'ordering': ('pk',),
                'indexes': [models.Index(fields=['table', 'row'], name='earlier_value_of_row')],
                'constraints': [models.CheckConstraint(condition=models.Q(('table__in', ['volunteer', 'user', 'contact'])), name='earlier_value_of_person', violation_error_message='It belongs to a volunteer, a sign-in or somebody at a school.')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('volunteer', 'Volunteer'), ('contact', 'Somebody at a school'), ('staff', 'Somebody of the office')], max_length=10)),
                ('reference', models.CharField(help_text='P7K2QX of a volunteer, contact:12 or staff:12 of others.', max_length=40)),
                ('at', models.DateTimeField()),
                ('sheet', models.JSONField(blank=True, default=dict, help_text='Rows by table and what became of them, and what was decided.')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='erasures', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['volunteer', 'contact', 'staff'])), name='erasure_kind_known', violation_error_message='Choose of which kind the person was.')],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, drop_triggers),
    ]
