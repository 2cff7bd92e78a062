import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0046_tries_before_the_last'),
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
        migrations.CreateModel(
            name='HistoricalSite',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('name', models.CharField(help_text='As the school calls it, such as Lower Site or Infants.', max_length=80)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('postcode', models.CharField(max_length=8)),
                ('easting', models.PositiveIntegerField(blank=True, editable=False, help_text='Follows from the postcode.', null=True)),
                ('northing', models.PositiveIntegerField(blank=True, editable=False, help_text='Likewise.', null=True)),
                ('access_notes', models.TextField(blank=True, help_text="Steps, gates, the hall. Never a pupil's name.")),
                ('active', models.BooleanField(db_default=True, default=True, help_text='Untick it when the school has given it up: nothing new is booked there.', verbose_name='in use')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('school', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='schools.school')),
            ],
            options={
                'verbose_name': 'historical site',
                'verbose_name_plural': 'historical sites',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='As the school calls it, such as Lower Site or Infants.', max_length=80)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('postcode', models.CharField(max_length=8)),
                ('easting', models.PositiveIntegerField(blank=True, editable=False, help_text='Follows from the postcode.', null=True)),
                ('northing', models.PositiveIntegerField(blank=True, editable=False, help_text='Likewise.', null=True)),
                ('access_notes', models.TextField(blank=True, help_text="Steps, gates, the hall. Never a pupil's name.")),
                ('active', models.BooleanField(db_default=True, default=True, help_text='Untick it when the school has given it up: nothing new is booked there.', verbose_name='in use')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sites', to='schools.school')),
            ],
            options={
                'ordering': ('name', 'pk'),
            },
        ),
        migrations.AddField(
            model_name='historicalsession',
            name='site',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text="Blank: at the school's own address.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='schools.site'),
        ),
        migrations.AddField(
            model_name='session',
            name='site',
            field=models.ForeignKey(blank=True, db_index=False, help_text="Blank: at the school's own address.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='schools.site'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('site__isnull', False)), fields=['site'], name='session_at_site'),
        ),
        migrations.AddConstraint(
            model_name='site',
            constraint=models.UniqueConstraint(fields=('school', 'name'), name='site_once_at_school', violation_error_message='This school has a site of that name already. Call this one otherwise.'),
        ),
    ]
