from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0048_dates_move_visits'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='batch',
            name='batch_kind_known',
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.CharField(choices=[('confirm', 'Confirmed'), ('cancel', 'Cancelled'), ('move', 'Moved'), ('reassign', 'Given to another coordinator'), ('hand_over', 'Area handed over'), ('chase', 'Asked how it went'), ('ask', 'Asked several people to come'), ('leave', 'Membership ended'), ('call', 'Called'), ('drop_out', 'Somebody dropped out or was taken off'), ('assign', 'Put on sessions'), ('dates', 'Dates offered'), ('step', 'A volunteer’s step')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['confirm', 'cancel', 'move', 'reassign', 'hand_over', 'chase', 'ask', 'leave', 'call', 'drop_out', 'assign', 'dates', 'step'])), name='batch_kind_known', violation_error_message='Choose one of the kinds.'),
        ),
    ]
