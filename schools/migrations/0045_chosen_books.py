from django.db import migrations, models


def back(apps, schema_editor):
    """Drop the answers that the version before does not know."""
    schema_editor.execute("DELETE FROM schools_schoolanswer WHERE item IN ('parents', 'contact')")


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0044_school_moves'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='schoolanswer',
            name='school_answer_item_known',
        ),
        migrations.AlterField(
            model_name='schoolanswer',
            name='item',
            field=models.CharField(choices=[('expected', 'How many will be there'), ('room', 'Room'), ('lead', 'Safeguarding lead'), ('lead_phone', 'Phone of the safeguarding lead'), ('arrival', 'On arrival'), ('parking', 'Parking'), ('note', 'Anything to know'), ('agreement', 'Agreement of the year'), ('counted', 'How many were there'), ('questions', 'The five questions'), ('pack', 'What they get beforehand was read'), ('parents', 'On which day you told parents'), ('contact', 'Whom we write to about the visit')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='schoolanswer',
            constraint=models.CheckConstraint(condition=models.Q(('item__in', ['expected', 'room', 'lead', 'lead_phone', 'arrival', 'parking', 'note', 'agreement', 'counted', 'questions', 'pack', 'parents', 'contact'])), name='school_answer_item_known', violation_error_message='Choose what the answer is about.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
