from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0062_details_can_be_undone'),
    ]

    operations = [
        migrations.AddField(
            model_name='headcount',
            name='is_unplanned',
            field=models.BooleanField(db_default=False, default=False, help_text='A report added it, and it goes with its number.', verbose_name='not planned'),
        ),
        migrations.AddField(
            model_name='historicalheadcount',
            name='is_unplanned',
            field=models.BooleanField(db_default=False, default=False, help_text='A report added it, and it goes with its number.', verbose_name='not planned'),
        ),
    ]
