import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0043_assurance_pack'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalschool',
            name='federation',
            field=models.CharField(blank=True, db_default='', default='', help_text='Its name.', max_length=200),
        ),
        migrations.AddField(
            model_name='historicalschool',
            name='federation_code',
            field=models.CharField(blank=True, db_default='', default='', help_text="The register's. Blank: not known. 0: the register says that it has none.", max_length=20, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9-]+\\Z', 'A code has letters, digits and hyphens alone. Look it up in the register.')], verbose_name='code of its federation'),
        ),
        migrations.AddField(
            model_name='historicalschool',
            name='trust',
            field=models.CharField(blank=True, db_default='', default='', help_text='Its name.', max_length=200),
        ),
        migrations.AddField(
            model_name='historicalschool',
            name='trust_code',
            field=models.CharField(blank=True, db_default='', default='', help_text="The register's. Blank: not known. 0: the register says that it has none.", max_length=20, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9-]+\\Z', 'A code has letters, digits and hyphens alone. Look it up in the register.')], verbose_name='code of its trust'),
        ),
        migrations.AddField(
            model_name='school',
            name='federation',
            field=models.CharField(blank=True, db_default='', default='', help_text='Its name.', max_length=200),
        ),
        migrations.AddField(
            model_name='school',
            name='federation_code',
            field=models.CharField(blank=True, db_default='', default='', help_text="The register's. Blank: not known. 0: the register says that it has none.", max_length=20, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9-]+\\Z', 'A code has letters, digits and hyphens alone. Look it up in the register.')], verbose_name='code of its federation'),
        ),
        migrations.AddField(
            model_name='school',
            name='trust',
            field=models.CharField(blank=True, db_default='', default='', help_text='Its name.', max_length=200),
        ),
        migrations.AddField(
            model_name='school',
            name='trust_code',
            field=models.CharField(blank=True, db_default='', default='', help_text="The register's. Blank: not known. 0: the register says that it has none.", max_length=20, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9-]+\\Z', 'A code has letters, digits and hyphens alone. Look it up in the register.')], verbose_name='code of its trust'),
        ),
    ]
