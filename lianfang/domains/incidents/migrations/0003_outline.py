"""The outline of a zone version, kept when it comes into force; empty for those drawn by the code before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("areas", "0001_initial"), ("grid", "0003_counts"), ("incidents", "0002_cascades_and_measures")]
    operations = [migrations.AddField("zoneversion", "outline", models.JSONField(null=True))]
