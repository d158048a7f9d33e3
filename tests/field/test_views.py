"""The device door: who is signed out is told so, the bundle is one's own, what cannot be read is said and not kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.base.models import Envelope
from lianfang.domains.audit.models import PersonRead
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_items
from tests.factories.place import Place
from tests.web.pages import BACKEND, client_of, inline_in, last_entry, services_since

JSON = "application/json"


@pytest.fixture
def items(place: Place) -> dict[str, Any]:
    """A door of each of two grid workers, one of nobody, and one of a kind that does not work offline."""
    now = clock.now()
    owners = {"grid": place.accounts["grid"].id, "grid2": place.accounts["grid2"].id, "free": None}
    made = {n: NewItem(uuid4(), place.area["committee"], "household", h, owner_id=o, due_at=now + timedelta(hours=1))
            for (n, o), h in zip(owners.items(), place.households, strict=False)}  # fmt: skip
    about = NewItem(uuid4(), place.area["committee"], "person", place.people[0], owner_id=owners["grid"])
    for kind, new in (("door-survey", list(made.values())), ("returnee-check", [about])):
        open_items(kind_name=kind, items=new, area_id=place.area["committee"], incident_id=None,
                   by=place.actor("lead"), at=now)  # fmt: skip
    return {**{n: str(i.id) for n, i in made.items()}, "person": str(about.id)}


def note(place: Place, item: str, post: str = "grid", move: str = "no-answer", seq: int = 1) -> dict[str, Any]:
    """One envelope as a phone makes it."""
    return {"id": str(uuid4()), "kind": "work.note", "made_at": clock.now().isoformat(), "seq": seq,
            "actor": str(place.accounts[post].id), "body": {"item": item, "move": move, "values": {}}}  # fmt: skip


def upload(client: Client, *notes: dict[str, Any]) -> Any:
    """Send envelopes."""
    batch = {"device": str(uuid4()), "sent_at": clock.now().isoformat(), "envelopes": notes}
    return client.post("/field/envelopes", json.dumps(batch), content_type=JSON)


@pytest.mark.parametrize("address", ["bundle.json", "settle.json"])
def test_who_is_signed_out_reads_nothing(place: Place, address: str) -> None:
    answer = Client().get(f"/field/{address}")
    assert (answer.status_code, answer.json()) == (401, {"code": "field.signed_out"})


def test_who_is_signed_out_sends_and_settles_nothing(place: Place, items: dict[str, Any]) -> None:
    for answer in (upload(Client(), note(place, items["grid"])), Client().post(f"/field/settle/{uuid4()}")):
        assert (answer.status_code, answer.json()) == (401, {"code": "field.signed_out"})
    assert not Envelope.objects.exists()


def test_the_bundle_holds_my_items_only_with_whole_units_and_the_read_is_recorded(
    place: Place, items: dict[str, Any]
) -> None:
    bundle = client_of(place, "grid").get("/field/bundle.json").json()
    assert {i["id"] for i in bundle["items"]} == {items["grid"], items["person"]}
    assert {k.split()[0] for k in bundle["kinds"]} == {"door-survey", "returnee-check"}
    assert any(place.names[0] in i["unit"] for i in bundle["items"])
    assert bundle["actor"] == str(place.accounts["grid"].id) and bundle["to_settle"] == 0
    assert client_of(place, "neighbour_grid").get("/field/bundle.json").json()["items"] == []
    (read,) = PersonRead.objects.all()
    assert (read.actor_id, read.subjects, read.door) == (
        place.accounts["grid"].id,
        [place.people[0]],
        "field-bundle",
    )


def test_a_note_is_taken_once_and_its_answer_says_so(place: Place, items: dict[str, Any]) -> None:
    client, one, mark = client_of(place, "grid"), note(place, items["grid"]), last_entry()
    assert [a["code"] for a in upload(client, one).json()["answers"]] == [""]
    assert [a["code"] for a in upload(client, one).json()["answers"]] == ["repeated"]
    assert Envelope.objects.count() == 1 and Item.objects.get(id=items["grid"]).attempts == 1
    assert services_since(mark).count("work.make_moves") == 1


def test_without_the_forms_token_nothing_is_taken(place: Place, items: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(place.accounts["grid"], BACKEND)
    assert upload(client, note(place, items["grid"])).status_code == 403
    assert client.post(f"/field/settle/{uuid4()}").status_code == 403
    assert not Envelope.objects.exists()
    client.get("/field/")  # the shell brings the token
    batch = {"device": str(uuid4()), "sent_at": clock.now().isoformat(), "envelopes": [note(place, items["grid"])]}
    token = client.cookies["csrftoken"].value
    answer = client.post("/field/envelopes", json.dumps(batch), content_type=JSON, headers={"X-CSRFToken": token})
    assert answer.status_code == 200 and Envelope.objects.count() == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"device": 1}', b"\xff\xfe", b'{"device": "x", "sent_at": "now", "envelopes": []}']
)
def test_what_cannot_be_read_is_said_and_nothing_is_kept(place: Place, body: bytes) -> None:
    answer = client_of(place, "grid").post("/field/envelopes", body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "field.batch_unreadable")
    assert not Envelope.objects.exists()


def test_an_upload_too_large_is_refused_with_its_code(place: Place, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
    answer = client_of(place, "grid").post("/field/envelopes", b" " * 21, content_type=JSON)
    assert answer.status_code == 413 and answer.json() == {"code": "field.batch_too_large"}


def test_a_refused_note_waits_in_words_until_it_is_left_and_only_for_who_made_it(
    place: Place, items: dict[str, Any]
) -> None:
    client = client_of(place, "grid")
    bad = note(place, items["grid"], move="finish")
    bad["body"]["values"] = {"persons_home": 2}
    assert [a["code"] for a in upload(client, bad).json()["answers"]] == ["work.field_missing"]
    assert client.get("/field/bundle.json").json()["to_settle"] == 1
    (row,) = client.get("/field/settle.json").json()["rows"]
    assert row["why"] == "A value is missing." and row["unit"] == "花园 1 栋 1 单元 101"
    assert row["said"] == "Note this household · People at home 2" and row["kind"] == "Door survey"
    assert client_of(place, "grid2").get("/field/settle.json").json()["rows"] == []
    assert client_of(place, "grid2").post(f"/field/settle/{row['id']}").status_code == 404
    assert client.post(f"/field/settle/{row['id']}", {"how": "left"}).status_code == 200
    assert client.get("/field/settle.json").json()["rows"] == []


def test_the_shell_and_its_worker_hold_no_person_and_no_inline_code(place: Place, items: dict[str, Any]) -> None:
    client = client_of(place, "grid")
    shell, worker = client.get("/field/"), client.get("/field/sw.js")
    assert shell.status_code == worker.status_code == 200 and inline_in(shell) == []
    assert worker.headers["Content-Type"].startswith("text/javascript")
    for answer in (shell, worker):
        assert not [n for n in place.names if n in answer.content.decode()]
