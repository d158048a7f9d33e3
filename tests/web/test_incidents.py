"""Incidents: a signal reported, acknowledged and opened once; phases change with a reason; who may not is refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from lianfang.base import clock
from lianfang.domains.incidents.models import Incident, Signal
from lianfang.web.words import local
from tests.web.conftest import Town
from tests.web.pages import client_of, last_entry, refusal, services_since, text_of


def reported(town: Town) -> dict[str, object]:
    """The form of a case in the second community."""
    return {"id": uuid4(), "edition": "cn-covid-8", "class": "case confirmed", "area": "990101001002", "count": "1",
            "source": "CDC",
            "found_at": local(clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")}  # fmt: skip


def test_two_presses_report_one_signal_and_open_one_incident(town: Town) -> None:
    officer, form = client_of(town.place, "officer"), reported(town)
    for _ in range(2):
        assert officer.post("/signals/new", form).status_code == 302
    assert Signal.objects.filter(id=form["id"]).count() == 1
    for _ in range(2):
        assert officer.post(f"/signals/{form['id']}/acknowledge").status_code == 302
    opened = {"id": uuid4(), "area": town.place.area["district"]}
    for _ in range(2):
        officer.post(f"/signals/{form['id']}/open", opened)
    assert Incident.objects.filter(id=opened["id"]).count() == 1 and Incident.objects.count() == 2


def test_a_form_with_a_gap_keeps_what_was_typed(town: Town) -> None:
    mark = last_entry()
    answer = client_of(town.place, "officer").post("/signals/new", {**reported(town), "source": "", "count": "two"})
    page = text_of(answer)
    assert answer.status_code == 422 and "Say who told you." in page and "A whole number from 1." in page
    assert 'value="990101001002"' in page and services_since(mark) == []


def test_a_phase_changes_in_one_write_with_its_reason_on_the_page(town: Town) -> None:
    command, mark = client_of(town.place, "command"), last_entry()
    names = [p["name"] for p in command.get(f"/incidents/{town.incident.id}").context["phases"]]
    new = next(n for n in names if n != town.incident.phase)
    form = {"phase": new, "reason": "two generations"}
    assert command.post(f"/incidents/{town.incident.id}/phase", form).status_code == 302
    assert services_since(mark).count("incidents.change_phase") == 1
    assert Incident.objects.get(id=town.incident.id).phase == new
    assert "two generations" in text_of(command.get(f"/incidents/{town.incident.id}"))


def test_who_may_not_change_a_phase_or_report_is_refused(town: Town) -> None:
    mark, address = last_entry(), f"/incidents/{town.incident.id}/phase"
    refusal(client_of(town.place, "grid").post(address, {"phase": "x"}), 403, "accounts.right_missing")
    refusal(client_of(town.place, "command").post(address, {"phase": "x"}), 422, "incidents.phase_unknown")
    assert client_of(town.place, "neighbour").post(address, {"phase": "x"}).status_code in (403, 404)
    refusal(client_of(town.place, "volunteer").get("/signals/new"), 403, "accounts.right_missing")
    assert services_since(mark) == []


def test_no_name_of_a_person_is_on_an_incidents_page(town: Town) -> None:
    page = text_of(client_of(town.place, "command").get(f"/incidents/{town.incident.id}"))
    assert not [n for n in town.place.names if n in page]
