from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0040_dropping_out_as_a_batch'),
    ]

    operations = [
        # Sessions come before batches, as in every act, so that none that is under way meanwhile waits for this in a circle.
        migrations.AddField(
            model_name='session',
            name='for_good',
            field=models.BooleanField(db_default=False, default=False, help_text='Of a cancelled session: no other day is looked for.'),
        ),
        migrations.AddField(
            model_name='historicalsession',
            name='for_good',
            field=models.BooleanField(db_default=False, default=False, help_text='Of a cancelled session: no other day is looked for.'),
        ),
        migrations.RemoveConstraint(
            model_name='batch',
            name='batch_kind_known',
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.CharField(choices=[('confirm', 'Confirmed'), ('cancel', 'Cancelled'), ('move', 'Moved'), ('reassign', 'Given to another coordinator'), ('hand_over', 'Area handed over'), ('chase', 'Asked how it went'), ('ask', 'Asked several people to come'), ('leave', 'Membership ended'), ('call', 'Called'), ('drop_out', 'Somebody dropped out or was taken off'), ('assign', 'Put on sessions')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['confirm', 'cancel', 'move', 'reassign', 'hand_over', 'chase', 'ask', 'leave', 'call', 'drop_out', 'assign'])), name='batch_kind_known', violation_error_message='Choose one of the kinds.'),
        ),
    ]
