from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0049_steps_can_be_undone'),
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
    ]
