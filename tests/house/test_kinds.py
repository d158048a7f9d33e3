"""A kind added by TOML alone runs through page, offline form, search, figure, export and purge."""

from __future__ import annotations

import csv
import io
import tomllib
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from lianfang.base.envelopes import read_batch
from lianfang.domains.editions.services import load_kinds
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import report_signal
from lianfang.domains.reports.queries import Scope, figure
from lianfang.domains.work.models import Item
from lianfang.domains.work.queries import board, personal_values
from lianfang.domains.work.services import NewItem, open_item
from lianfang.field.kinds import run_envelopes
from lianfang.flows.enter_phase import enter_phase
from lianfang.flows.open_incident import open_incident
from lianfang.flows.purge import certify, destroy_personal
from lianfang.flows.take_envelopes import take_envelopes
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.database

SANDBAGS = """
kind = "sandbag-wall"
version = 1
mechanism = "work"
words = { zh = "垒沙袋", en = "Sandbag wall" }
note = { zh = "在门口垒沙袋挡水", en = "Sandbags against water at a door" }
unit = "household"
counted = { unit = "bag", zh = "袋", en = "bags" }
counted_field = "bags"
scope = "incident"
parents = []
spot_check_percent = 100
closing_by_other = false
offline = true
risk = { class = "medium", kit = ["gloves"], training = [] }
list_columns = ["unit", "bags", "due_at"]
print_columns = ["unit", "bags"]

[[fields]]
name = "bags"
words = { zh = "几袋", en = "Bags" }
type = "whole"
unit = "袋"
required_at = ["finish"]
personal = "none"

[[fields]]
name = "phone"
words = { zh = "联系电话", en = "Phone" }
type = "text"
required_at = []
personal = "contact"
retention = "plea"

[[states]]
name = "asked"
words = { zh = "待垒", en = "Asked" }
first = true
tone = "todo"

[[states]]
name = "built"
words = { zh = "已垒", en = "Built" }
closed = true
tone = "done"

[[moves]]
name = "finish"
words = { zh = "垒好了", en = "Built" }
from = ["asked"]
to = "built"
who = ["owner", "area"]

[[clocks]]
name = "finish"
words = { zh = "办结时限", en = "Time to finish" }
in_states = ["asked"]
minutes = 90
escalate_to = "duty-officer"
"""


def exported(client: Client, query: str = "") -> list[list[str]]:
    """The heads and the one row of the new kind as a file, personal fields too."""
    form = {"format": "csv", "personal": "1", "why": "a test"}
    answer = client.post(reverse("work-export", args=["sandbag-wall"]) + query, form, headers={"accept-language": "en"})
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"), newline="")))


@pytest.fixture
def flood(place: Place) -> Incident:
    """An incident in which the new kind is used; the kind came as TOML and nothing else."""
    load_kinds(kinds=[tomllib.loads(SANDBAGS)], by=place.actor("admin"), at=place.at)
    signal = report_signal(
        signal_id=uuid4(),
        kind="weather-alert",
        case_class="red",
        edition_code="cn-heat-1",
        area_id=place.area["district"],
        building_id=None,
        count=1,
        source="test",
        found_at=place.at,
        by=place.actor("officer"),
        at=place.at,
    )
    return open_incident(
        incident_id=uuid4(),
        signal_id=signal.id,
        area_id=place.area["district"],
        is_drill=False,
        by=place.actor("command"),
        at=place.at,
    )


def test_a_kind_added_by_toml_alone_runs_through_everything(place: Place, flood: Incident, client: Client) -> None:
    lead, worker = place.actor("lead"), place.actor("grid")
    item_id = open_item(
        kind_name="sandbag-wall",
        incident_id=flood.id,
        by=lead,
        at=place.at,
        item=NewItem(
            uuid4(),
            place.area["committee"],
            "household",
            place.households[0],
            owner_id=worker.id,
            values={"phone": "13800001234"},
            due_at=place.at + timedelta(hours=2),
        ),
    )
    # The row holds the number sealed, never in clear.
    item = Item.objects.get(id=item_id)
    assert b"13800001234" not in bytes(item.sealed) and "phone" not in item.values
    assert personal_values(item, by=worker) == {"phone": "13800001234"}
    assert [i.id for i in board(by=lead, text="沙袋")[0]] == [item_id]

    client.login(username="grid", password=PASSWORD)
    assert "垒沙袋" in client.get(reverse("work-item", args=[item_id])).content.decode()
    assert "Sandbag wall" in client.get(reverse("work-kinds"), headers={"accept-language": "en"}).content.decode()
    assert "花园" in client.get(reverse("work-print", args=["sandbag-wall"])).content.decode()
    head, row = exported(client)
    assert head[:3] == ["About", "Bags (袋)", "Due"] and "Phone" in head and row[head.index("Phone")] == "13800001234"
    bundle = client.get(reverse("field-bundle")).json()
    assert bundle["kinds"]["sandbag-wall 1"]["fields"][0]["name"] == "bags" and bundle["items"][0]["id"] == str(item_id)

    now = place.at + timedelta(minutes=30)
    raw = msgspec.json.encode(
        {
            "device": uuid4(),
            "sent_at": now,
            "envelopes": [
                {
                    "id": uuid4(),
                    "kind": "work.note",
                    "made_at": now,
                    "seq": 1,
                    "actor": worker.id,
                    "body": {"item": item_id, "move": "finish", "values": {"bags": 40}},
                }
            ],
        }
    )
    reading = read_batch(raw, at=now)
    answers = take_envelopes(
        reading=reading,
        by=worker,
        at=now,
        handle=lambda name, sent: run_envelopes(name, sent, clock_off=reading.clock_off, by=worker, at=now),
    )
    assert [a["code"] for a in answers] == [""]
    line = figure("work.sandbag-wall.done", Scope(place.area["district"], now, flood), by=place.actor("county"))
    assert line.value == 40 and line.unit["en"] == "bags"
    assert Item.objects.get(id=item_id).spot_check == "drawn"

    enter_phase(incident_id=flood.id, phase="closed", reason="r", by=place.actor("command"), at=now)
    destroy_personal(destruction_id=uuid4(), incident_id=flood.id, classes=["plea"], why="its date",
                     by=place.actor("admin"), at=now)  # fmt: skip
    assert certify(by=place.actor("admin"), at=now) == 1
    assert not any(personal_values(Item.objects.get(id=item_id), by=worker).values())
    head, row = exported(client, "?closed=1")
    assert row[head.index("Phone")] == "" and row[head.index("Bags (袋)")] == "40"
    after = figure("work.sandbag-wall.done", Scope(place.area["district"], now, flood), by=place.actor("county"))
    assert after.value == 40
