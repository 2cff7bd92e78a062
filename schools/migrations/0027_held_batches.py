from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0026_edited_texts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='batch',
            name='batch_kind_known',
        ),
        migrations.AddField(
            model_name='batch',
            name='held_until',
            field=models.DateTimeField(blank=True, help_text='Until then nobody is told anything about its visits.', null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='messages',
            field=models.JSONField(blank=True, help_text='The ids of the messages that it wrote.', null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='visits',
            field=models.JSONField(blank=True, help_text='The ids of the visits that it is about.', null=True),
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.CharField(choices=[('confirm', 'Confirmed'), ('cancel', 'Cancelled'), ('move', 'Moved'), ('reassign', 'Given to another coordinator'), ('hand_over', 'Area handed over'), ('chase', 'Asked how it went')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('held_until__isnull', False)), fields=['held_until'], name='batch_held'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['confirm', 'cancel', 'move', 'reassign', 'hand_over', 'chase'])), name='batch_kind_known', violation_error_message='Choose one of the kinds.'),
        ),
    ]
