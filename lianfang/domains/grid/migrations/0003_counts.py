"""Indexes that a district's counts read alone. Made beside running code; what they stand in for goes last."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("areas", "0001_initial"), ("grid", "0002_settled_rows")]
    operations = [
        AddIndexConcurrently(
            "presence",
            models.Index(
                fields=["building", "kind"],
                include=["person"],
                condition=models.Q(to_on=None),
                name="presence_building_kind",
            ),
        ),
        AddIndexConcurrently(
            "presence",
            models.Index(
                fields=["area", "kind", "household"],
                include=["building", "person"],
                condition=models.Q(to_on=None),
                name="presence_area_kind",
            ),
        ),
        RemoveIndexConcurrently("presence", "presence_building_now"),
        RemoveIndexConcurrently("presence", "presence_area_now"),
        # The foreign key has an index of its own.
        RemoveIndexConcurrently("presence", "presence_person"),
    ]
