import django.core.validators
import django.db.models.deletion
import phonenumber_field.modelfields
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0036_ways_back'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalPublicText',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('key', models.CharField(choices=[('privacy', 'Privacy notice'), ('accessibility', 'Accessibility statement')], max_length=20, verbose_name='text')),
                ('language', models.CharField(max_length=10)),
                ('draft', models.TextField(blank=True, help_text='Nobody but managers reads it; blank: none.', max_length=30000)),
                ('words', models.TextField(blank=True, help_text='What is published; blank: nothing is.', max_length=30000)),
                ('version', models.PositiveIntegerField(default=0, help_text='How often it was published.')),
                ('published_at', models.DateTimeField(blank=True, help_text='When the latest version was published.', null=True)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical public text',
                'verbose_name_plural': 'historical public texts',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PublicText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(choices=[('privacy', 'Privacy notice'), ('accessibility', 'Accessibility statement')], max_length=20, verbose_name='text')),
                ('language', models.CharField(max_length=10)),
                ('draft', models.TextField(blank=True, help_text='Nobody but managers reads it; blank: none.', max_length=30000)),
                ('words', models.TextField(blank=True, help_text='What is published; blank: nothing is.', max_length=30000)),
                ('version', models.PositiveIntegerField(default=0, help_text='How often it was published.')),
                ('published_at', models.DateTimeField(blank=True, help_text='When the latest version was published.', null=True)),
            ],
            options={
                'ordering': ('key', 'language'),
                'constraints': [
                    models.UniqueConstraint(fields=('key', 'language'), name='public_text_once', violation_error_message='There is this text in this language already.'),
                    models.CheckConstraint(condition=models.Q(('key__in', ['privacy', 'accessibility'])), name='public_text_known', violation_error_message='Choose which text it is.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('published_at', None), ('version', 0), ('words', '')), models.Q(('published_at__isnull', False), ('version__gte', 1)), _connector='OR'), name='public_text_published', violation_error_message='What is published has a version and a day.'),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name='suppressedaddress',
            name='suppressed_address_reason',
        ),
        migrations.AddField(
            model_name='charity',
            name='concern_name',
            field=models.CharField(blank=True, db_default='', default='', help_text='To whom a concern about somebody who works for you goes, such as “Mary Bell, trustee for safeguarding”.', max_length=100, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*\\Z', 'Write it on one line.')], verbose_name='named person'),
        ),
        migrations.AddField(
            model_name='charity',
            name='concern_phone',
            field=phonenumber_field.modelfields.PhoneNumberField(blank=True, db_default='', default='', help_text='Stands beside every box for notes. Blank: there the safeguarding phone stands for it.', max_length=128, region=None, verbose_name='phone of the named person'),
        ),
        migrations.AddField(
            model_name='charity',
            name='data_protection',
            field=models.CharField(blank=True, db_default='', default='', help_text='A name or a role, and how to reach them; the privacy notice fills it in.', max_length=200, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*\\Z', 'Write it on one line.')], verbose_name='who answers about personal data'),
        ),
        migrations.AddField(
            model_name='contact',
            name='imported_email',
            field=models.EmailField(blank=True, db_default='', default='', editable=False, help_text='The e-mail address that an import gave; blank: it is from them, or from a colleague.', max_length=254, verbose_name='address from a list'),
        ),
        migrations.AddField(
            model_name='contact',
            name='imported_from',
            field=models.CharField(blank=True, db_default='', default='', editable=False, help_text='From where that list was.', max_length=200),
        ),
        migrations.AddField(
            model_name='contact',
            name='imported_on',
            field=models.DateField(blank=True, editable=False, help_text='When it was handed in.', null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='source_told_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='When that mail went out.', null=True),
        ),
        migrations.AddField(
            model_name='contact',
            name='source_told_in',
            field=models.BigIntegerField(blank=True, editable=False, help_text='The number of the mail that says so to them, sent or on its way.', null=True),
        ),
        migrations.AddField(
            model_name='historicalcharity',
            name='concern_name',
            field=models.CharField(blank=True, db_default='', default='', help_text='To whom a concern about somebody who works for you goes, such as “Mary Bell, trustee for safeguarding”.', max_length=100, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*\\Z', 'Write it on one line.')], verbose_name='named person'),
        ),
        migrations.AddField(
            model_name='historicalcharity',
            name='concern_phone',
            field=phonenumber_field.modelfields.PhoneNumberField(blank=True, db_default='', default='', help_text='Stands beside every box for notes. Blank: there the safeguarding phone stands for it.', max_length=128, region=None, verbose_name='phone of the named person'),
        ),
        migrations.AddField(
            model_name='historicalcharity',
            name='data_protection',
            field=models.CharField(blank=True, db_default='', default='', help_text='A name or a role, and how to reach them; the privacy notice fills it in.', max_length=200, validators=[django.core.validators.RegexValidator('\\A[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]*\\Z', 'Write it on one line.')], verbose_name='who answers about personal data'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='origin',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of a table of people: from where it is, as they read it.', max_length=200),
        ),
        migrations.AlterField(
            model_name='charity',
            name='accessibility_statement',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name='charity',
            name='privacy_notice',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name='historicalcharity',
            name='accessibility_statement',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name='historicalcharity',
            name='privacy_notice',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name='suppressedaddress',
            name='reason',
            field=models.CharField(choices=[('bounce', 'Mail to it came back'), ('complaint', 'Its reader reported our mail as unwanted'), ('number', 'SMS to it cannot arrive'), ('stop', 'Its reader wants no more SMS'), ('objection', 'Its reader objected to our having it')], max_length=9),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('imported_email', ''), _negated=True), fields=['imported_email'], name='contact_from_list'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('source_told_in__isnull', False)), fields=['source_told_in'], name='contact_told_in'),
        ),
        migrations.AddConstraint(
            model_name='suppressedaddress',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['bounce', 'complaint', 'number', 'stop', 'objection'])), name='suppressed_address_reason', violation_error_message='Choose why no mail goes to the address.'),
        ),
    ]
