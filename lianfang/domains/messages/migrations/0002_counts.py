"""Indexes that count messages by fate up to a time without reading them. Made beside running code."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messages", "0001_initial")]
    operations = [
        AddIndexConcurrently(
            "message", models.Index(fields=["incident_id", "fate", "made_at"], name="message_incident_fate")
        ),
        AddIndexConcurrently("message", models.Index(fields=["area_id", "fate", "made_at"], name="message_area_fate")),
        RemoveIndexConcurrently("message", "messages_me_inciden_72fad8_idx"),
    ]
