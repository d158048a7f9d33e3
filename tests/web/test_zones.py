"""Incidents, zones, decisions, map and wall: a signal becomes a zone that holds people, and ends, through the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.holds.queries import persons_held
from lianfang.domains.incidents.models import Incident, Signal, ZoneVersion
from lianfang.domains.incidents.services import report_signal
from lianfang.flows.open_incident import open_incident
from tests.factories.place import Place

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def plain_static(settings: Any) -> None:
    """Pages name their static files as they stand: nothing was collected under test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def client_of(place: Place, post: str, language: str = "en") -> Client:
    """A browser signed in as a post."""
    client = Client()
    client.force_login(place.accounts[post], BACKEND)
    client.cookies["django_language"] = language
    return client


def case(place: Place, building: Any = None) -> Signal:
    """A confirmed case, reported an hour ago."""
    now = clock.now()
    return report_signal(
        signal_id=uuid4(),
        kind="case",
        case_class="confirmed",
        edition_code="cn-covid-9",
        area_id=place.area["committee"],
        building_id=building,
        count=1,
        source="CDC",
        found_at=now - timedelta(hours=1),
        by=place.actor("officer", now),
        at=now,
    )


@pytest.fixture
def incident(place: Place) -> Incident:
    """An open incident over the district."""
    now = clock.now()
    signal = case(place, place.buildings["committee"][0])
    return open_incident(
        incident_id=uuid4(),
        signal_id=signal.id,
        area_id=place.area["district"],
        is_drill=True,
        by=place.actor("command", now),
        at=now,
    )


def drafted(place: Place, incident: Incident, kind: str = "high") -> ZoneVersion:
    """A draft through the page, as the duty officer."""
    form = {
        "id": uuid4(),
        "area": place.area["committee"],
        "kind": kind,
        "name": "Garden 1",
        "why": "a case lives here",
        "buildings": [str(place.buildings["committee"][0])],
    }
    client_of(place, "officer").post(f"/incidents/{incident.id}/zones/draft", form)
    return ZoneVersion.objects.get(id=form["id"])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_for_the_command_in_both_languages(place: Place, incident: Incident, language: str) -> None:
    v, client = drafted(place, incident), client_of(place, "command", language)
    for address in (
        "/incidents",
        "/signals/new",
        f"/incidents/{incident.id}",
        f"/incidents/{incident.id}/zones/new",
        f"/zones/{v.id}",
        "/decisions",
        "/map",
        "/map/areas.json",
        "/map/zones.json",
        "/wall",
        f"/map/sheet?area={place.area['street']}",
        f"/map/sheet?zone={v.id}",
    ):
        assert client.get(address).status_code == 200, address


def test_a_signal_is_reported_acknowledged_and_opens_an_incident_whose_checklist_is_shown(place: Place) -> None:
    officer = client_of(place, "officer")
    form = {
        "id": uuid4(),
        "edition": "cn-covid-9",
        "class": "case confirmed",
        "area": "990101001001",
        "count": "2",
        "source": "CDC",
        "found_at": "2026-07-21T08:00",
    }
    assert officer.post("/signals/new", form).status_code == 302
    assert officer.post("/signals/new", {**form, "area": "nowhere", "id": uuid4()}).status_code == 422
    assert Signal.objects.count() == 1 and Signal.objects.get().count == 2
    assert officer.post(f"/signals/{form['id']}/acknowledge").status_code == 302
    answer = officer.post(f"/signals/{form['id']}/open", {"id": uuid4(), "area": place.area["district"]}, follow=True)
    assert "Checklist" in answer.content.decode() and Incident.objects.count() == 1


def test_what_a_choice_means_is_shown_before_anybody_decides(place: Place, incident: Incident) -> None:
    answer = client_of(place, "officer").post(
        f"/incidents/{incident.id}/zones/what-if", {"kind": "high", "committees": [place.area["committee"]]}
    )
    assert "24" in answer.content.decode() and "Stays at home" in answer.content.decode()
    assert persons_held(clock.now()) == 0


def test_the_least_intrusive_kind_is_chosen_beforehand(place: Place, incident: Incident) -> None:
    page = client_of(place, "officer").get(f"/incidents/{incident.id}/zones/new").content.decode()
    assert 'value="low" checked' in page and page.index('value="low"') < page.index('value="high"')


def test_buildings_outside_the_actors_area_are_not_taken_into_a_draft(place: Place, incident: Incident) -> None:
    form = {
        "id": uuid4(),
        "area": place.area["committee"],
        "kind": "low",
        "name": "x",
        "why": "y",
        "buildings": [str(place.buildings["committee"][0]), str(place.buildings["neighbour_committee"][0])],
    }
    client_of(place, "officer").post(f"/incidents/{incident.id}/zones/draft", form)
    assert ZoneVersion.objects.get(id=form["id"]).buildings.count() == 1


def test_asked_granted_in_force_and_lifted_and_the_asker_sees_why_he_cannot_decide(
    place: Place, incident: Incident
) -> None:
    v, officer, command = drafted(place, incident), client_of(place, "officer"), client_of(place, "command")
    asked = uuid4()
    officer.post(f"/zones/{v.id}/ask", {"id": asked, "reason": "by the plan"})
    assert "You asked, so you cannot decide" in officer.get(f"/zones/{v.id}").content.decode()
    assert officer.post(f"/decisions/{asked}/say", {"says": "grant", "paper_number": "1"}).status_code == 403
    assert "1 decision waits for you" in command.get("/decisions").content.decode()
    assert command.post(f"/decisions/{asked}/say", {"says": "grant", "paper_number": ""}).status_code == 422
    assert command.post(f"/decisions/{asked}/say", {"says": "shout"}).status_code == 422
    command.post(f"/decisions/{asked}/say", {"says": "grant", "paper_number": "No. 5", "next": f"/zones/{v.id}"})
    assert persons_held(clock.now()) == 12
    assert persons_held(clock.now(), area_id=place.area["street2"]) == 0
    assert "Garden 1" in client_of(place, "grid").get("/map/zones.json").content.decode()
    command.post(f"/zones/{v.id}/lift", {"why": "all negative"})
    assert persons_held(clock.now()) == 0


def test_a_neighbour_sees_neither_incident_nor_zone_nor_map_of_the_district(place: Place, incident: Incident) -> None:
    v, neighbour = drafted(place, incident), client_of(place, "neighbour")
    assert neighbour.get(f"/incidents/{incident.id}").status_code == 404
    assert neighbour.get(f"/zones/{v.id}").status_code == 404
    assert neighbour.get(f"/map?area={place.area['district']}").status_code == 403
    assert neighbour.get(f"/map/buildings.json?area={place.area['committee']}").status_code == 403


def test_parts_on_the_map_add_up_to_the_whole(place: Place, incident: Incident) -> None:
    client = client_of(place, "command")
    parts = client.get("/map/areas.json").json()
    assert parts["shapes"]["features"] == []  # the small district has no outlines; the list remains
    context = client.get("/map").context
    assert sum(f.left for f in context["parts"]) + context["whole"].direct == context["whole"].left == 15


def test_the_wall_is_for_those_who_may_read_work(place: Place) -> None:
    assert client_of(place, "auditor").get("/wall").status_code == 403
