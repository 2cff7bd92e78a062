from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0053_requesters_and_trustees'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='manager_since',
            field=models.DateTimeField(blank=True, editable=False, help_text='When somebody made them a manager; blank: not after they were added.', null=True),
        ),
    ]
