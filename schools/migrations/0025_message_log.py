import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0024_calendars'),
    ]

    operations = [
        migrations.CreateModel(
            name='MessageTo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages_to', to='schools.contact')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readers', to='schools.outboxmessage')),
                ('volunteer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages_to', to='schools.volunteer')),
            ],
            options={
                'verbose_name': 'reader of a message',
                'verbose_name_plural': 'readers of messages',
                'ordering': ('pk',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', False), ('volunteer', None)), models.Q(('contact', None), ('volunteer__isnull', False)), _connector='OR'), name='message_to_somebody', violation_error_message='It is for a volunteer or for somebody at a school.')],
            },
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(fields=['created_at', 'id'], name='outbox_by_age'),
        ),
    ]
