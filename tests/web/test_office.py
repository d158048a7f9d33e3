"""An office without an account: one link, one thing, once; as that office's word, and nothing more."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianfang.base import clock
from lianfang.base.models import LogEntry
from lianfang.domains.decisions.models import OfficeLink
from lianfang.domains.decisions.queries import link_token
from lianfang.domains.sampling.models import LabFile, Tube
from tests.factories.rounds import Testing
from tests.web.conftest import Town
from tests.web.pages import client_of, refusal
from tests.web.round_pages import close_tube, sample

ASKS = "今晚八点前能收一位待产妇吗"


def made(town: Town, *, act: str = "confirm", post: str = "command", **more: str) -> OfficeLink:
    """A link that a post made on the page."""
    link = uuid4()
    sent = {"id": str(link), "office": "市妇幼保健院", "act": act, "asks": ASKS, "hours": "12", **more}
    answer = client_of(town.place, post).post("/offices/ask", sent)
    assert answer.status_code == 302, answer.content[:300]
    return OfficeLink.objects.get(id=link)


def path(link: OfficeLink) -> str:
    """Where the link leads."""
    return f"/office/{link_token(link)}"


def visitor() -> Client:
    """A browser in which nobody is signed in."""
    return Client(HTTP_ACCEPT_LANGUAGE="en")


def test_an_office_declines_once_in_its_own_words_and_the_asker_reads_it(town: Town) -> None:
    link = made(town)
    text = visitor().get(path(link)).content.decode()
    assert ASKS in text and "市妇幼保健院" in text and town.place.names[0] not in text
    said = {"says": "declined", "note": "产房满员，请转二院"}
    for _ in range(2):  # pressed twice
        assert visitor().post(path(link), said).status_code == 302
    link.refresh_from_db()
    assert link.said == "declined" and "产房满员" not in str(vars(link)) and "产房".encode() not in bytes(link.sealed)
    refusal(visitor().post(path(link), {"says": "confirmed"}), 409, "decisions.link_over")
    assert "declined" in visitor().get(path(link)).content.decode()
    assert "产房满员，请转二院" in client_of(town.place, "command").get("/offices").content.decode()
    entry = LogEntry.objects.filter(service="decisions.speak_by_link").get()
    assert entry.actor_id == link.id and "产房" not in str(entry.told)


def test_a_changed_ended_or_late_link_opens_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    link = made(town)
    token = link_token(link)
    for wrong in (token[:-1] + ("B" if token[-1] == "A" else "A"), token[:20], "x", "A" * 300, "%00", token + "AA"):
        refusal(visitor().get(f"/office/{wrong}"), 404, "decisions.link_missing")
    other = made(town)
    mixed = OfficeLink(id=other.id, until_at=link.until_at + timedelta(hours=1))
    refusal(visitor().get(path(mixed)), 404, "decisions.link_missing")  # another end than the one that was signed
    assert client_of(town.place, "command").post(f"/offices/{other.id}/revoke").status_code == 302
    refusal(visitor().get(path(other)), 409, "decisions.link_over")
    later = clock.now() + timedelta(hours=12)
    monkeypatch.setattr(clock, "now", lambda: later)
    refusal(visitor().post(path(link), {"says": "confirmed"}), 409, "decisions.link_over")
    assert OfficeLink.objects.get(id=link.id).said == ""


def test_who_may_not_ask_makes_no_link_and_sees_none(town: Town) -> None:
    link = made(town)
    for post in ("volunteer", "resident", "auditor"):
        refusal(client_of(town.place, post).get("/offices"), 403, "accounts.right_missing")
    neighbour = client_of(town.place, "neighbour")
    assert "市妇幼保健院" not in neighbour.get("/offices").content.decode()
    refusal(neighbour.post(f"/offices/{link.id}/revoke"), 403, "accounts.right_missing")
    here = {"id": str(uuid4()), "office": "x", "act": "confirm", "asks": "y", "area": str(town.place.area["district"])}
    refusal(neighbour.post("/offices/ask", here), 403, "accounts.right_missing")
    command = client_of(town.place, "command")
    for field, value in (("office", " "), ("asks", ""), ("act", "all")):
        sent = {"id": str(uuid4()), "office": "x", "act": "confirm", "asks": "y", "hours": "2", field: value}
        refusal(command.post("/offices/ask", sent), 422, "decisions.link_unfit")
    assert OfficeLink.objects.count() == 1


def results(*rows: str) -> SimpleUploadedFile:
    """A file of results."""
    return SimpleUploadedFile("r.csv", "\n".join(("管号,结果", *rows)).encode(), "text/csv")


def test_a_laboratory_without_an_account_sends_its_file_once_and_for_its_area_alone(
    testing: Testing, town: Town
) -> None:
    sample(testing, [0, 1], tube="SG-0001")
    close_tube(testing, "SG-0001", 2)
    far = made(town, act="file", post="neighbour")
    answer = visitor().post(path(far), {"file": results("SG-0001,阴性")})
    assert answer.status_code == 200 and Tube.objects.get().result == ""  # the neighbour's link reaches no tube here
    link = made(town, act="file")
    refusal(visitor().post(path(link)), 422, "sampling.file_unreadable")
    wrong = visitor().post(path(link), {"file": results("SG-7777,阴性")})  # another round's file: the link still serves
    assert "1 rows came in, 0 were taken, 1 refused" in wrong.content.decode()
    answer = visitor().post(path(link), {"file": results("SG-0001,阴性", "SG-9999,阴性")})
    assert "2 rows came in, 1 were taken, 1 refused" in answer.content.decode()
    assert Tube.objects.get().result == "negative" and LabFile.objects.latest("at").by == link.id
    again = visitor().post(path(link), {"file": results("SG-0001,阴性", "SG-9999,阴性")})
    assert again.status_code == 200 and LabFile.objects.count() == 3  # the same file, sent again on a bad line
    refusal(visitor().post(path(link), {"file": results("SG-0001,阳性")}), 409, "decisions.link_over")
    assert Tube.objects.get().result == "negative" and LabFile.objects.count() == 3


def test_a_positive_file_by_link_recalls_people_though_the_office_may_read_nobody(testing: Testing, town: Town) -> None:
    sample(testing, [0, 1], tube="SG-0001")
    close_tube(testing, "SG-0001", 2)
    answer = visitor().post(path(made(town, act="file")), {"file": results("SG-0001,阳性")})
    text = answer.content.decode()
    assert answer.status_code == 200, text
    assert town.place.names[0] not in text
    assert Tube.objects.get().result == "positive"
    assert LogEntry.objects.filter(service="tracing.open_trace").exists()
