"""Every list that leaves as a file is written down once, and personal fields leave for a reason only."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction

from lianfang.base.models import LogEntry
from lianfang.domains.audit.errors import ExportDiffers, ExportWithoutReason
from lianfang.domains.audit.models import Export
from lianfang.domains.audit.queries import exports_by
from lianfang.domains.audit.services import Exported, record_export
from tests.factories.place import Place

pytestmark = pytest.mark.database
LIST = Exported("work.errand", {"state": "open"}, "csv", ["unit", "phone"], ["phone"], 3, 3)


def test_a_file_is_written_down_with_who_what_how_many_and_why(place: Place) -> None:
    lead = place.actor("lead")
    ask = {"export_id": uuid4(), "area_id": place.area["committee"], "by": lead, "at": place.at}
    first = record_export(**ask, exported=LIST, why="回访 ")
    entries = LogEntry.objects.count()
    assert record_export(**ask, exported=LIST, why="回访").id == first.id and LogEntry.objects.count() == entries
    (kept,) = exports_by(lead.id)
    assert (kept.what, kept.rows, kept.personal_fields, kept.why) == ("work.errand", 3, ["phone"], "回访")
    assert LogEntry.objects.latest("id").told["why"] == "回访 "
    for other in (replace(LIST, rows=4), replace(LIST, format="xlsx"), replace(LIST, personal_fields=[])):
        with pytest.raises(ExportDiffers):
            record_export(**ask, exported=other, why="回访")


def test_personal_fields_leave_for_a_reason_only(place: Place) -> None:
    ask = {"area_id": place.area["committee"], "by": place.actor("lead"), "at": place.at}
    with pytest.raises(ExportWithoutReason):
        record_export(**ask, export_id=uuid4(), exported=LIST, why="  ")
    assert not Export.objects.exists()
    record_export(**ask, export_id=uuid4(), exported=replace(LIST, personal_fields=[]), why="")
    assert Export.objects.count() == 1


def test_the_record_can_neither_be_changed_nor_removed(place: Place) -> None:
    record_export(export_id=uuid4(), area_id=None, exported=LIST, why="x", by=place.actor("lead"), at=place.at)
    for change in (lambda: Export.objects.update(rows=0), lambda: Export.objects.all().delete()):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
