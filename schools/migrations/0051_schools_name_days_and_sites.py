from django.db import migrations, models


def back(apps, schema_editor):
    """Drop the answers that the version before does not know."""
    schema_editor.execute("DELETE FROM schools_schoolanswer WHERE item = 'site'")


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0050_fewer_rows_read'),
    ]

    operations = [
        migrations.AddField(
            model_name='offereddates',
            name='wished',
            field=models.JSONField(blank=True, help_text='The half-days that would do instead, where none suits; blank: the school named none.', null=True),
        ),
        migrations.AlterField(
            model_name='schoolchange',
            name='half_days',
            field=models.JSONField(blank=True, default=list, help_text='The half-days that would do instead.'),
        ),
        migrations.RemoveConstraint(
            model_name='schoolanswer',
            name='school_answer_item_known',
        ),
        migrations.AlterField(
            model_name='schoolanswer',
            name='item',
            field=models.CharField(choices=[('expected', 'How many will be there'), ('room', 'Room'), ('lead', 'Safeguarding lead'), ('lead_phone', 'Phone of the safeguarding lead'), ('arrival', 'On arrival'), ('parking', 'Parking'), ('note', 'Anything to know'), ('agreement', 'Agreement of the year'), ('counted', 'How many were there'), ('questions', 'The five questions'), ('pack', 'What they get beforehand was read'), ('parents', 'On which day you told parents'), ('contact', 'Whom we write to about the visit'), ('roll', 'How many are on roll'), ('site', 'At which of your sites')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.CheckConstraint(condition=models.Q(('item__in', ['expected', 'room', 'lead', 'lead_phone', 'arrival', 'parking', 'note', 'agreement', 'counted', 'questions', 'pack', 'parents', 'contact', 'roll', 'site'])), name='school_answer_item_known', violation_error_message='Choose what the answer is about.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
