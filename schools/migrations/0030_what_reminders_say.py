from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0029_erasure'),
    ]

    operations = [
        migrations.AlterField(
            model_name='messageabout',
            name='is_reminder',
            field=models.BooleanField(db_default=False, default=False, help_text='It told nothing new; `says` repeats what was known, where that is written.'),
        ),
    ]
