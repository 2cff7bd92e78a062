import django.db.models.deletion
import phonenumber_field.modelfields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0027_held_batches'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='sms_number',
            field=phonenumber_field.modelfields.PhoneNumberField(blank=True, db_default='', default='', editable=False, help_text='Urgent news go there too; blank: no SMS.', max_length=128, region=None, verbose_name='number for SMS'),
        ),
        migrations.AddField(
            model_name='user',
            name='sms_since',
            field=models.DateTimeField(blank=True, editable=False, help_text='When they said yes to SMS at that number.', null=True),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sms_number', ''), ('sms_since', None)), models.Q(models.Q(('sms_number', ''), _negated=True), ('sms_since__isnull', False)), _connector='OR'), name='user_sms_agreed', violation_error_message='A number for SMS needs the moment at which they said yes.'),
        ),
        migrations.AddField(
            model_name='contact',
            name='sms_number',
            field=phonenumber_field.modelfields.PhoneNumberField(blank=True, db_default='', default='', editable=False, help_text='To which they said yes, on the phone.', max_length=128, region=None, verbose_name='number for SMS'),
        ),
        migrations.AddField(
            model_name='contact',
            name='sms_since',
            field=models.DateTimeField(blank=True, editable=False, help_text='When they said yes to SMS at that number.', null=True),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sms_number', ''), ('sms_since', None)), models.Q(models.Q(('sms_number', ''), _negated=True), ('sms_since__isnull', False)), _connector='OR'), name='contact_sms_agreed', violation_error_message='A number for SMS needs the moment at which they said yes.'),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='arrived_at',
            field=models.DateTimeField(blank=True, help_text='When the phone had an SMS, as its provider reports.', null=True),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='beside',
            field=models.OneToOneField(blank=True, help_text='Of an SMS: the mail beside which it goes.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sms', to='schools.outboxmessage'),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='channel',
            field=models.CharField(choices=[('mail', 'By mail'), ('sms', 'By SMS')], db_default='mail', default='mail', max_length=4),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='to',
            field=models.CharField(help_text='An e-mail address; of an SMS the phone number.', max_length=254),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('beside', None), ('channel', 'mail')), models.Q(('beside__isnull', False), ('channel', 'sms')), _connector='OR'), name='outbox_sms_beside_mail', violation_error_message='An SMS goes beside a mail, and a mail beside nothing.'),
        ),
        migrations.AlterField(
            model_name='suppressedaddress',
            name='address',
            field=models.CharField(help_text='An e-mail address, or a phone number to which SMS went.', max_length=254, unique=True),
        ),
        migrations.AlterField(
            model_name='suppressedaddress',
            name='reason',
            field=models.CharField(choices=[('bounce', 'Mail to it came back'), ('complaint', 'Its reader reported our mail as unwanted'), ('number', 'SMS to it cannot arrive'), ('stop', 'Its reader wants no more SMS')], max_length=9),
        ),
        migrations.RemoveConstraint(
            model_name='suppressedaddress',
            name='suppressed_address_reason',
        ),
        migrations.AddConstraint(
            model_name='suppressedaddress',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['bounce', 'complaint', 'number', 'stop'])), name='suppressed_address_reason', violation_error_message='Choose why no mail goes to the address.'),
        ),
        migrations.AlterField(
            model_name='mailpace',
            name='paused_until',
            field=models.DateTimeField(blank=True, help_text='The mail server, or who takes our SMS, asked us to wait until then.', null=True),
        ),
        migrations.AlterField(
            model_name='mailpace',
            name='recent',
            field=models.JSONField(blank=True, default=list, help_text='The moments at which one left: of the last minute for mail, of this day for SMS.'),
        ),
        migrations.RemoveConstraint(
            model_name='mailpace',
            name='mail_pace_one',
        ),
        migrations.AddConstraint(
            model_name='mailpace',
            constraint=models.CheckConstraint(condition=models.Q(('id__in', [1, 2])), name='mail_pace_rows', violation_error_message='There is a row for mail and one for SMS.'),
        ),
    ]
