"""A local value: asked with a reason through the page, approved by another, in force from then and only here."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from lianfang.domains.decisions.models import Decision
from lianfang.domains.editions.models import Override
from lianfang.domains.editions.queries import value
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.database
NAME = "heat_call_attempts"


def asked(client: Client, place: Place, **more: str) -> int:
    body = {
        "id": str(uuid4()),
        "area": str(place.area["district"]),
        "name": NAME,
        "value": "5",
        "reason": "山区信号差",
        **more,
    }
    return client.post(reverse("edition-override", args=["cn-heat-1"]), body).status_code


def test_an_override_holds_only_when_another_has_approved_it_and_only_here(place: Place, client: Client) -> None:
    printed = value("cn-heat-1", NAME, area_id=place.area["committee"], at=place.at)
    client.login(username="command", password=PASSWORD)
    assert asked(client, place) == 302
    decision = Decision.objects.get(kind="override-value")
    assert decision.evidence["before"] == printed and decision.evidence["after"] == 5
    own = client.post(reverse("decision-say", args=[decision.id]), {"says": "grant", "reason": "ok"})
    assert own.status_code == 403 and not Override.objects.exists()
    client.login(username="above", password=PASSWORD)
    assert (
        client.post(reverse("decision-say", args=[decision.id]), {"says": "grant", "reason": "同意"}).status_code == 302
    )
    later = Override.objects.get().from_at
    assert value("cn-heat-1", NAME, area_id=place.area["committee"], at=later) == 5
    assert value("cn-heat-1", NAME, area_id=place.area["neighbour"], at=later) == printed
    assert value("cn-heat-1", NAME, area_id=place.area["committee"], at=place.at) == printed
    client.login(username="command", password=PASSWORD)
    page = client.get(reverse("edition", args=["cn-heat-1"])).content.decode()
    assert "<b>5</b>" in page and str(printed) in page


@pytest.mark.parametrize("more", [{"value": "many"}, {"value": "true"}, {"reason": " "}])
def test_a_value_that_is_no_number_or_has_no_reason_is_refused(
    place: Place, client: Client, more: dict[str, str]
) -> None:
    client.login(username="command", password=PASSWORD)
    assert asked(client, place, **more) == 422
    assert not Decision.objects.exists()


def test_who_may_not_ask_is_refused(place: Place, client: Client) -> None:
    client.login(username="neighbour", password=PASSWORD)
    assert asked(client, place) == 403
    assert not Decision.objects.exists()
