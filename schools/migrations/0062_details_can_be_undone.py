from django.db import migrations, models


def back(apps, schema_editor):
    """Drop the batches that the version before does not know: what they did stays done, and can be undone no more."""
    schema_editor.execute("DELETE FROM schools_batch WHERE kind = 'change'")
    if schema_editor.connection.vendor == "postgresql":
        # What refers to batches is checked now: a table of which that is still to be checked cannot be altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0061_credentials_of_the_charity'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='batch',
            name='batch_kind_known',
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.CharField(choices=[('confirm', 'Confirmed'), ('cancel', 'Cancelled'), ('move', 'Moved'), ('reassign', 'Given to another coordinator'), ('hand_over', 'Area handed over'), ('chase', 'Asked how it went'), ('ask', 'Asked several people to come'), ('leave', 'Membership ended'), ('call', 'Called'), ('drop_out', 'Somebody dropped out or was taken off'), ('assign', 'Put on sessions'), ('dates', 'Dates offered'), ('step', 'A volunteer’s step'), ('tell', 'Ticked that people know'), ('book', 'Booked'), ('add', 'Sessions added'), ('guests', 'Guest school added, changed or taken off'), ('answer', 'Answer written down'), ('request', 'Request of a school seen to'), ('invite', 'Invited to sign in'), ('change', 'Details changed')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['confirm', 'cancel', 'move', 'reassign', 'hand_over', 'chase', 'ask', 'leave', 'call', 'drop_out', 'assign', 'dates', 'step', 'tell', 'book', 'add', 'guests', 'answer', 'request', 'invite', 'change'])), name='batch_kind_known', violation_error_message='Choose one of the kinds.'),
        ),
        migrations.RunPython(migrations.RunPython.noop, back),
    ]
