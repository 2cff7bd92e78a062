"""Which generation of a link named who is written to, so that one that was ended since names nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0064_numbers_of_who_asked'),
    ]

    operations = [
        migrations.AddField(
            model_name='schoolanswer',
            name='link_generation',
            field=models.PositiveIntegerField(blank=True, help_text='Which generation that link was of, where it named whom we write to.', null=True),
        ),
    ]
