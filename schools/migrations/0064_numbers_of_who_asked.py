from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0063_unplanned_headcounts'),
    ]

    operations = [
        migrations.AddField(
            model_name='subjectaccess',
            name='volunteer_number',
            field=models.PositiveBigIntegerField(blank=True, help_text='A reference may be changed, or given to somebody else.', null=True, verbose_name='number of the volunteer'),
        ),
    ]
