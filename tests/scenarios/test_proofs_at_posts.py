"""Proof of place and photo: asked in an emergency alone and where it was decided, kept as little as serves."""

from __future__ import annotations

import base64
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianfang.domains.calls.models import Claim, DutyNote
from lianfang.domains.editions.services import override_value
from lianfang.domains.incidents.models import Incident
from lianfang.domains.incidents.services import set_mode
from lianfang.domains.places.services import register_place
from tests.domains.calls.rules.test_proofs import PICTURE, PLACE, segment
from tests.factories.call import called, shift_of, volunteers
from tests.factories.place import Place
from tests.factories.rounds import outbreak_in
from tests.scenarios.test_call_rows import browser_of, press, travel
from tests.web.pages import client_of, refusal, text_of

pytestmark = pytest.mark.database
HOUR = timedelta(hours=1)
POST = (113.6, 24.8)


def decided(town: Place, **values: int) -> None:
    """The county has decided what is asked in the district (place, photo: 1)."""
    for name, value in values.items():
        override_value(override_id=uuid4(), code="common-1", name=f"{name}_proof_at_post", to_at=None, new_value=value,
                       area_id=town.area["district"], reason="村口卡点夜里要核实", by=town.actor("county", town.at),
                       approved_by=town.accounts["command"].id, at=town.at)  # fmt: skip


@pytest.fixture
def on_duty(place: Place, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, UUID, Incident]:
    """A volunteer on duty at a post whose place is known, in an emergency of the district."""
    incident = outbreak_in(place, at=place.at)
    gate = register_place(place_id=uuid4(), kind="service-post", name="村口卡点", name_en="", capacity={"post": 4},
                          area_id=place.area["committee"], lon=POST[0], lat=POST[1], incident_id=incident.id,
                          by=place.system, at=place.at)  # fmt: skip
    (who,) = volunteers(place, 1)
    shift = shift_of(called(place, 2, post="lead", place_id=gate.id))
    claim = uuid4()
    travel(monkeypatch, place.at)
    assert press(who, shift, claim).status_code == 302
    travel(monkeypatch, shift.starts_at)
    assert client_of(place, "lead").post(f"/calls/claims/{claim}/present").status_code == 302
    return browser_of(who), claim, incident


def at_point(client: Client, claim: UUID, lon: object = POST[0], lat: object = POST[1], **more: object) -> object:
    return client.post(f"/calls/claims/{claim}/proof", {"id": uuid4(), "lon": lon, "lat": lat, **more})


def photo(name: str = "a.jpg", data: bytes = PICTURE) -> dict[str, SimpleUploadedFile]:
    return {"photo": SimpleUploadedFile(name, data, "image/jpeg")}


def test_nothing_is_asked_nor_taken_unless_it_was_decided_and_while_it_is_an_emergency(
    place: Place, on_duty: tuple[Client, UUID, Incident]
) -> None:
    mine, claim, incident = on_duty
    assert "Proof of being here" not in text_of(mine.get("/calls/mine"))
    refusal(at_point(mine, claim), 409, "calls.proof_not_asked")
    refusal(mine.post(f"/calls/claims/{claim}/proof", {"id": uuid4(), **photo()}), 409, "calls.proof_not_asked")
    decided(place, place=1)
    page = mine.get("/calls/mine").content.decode()
    assert "I am here" in page and "Take a photo" not in page  # each on its own
    refusal(mine.post(f"/calls/claims/{claim}/proof", {"id": uuid4(), **photo()}), 409, "calls.proof_not_asked")
    assert at_point(mine, claim).status_code == 302
    set_mode(
        incident_id=incident.id, mode="routine", reason="转入常态", by=place.actor("command", place.at), at=place.at
    )
    assert "Proof of being here" not in text_of(mine.get("/calls/mine"))
    refusal(at_point(mine, claim), 409, "calls.proof_not_asked")
    assert DutyNote.objects.filter(kind="proof").count() == 1


def test_of_where_somebody_is_only_how_far_from_the_post_is_kept(
    place: Place, on_duty: tuple[Client, UUID, Incident]
) -> None:
    mine, claim, _ = on_duty
    decided(place, place=1)
    for lat, metres in ((POST[1], 0), (POST[1] + 0.001, 150), (POST[1] + 3, 5000)):
        assert at_point(mine, claim, lat=lat).status_code == 302
        note = DutyNote.objects.filter(kind="proof").order_by("-at", "-id").get(values__metres=metres)
        assert note.values == {"metres": metres} and bytes(note.sealed) == b""
    again = {"id": str(note.id)}
    assert at_point(mine, claim, **again).status_code == 302 and DutyNote.objects.filter(kind="proof").count() == 3
    board = text_of(client_of(place, "lead").get("/calls/duty"))
    assert "m from the post" in board and "113.6" not in board
    for n in range(22):
        at_point(mine, claim, lat=POST[1] + n)
    refusal(at_point(mine, claim), 422, "calls.unfit")  # more prove no more
    assert DutyNote.objects.filter(kind="proof").count() == 24
    DutyNote.objects.filter(kind="proof").delete()
    for lon, lat in (("", ""), ("abc", "1"), ("nan", "1"), (200, 10), (10, 95)):
        refusal(at_point(mine, claim, lon, lat), 422, "calls.unfit")


def test_a_photo_is_sealed_and_shown_to_who_leads_the_post_alone(
    place: Place, on_duty: tuple[Client, UUID, Incident]
) -> None:
    mine, claim, _ = on_duty
    decided(place, photo=1)
    told = PICTURE[:2] + segment(0xE1, PLACE) + PICTURE[2:]
    sent = mine.post(f"/calls/claims/{claim}/proof", {"id": uuid4(), **photo(data=told)})
    assert sent.status_code == 302 and "Photo kept" in text_of(mine.get("/calls/mine"))
    note = DutyNote.objects.get(kind="proof")
    raw = bytes(note.sealed)
    assert PICTURE not in raw and base64.b64encode(PICTURE) not in raw and PLACE not in raw
    lead = client_of(place, "lead")
    assert f"/calls/claims/{claim}/photo" in lead.get("/calls/duty").content.decode()
    shown = lead.get(f"/calls/claims/{claim}/photo")
    assert shown.content == PICTURE and shown["Content-Type"] == "image/jpeg" and "no-store" in shown["Cache-Control"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    for other in ("neighbour", "volunteer"):
        refusal(client_of(place, other).get(f"/calls/claims/{claim}/photo"), 404, "calls.proof_missing")
    for data in (b"<script>", b"\x89PNG\r\n", PICTURE + bytes(500_000)):
        refusal(mine.post(f"/calls/claims/{claim}/proof", {"id": uuid4(), **photo(data=data)}), 422, "calls.unfit")


def test_nobody_proves_for_another_nor_before_or_after_his_duty(
    place: Place, on_duty: tuple[Client, UUID, Incident], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, claim, _ = on_duty
    decided(place, place=1, photo=1)
    (stranger,) = volunteers(place, 1)
    refusal(at_point(browser_of(stranger), claim), 403, "accounts.right_missing")
    refusal(at_point(client_of(place, "lead"), claim), 403, "accounts.right_missing")
    refusal(at_point(mine, uuid4()), 404, "calls.claim_missing")
    for client, status, code in ((mine, 403, "accounts.right_missing"), (client_of(place, "lead"), 422, "calls.unfit")):
        refusal(client.post(f"/calls/claims/{claim}/note", {"id": uuid4(), "kind": "proof"}), status, code)
    travel(monkeypatch, Claim.objects.get(id=claim).shift.ends_at)
    assert mine.post(f"/calls/claims/{claim}/leave").status_code == 302
    refusal(at_point(mine, claim), 409, "calls.not_in")
