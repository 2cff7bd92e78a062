from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0059_invitations_can_be_undone'),
    ]

    operations = [
        migrations.AddField(
            model_name='roll',
            name='given_on',
            field=models.DateField(blank=True, editable=False, help_text='The day of the register that gave the number; blank: no register did, or before its day was kept.', null=True),
        ),
    ]
