"""Whatever a phone sends, the door answers each envelope with a code, keeps what it could read, and never breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.base.models import Envelope
from tests.factories.malformed import stream
from tests.factories.place import PASSWORD
from tests.factories.rounds import Testing
from tests.web.conftest import testing, town

__all__ = ["testing", "town"]


def bodies_of(t: Testing, survey: Any) -> list[tuple[str, dict[str, Any]]]:
    """A whole body of every kind of envelope, about things that are there."""
    person, household = str(t.place.people[0]), str(t.place.households[0])
    desk, round_ = str(t.desks[0].id), str(t.round.id)
    return [
        ("work.note", {"item": str(survey), "move": "finish", "values": {"persons_home": 2, "residence": "own"}}),
        ("rounds.found", {"round": round_, "person": person, "household": household, "name": "新来的", "sex": "f",
                          "birth_date": "1990-01-01", "phone": "13900000000", "presence": "stays"}),
        ("sampling.scan", {"desk": desk, "tube": "T-1", "person": person}),
        ("sampling.undo", {"sample": person}),
        ("sampling.tube", {"tube": "T-1", "counted": 1, "differs": False}),
        ("rounds.note", {"round": round_, "person": person, "says": "away", "reason": "left-city"}),
        ("calls.attend", {"claim": person, "step": "in", "code": "123456"}),
        ("watch.check", {"case": person, "celsius": 36.6, "unwell": False, "note": "好"}),
    ]  # fmt: skip


def send(client: Client, raw: bytes) -> tuple[int, list[dict[str, Any]]]:
    """One upload; the answers."""
    answer = client.post("/field/envelopes", raw, content_type="application/json")
    return answer.status_code, answer.json().get("answers", [])


def check(client: Client, uploads: list[bytes]) -> int:
    """Send them; each envelope has its answer, and the sound one among them is kept. Gives how many were refused."""
    refused = 0
    for raw in uploads:
        sent = json.loads(raw)["envelopes"]
        status, answers = send(client, raw)
        assert status == 200, (status, raw[:300])
        told = {a["id"]: a["code"] for a in answers}
        assert told[sent[-1]["id"]] == "field.kind_unknown"
        assert Envelope.objects.filter(id=sent[-1]["id"], fate="refused").exists()
        for e in sent:
            assert str(e.get("id", "")) in told or len(answers) >= len({str(x.get("id")) for x in sent}), e
        refused += sum(1 for a in answers if a["code"] not in ("", "repeated"))
    return refused


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_thousand_broken_envelopes_are_each_answered_and_none_breaks_the_door(
    testing: Testing, town: Any, seed: int
) -> None:
    client = Client()
    assert client.login(username="grid", password=PASSWORD)
    uploads = stream(bodies_of(testing, town.survey), actor=testing.place.accounts["grid"].id, at=clock.now(), n=1000,
                     seed=seed)  # fmt: skip
    assert check(client, uploads) > 700


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"device": 1}', b"\xff\xfe", b"[" * 100_000, b'"\\ud800"']
)
def test_what_is_no_upload_is_said_and_nothing_of_it_is_taken(testing: Testing, raw: bytes) -> None:
    client = Client()
    assert client.login(username="grid", password=PASSWORD)
    answer = client.post("/field/envelopes", raw, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "field.batch_unreadable")
