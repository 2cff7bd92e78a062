from django.db import migrations, models


TABLE = 'schools_clearancelook'


def back(apps, schema_editor):
    """Drop the triggers, and the looks that the version before cannot hold: those that name no clearance which is there."""
    names = ('not_changed', 'not_deleted', 'not_replaced', 'not_emptied')
    of_table = f' ON {TABLE}' if schema_editor.connection.vendor == 'postgresql' else ''
    for name in names:
        schema_editor.execute(f'DROP TRIGGER IF EXISTS {TABLE}_{name}{of_table}')
    if of_table:
        for name in ('refused', 'emptying_refused'):
            schema_editor.execute(f'DROP FUNCTION IF EXISTS {TABLE}_{name}')
    schema_editor.execute(
        f'DELETE FROM {TABLE} WHERE clearance_id IS NULL OR clearance_id NOT IN (SELECT id FROM schools_clearance)'
    )


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0033_keeping'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='clearancelook',
            options={'ordering': ('-at', '-pk'), 'verbose_name': 'look at clearances', 'verbose_name_plural': 'looks at clearances'},
        ),
        migrations.AddField(
            model_name='clearancelook',
            name='keep_until',
            field=models.DateField(blank=True, help_text='The last day on which it is kept.', null=True),
        ),
        migrations.AddField(
            model_name='clearancelook',
            name='page',
            field=models.CharField(choices=[('list', 'The list of clearances'), ('clearance', 'The page of a clearance'), ('history', 'The history of a clearance'), ('volunteer', 'The volunteer’s page'), ('guests', 'Who could come from another area'), ('import', 'An import of volunteers'), ('file', 'A file'), ('earlier', 'A page of an earlier version')], db_default='earlier', default='earlier', max_length=10),
        ),
        migrations.AddField(
            model_name='clearancelook',
            name='volunteer_number',
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name='number of the volunteer'),
        ),
        migrations.AlterField(
            model_name='clearancelook',
            name='clearance',
            field=models.BigIntegerField(blank=True, db_column='clearance_id', help_text='Of rows of earlier versions, which kept a row for each clearance.', null=True, verbose_name='number of the clearance'),
        ),
        migrations.AddIndex(
            model_name='clearancelook',
            index=models.Index(fields=['volunteer_number'], name='look_at_volunteer'),
        ),
        migrations.AddIndex(
            model_name='clearancelook',
            index=models.Index(fields=['keep_until'], name='look_kept_until'),
        ),
        migrations.AddConstraint(
            model_name='clearancelook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('keep_until__isnull', False), ('volunteer_number__isnull', False)), ('clearance__isnull', False), _connector='OR'), name='look_at_somebody', violation_error_message='Say at whose clearances somebody looked, and until when that is kept.'),
        ),
        migrations.AddConstraint(
            model_name='clearancelook',
            constraint=models.CheckConstraint(condition=models.Q(('page__in', ['list', 'clearance', 'history', 'volunteer', 'guests', 'import', 'file', 'earlier'])), name='look_page_known', violation_error_message='Choose the page from the list.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
