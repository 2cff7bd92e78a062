from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("schools", "0017_safeguarding_notice")]

    operations = [
        migrations.AlterModelOptions(
            name="contactlog", options={"ordering": ("-day", "-pk"), "verbose_name": "conversation"}
        )
    ]
