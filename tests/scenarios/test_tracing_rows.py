"""Rows of tracing shown through pages: visits to candidates, contacts through their states, the brief to a draft."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianfang.base import clock
from lianfang.domains.incidents.models import Incident, ZoneVersion
from lianfang.domains.tracing.models import Contact, Trace
from lianfang.domains.watch.models import WatchCase
from lianfang.domains.watch.rules import LOCAL
from tests.factories.place import Place
from tests.factories.tracing import outbreak_in
from tests.web.pages import client_of, masked, names_in, refusal, text_of

TEA, BATH = "老街茶楼", "河西浴室"


@pytest.fixture
def incident(place: Place) -> Incident:
    return outbreak_in(place, at=clock.now()).incident


def row(place: Place, person: int, venue: str, begins: float, ends: float) -> str:
    """One stay of the n-th person, so many hours ago."""

    def shown(hours: float) -> str:
        moment: datetime = clock.now() - timedelta(hours=hours)
        return moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")

    return f"{place.names[person]},{person:04},{venue},{shown(begins)},{shown(ends)}"


def brought(client: Client, incident: Incident, rows: list[str]) -> str:
    """Bring rows in by the page; gives what it said."""
    file = SimpleUploadedFile("a.csv", "\n".join(["姓名,证件尾号,场所,进入,离开", *rows]).encode(), "text/csv")
    return text_of(
        client.post("/tracing/import", {"id": uuid4(), "incident": incident.id, "source": "扫码", "file": file})
    )


def traced(client: Client, place: Place, incident: Incident) -> Trace:
    """Open the trace of the first person by the page."""
    onset = (clock.now() - timedelta(hours=24)).astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")
    sent = {"id": uuid4(), "person": place.people[0], "incident": incident.id, "onset": onset, "q": place.names[0]}
    assert client.post("/tracing/new", sent).status_code == 302
    return Trace.objects.get(person_id=place.people[0])


def contact(place: Place, trace: Trace, person: int) -> Contact:
    return trace.contacts.get(person_id=place.people[person])


def says(client: Client, trace: Trace, one: Contact, word: str, **more: str) -> int:
    sent = {"contact": one.id, "says": word, "paper": "疫防〔2022〕3 号", **more}
    return client.post(f"/tracing/{trace.id}/decide", sent).status_code


def tea(place: Place) -> list[str]:
    return [row(place, 0, TEA, 30, 28), row(place, 6, TEA, 29, 27), row(place, 15, TEA, 28.1, 27.9)]


@pytest.mark.row("S0-12")
def test_visits_come_by_batch_are_counted_once_and_give_candidates_with_evidence_that_an_analyst_decides(
    place: Place, incident: Incident
) -> None:
    client = client_of(place, "tracer")
    rows = [*tea(place), row(place, 6, TEA, 29, 27), row(place, 3, TEA, 27, 29), row(place, 3, "没有的店", 29, 27)]
    said = brought(client, incident, rows)
    assert "Rows read 6: kept 3, known before 1; rows to correct 2." in said
    assert "kept 0, known before 3" in brought(client, incident, tea(place))  # by another source, the same stays
    trace = traced(client, place, incident)
    met = contact(place, trace, 6)
    page = text_of(client.get(f"/tracing/{trace.id}?contact={met.id}"))
    assert place.names[6] in page and TEA in page and "60 min together" in page and "Not seen:" in page
    assert contact(place, trace, 15).degree == 2  # six minutes beside the case, and beside the close contact
    assert says(client, trace, met, "close") == 302
    near = contact(place, trace, 1)
    assert says(client, trace, near, "reject") == 422  # an analyst says why
    assert says(client, trace, near, "reject", reason="出差，未同住") == 302
    # Further visits add candidates, and what the analyst decided stays.
    brought(client, incident, [row(place, 9, TEA, 29.5, 28.5)])
    assert client.post(f"/tracing/{trace.id}/again").status_code == 302
    assert contact(place, trace, 9).state == "proposed" and contact(place, trace, 1).state == "rejected"
    assert contact(place, trace, 6).state == "listed"
    for post, address in (("neighbour", f"/tracing/{trace.id}"), ("neighbour", f"/tracing/{trace.id}/brief")):
        refusal(client_of(place, post).get(address), 404, "tracing.missing")
    assert names_in(client_of(place, "neighbour").get("/tracing"), place) == set()


@pytest.mark.row("S0-13")
def test_contacts_of_both_degrees_go_from_listed_to_released_and_minutes_to_each_list_are_told(
    place: Place, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(place, "tracer")
    brought(client, incident, tea(place))
    trace = traced(client, place, incident)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=45))
    for one in trace.contacts.filter(degree=1):
        assert says(client, trace, one, "close", answer="not-alone") == 302
    brief = text_of(client.get(f"/tracing/{trace.id}/brief"))
    assert "45 minutes" in brief and brief.count("not complete yet") == 1  # the second list is not complete
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=90))
    for one in trace.contacts.filter(degree=2):
        assert says(client, trace, one, "second", answer="not-alone") == 302
    brief = text_of(client.get(f"/tracing/{trace.id}/brief"))
    assert "45 minutes" in brief and "90 minutes" in brief and "not complete yet" not in brief
    assert "after 90 minutes" in text_of(client.get("/tracing"))
    second = contact(place, trace, 15)
    assert masked(place.names[6]) in text_of(client.get(f"/tracing/{trace.id}?show=listed&contact={second.id}"))
    times = {}
    for n, step in enumerate(("located", "notified", "isolated")):
        monkeypatch.setattr(clock, "now", lambda n=n: now + timedelta(minutes=100 + n))
        sent = {"contact": second.id, "to": step}
        assert client.post(f"/tracing/{trace.id}/step", sent).status_code == 302
        times[step] = now + timedelta(minutes=100 + n)
    second.refresh_from_db()
    assert {s: getattr(second, f"{s}_at") for s in times} == times and second.state == "isolated"
    case = WatchCase.objects.get(source_id=second.id)
    assert (case.kind, case.days) == ("contact-second", 7)
    sent = {"why": "七天满，两次阴性", "paper": "解 7"}
    assert client.post(f"/watch/{case.id}/free", sent).status_code == 302
    second.refresh_from_db()
    assert second.state == "released" and second.released_at is not None


@pytest.mark.row("S0-14")
def test_the_brief_counts_names_venues_and_its_proposal_becomes_a_draft_zone(place: Place, incident: Incident) -> None:
    client = client_of(place, "tracer")
    brought(client, incident, [*tea(place), row(place, 30, TEA, 29, 27)])  # 30 lives in the second committee
    trace = traced(client, place, incident)
    for n in (6, 30):
        assert says(client, trace, contact(place, trace, n), "close") == 302
    brief = text_of(client.get(f"/tracing/{trace.id}/brief"))
    cells = re.findall(r"<tr><th scope=\"row\">(\S+)</th><td class=\"num\">(\d+)</td><td class=\"num\">(\d+)</td>"
                       r"<td class=\"num\">(\d+)</td>", brief)  # fmt: skip
    (parts, whole) = (cells[:-1], cells[-1])
    assert {c[0] for c in parts} == {"沙洲社区居委会", "金洲社区居委会"}
    assert tuple(sum(int(p[k]) for p in parts) for k in (1, 2, 3)) == tuple(int(v) for v in whole[1:])
    assert int(whole[1]) == 2 and TEA in brief and BATH not in brief
    assert re.search(
        r'<td class="num">24</td><td>people live there</td>', brief
    )  # two buildings of four doors of three
    links = re.findall(r'href="(/incidents/[^"]+/zones/new[^"]+)"', brief)
    assert len(links) == 2
    own = next(x for x in links if str(place.area["committee"]) in x)
    form = text_of(client.get(own))
    assert f'value="{place.buildings["committee"][0]}" checked' in form and "1 close contacts live here" in form
    sent = {"id": uuid4(), "area": place.area["committee"], "name": "花园 1 栋", "kind": "sealed", "why": "w",
            "buildings": place.buildings["committee"][0]}  # fmt: skip
    assert client.post(f"/incidents/{incident.id}/zones/draft", sent).status_code == 302
    zone = ZoneVersion.objects.get(zone__incident=incident)
    assert zone.state == "draft" and [b.building_id for b in zone.buildings.all()] == [
        UUID(str(place.buildings["committee"][0]))
    ]
    refusal(client_of(place, "neighbour").get(f"/tracing/{trace.id}/brief"), 404, "tracing.missing")
