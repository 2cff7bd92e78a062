import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0049_steps_can_be_undone'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='schoolchange',
            name='school_change_to_see',
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(django.db.models.functions.text.Lower('email'), name='contact_by_email'),
        ),
        migrations.AddIndex(
            model_name='contactlog',
            index=models.Index(condition=models.Q(('follow_up_on__isnull', False)), fields=['follow_up_on'], name='contact_log_follow_up'),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(fields=['sent_at'], name='outbox_sent'),
        ),
        migrations.AddIndex(
            model_name='school',
            index=models.Index(fields=['trust_code'], name='school_trust'),
        ),
        migrations.AddIndex(
            model_name='school',
            index=models.Index(fields=['federation_code'], name='school_federation'),
        ),
        migrations.AddIndex(
            model_name='schoolchange',
            index=models.Index(condition=models.Q(('seen_at', None)), fields=['visit'], name='school_change_not_seen'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('until_day__isnull', False)), fields=['until_day'], name='session_window'),
        ),
    ]
