import django.db.models.deletion
from django.db import migrations, models


def back(apps, schema_editor):
    """Drop the rows that the version before does not know: mails to the office stand on no visit's log then."""
    schema_editor.execute("DELETE FROM schools_messageabout WHERE volunteer_id IS NULL AND school_id IS NULL")


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0055_phoned_as_well'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='messageabout',
            name='message_about_one_party',
        ),
        migrations.AlterField(
            model_name='messageabout',
            name='school',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='The host, or a guest. Blank: it is about a volunteer, or to the office.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages_about', to='schools.school'),
        ),
        migrations.AddConstraint(
            model_name='messageabout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('school__isnull', False), ('volunteer', None)), models.Q(('school', None), ('volunteer__isnull', False)), models.Q(('is_reminder', True), ('school', None), ('volunteer', None)), _connector='OR'), name='message_about_one_party', violation_error_message='It is about a volunteer, about a school, or to the office, whose mails tell neither.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
