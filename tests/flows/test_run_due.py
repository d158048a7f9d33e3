"""An alert in the night reaches somebody, and goes on until somebody has it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from lianfang.base import clock
from lianfang.domains.incidents.models import Signal
from lianfang.flows.run_due import run_due
from tests.factories.place import PASSWORD, Place

pytestmark = pytest.mark.database


@pytest.mark.row("S3-01")
def test_an_alert_reaches_the_duty_officer_and_goes_to_the_next_when_nobody_acknowledges(
    place: Place, client: Client
) -> None:
    """Through the pages, whatever the hour or the day: a warning has no quiet hours and no holidays."""
    client.login(username="county", password=PASSWORD)
    found = timezone_text(clock.now())
    body = {
        "id": str(uuid4()),
        "edition": "cn-covid-9",
        "class": "case asymptomatic",
        "count": "1",
        "source": "常规检测",
        "area": str(place.area["committee"]),
        "found_at": found,
    }
    answer = client.post(reverse("signal-new"), body)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    signal = Signal.objects.get()
    assert signal.told_id == place.accounts["officer"].id and signal.acknowledge_by and place.system
    run_due(channels={}, by=place.system, at=signal.received_at)
    assert told(client, "officer") == 1 and told(client, "officer2") == 0
    run_due(channels={}, by=place.system, at=signal.acknowledge_by - timedelta(seconds=1))
    assert Signal.objects.get().told_id == place.accounts["officer"].id
    run_due(channels={}, by=place.system, at=signal.acknowledge_by)
    assert Signal.objects.get().told_id == place.accounts["officer2"].id
    assert told(client, "officer2") == 1
    assert client.post(reverse("signal-acknowledge", args=[signal.id])).status_code == 302
    done = Signal.objects.get()
    assert done.acknowledged_by == place.accounts["officer2"].id
    run_due(channels={}, by=place.system, at=clock.now() + timedelta(days=2))
    assert Signal.objects.get().told_id == place.accounts["officer2"].id


def told(client: Client, username: str) -> int:
    """How many alerts stand on an officer's day; leaves the officer signed in."""
    client.login(username=username, password=PASSWORD)
    return client.get(reverse("day")).content.decode().count("无症状")


def timezone_text(at: object) -> str:
    """A moment as a form's local date and time."""
    from django.utils.timezone import localtime

    return localtime(at).strftime("%Y-%m-%dT%H:%M")  # type: ignore[arg-type]
