"""What tests of the pages of a round share: its board as a post sees it, what forms send, samples and results."""

from __future__ import annotations

from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from lianfang.base import clock
from lianfang.domains.sampling.services import Closing, Scan, close_tubes, take_scans
from tests.factories.rounds import Testing
from tests.web.pages import client_of


def board(
    t: Testing, post: str = "grid", where: str = "committee", language: str = "en", **more: object
) -> HttpResponse:
    """The board of an area as a post sees it."""
    query = "&".join(f"{k}={v}" for k, v in {"area": t.place.area[where], **more}.items())
    return client_of(t.place, post, language).get(f"/rounds/{t.round.id}/board?{query}")


def sent_from(t: Testing, people: list[int], **more: str) -> dict[str, object]:
    """What the form of the first door sends."""
    building, door = t.place.buildings["committee"][0], t.place.households[0]
    return {"id": uuid4(), "area": t.place.area["committee"], "building": building, "door": door,
            "unit": [t.place.people[n] for n in people], **more}  # fmt: skip


def sample(t: Testing, people: list[int], *, tube: str = "SG-0001") -> None:
    """People sampled at the first desk."""
    by, at = t.place.actor("sampler"), clock.now()
    scans = [Scan(uuid4(), t.desks[0].id, tube, by, at, n, person_id=t.place.people[p]) for n, p in enumerate(people)]
    assert {o.code for o in take_scans(scans=scans, by=by, at=at)} == {""}


def upload(
    t: Testing, rows: list[tuple[str, str]], post: str = "laboratory", name: str = "results.csv"
) -> HttpResponse:
    """Send a file of results."""
    text = "管号,结果\n" + "".join(f"{a},{b}\n" for a, b in rows)
    file = SimpleUploadedFile(name, text.encode(), "text/csv")
    return client_of(t.place, post).post("/sampling/results", {"id": uuid4(), "file": file})


def close_tube(t: Testing, code: str, n: int) -> None:
    by, at = t.place.actor("sampler"), clock.now()
    assert close_tubes(closings=[Closing(uuid4(), code, n, by, at)], by=by, at=at)[0].code == ""
