from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("schools", "0016_index_of_what_was_given_back")]

    operations = [
        migrations.AlterModelOptions(
            name="contactlog", options={"ordering": ("-day", "-pk"), "verbose_name": "conversation"}
        )
    ]
