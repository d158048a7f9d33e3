"""Every list that leaves is written down once, personal fields for a reason only; the log is linked in order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction

from lianfang.base.models import LogEntry
from lianfang.domains.audit.errors import ExportDiffers, ExportWithoutReason
from lianfang.domains.audit.models import ChainHead, ChainLink, Export, PersonRead
from lianfang.domains.audit.planning import new_head
from lianfang.domains.audit.queries import exports_by, last_link
from lianfang.domains.audit.services import Exported, link_entries, record_export, record_head, record_reads
from tests.conftest import T0
from tests.domains.audit.conftest import BY, link, write
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


def test_a_file_and_a_read_leave_their_digest_in_the_log(place: Place) -> None:
    lead = place.actor("lead")
    record_reads(door_name="household", fields=["name"], subjects=place.people[:2], by=lead, at=place.at)
    told = LogEntry.objects.latest("id").told
    assert told["row"] == str(PersonRead.objects.get().id) and len(told["row_digest"]) == 64
    made = record_export(export_id=uuid4(), area_id=None, exported=LIST, why="x", by=lead, at=place.at)
    told = LogEntry.objects.latest("id").told
    assert told["row"] == str(made.id) and len(told["row_digest"]) == 64


def test_links_follow_each_other_and_hold_at_most_as_many_as_asked(own_database: None, own_keys: Path) -> None:
    link()
    write(7)
    before = last_link()
    assert before
    asked = {"limit": 3, "by": BY, "at": T0}
    assert [link_entries(**asked) for _ in range(4)] == [3, 3, 1, 0]
    links = list(ChainLink.objects.filter(number__gt=before.number).order_by("number"))
    assert [x.count for x in links] == [3, 3, 1] and links[-1].total == before.total + 7
    assert [bytes(x.previous) for x in links] == [bytes(x.digest) for x in (before, *links[:-1])]
    assert not LogEntry.objects.filter(service__startswith="audit.link").exists()


def test_a_head_of_the_same_hour_is_kept_once(own_database: None, own_keys: Path) -> None:
    link()
    row = last_link()
    assert row
    one, other = (new_head(row, before=None, at=T0) for _ in range(2))
    kept = record_head(head=one, by=BY, at=T0)
    assert record_head(head=other, by=BY, at=T0).number == kept.number == 1 and ChainHead.objects.count() == 1
