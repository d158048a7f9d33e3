"""The page of kept data: who sees it, what an administrator may end, what an auditor witnesses."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lianfang.base import clock
from lianfang.domains.editions.queries import edition
from lianfang.domains.incidents.models import Incident
from lianfang.domains.privacy.models import Destruction, LegalHold
from lianfang.domains.privacy.queries import live_classes
from lianfang.flows.enter_phase import enter_phase
from lianfang.flows.purge import HOLDERS, certificate_problem, certify
from lianfang.web.privacy import HELD
from tests.factories.place import PASSWORD
from tests.web.conftest import Town
from tests.web.pages import refusal, statements


def client_of(town: Town, post: str) -> Client:
    """A browser in which a post is signed in."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert client.login(username=town.place.accounts[post].username, password=PASSWORD)
    return client


def test_whatever_holds_personal_values_has_a_word_on_the_certificate() -> None:
    assert set(HELD) == {name for name, _ in HOLDERS}


def closed(town: Town) -> None:
    """The incident is over."""
    last = edition(town.incident.edition)["phases"][-1]["name"]
    enter_phase(incident_id=town.incident.id, phase=last, reason="r", by=town.place.actor("command"), at=clock.now())


def live(town: Town) -> set[str]:
    """Classes that can be read."""
    return live_classes("incident", [town.incident.id]).get(town.incident.id, set())


def test_the_administrator_and_the_auditor_see_until_when_and_others_do_not(town: Town) -> None:
    for post in ("admin", "auditor"):
        text = client_of(town, post).get("/privacy").content.decode()
        assert "Where a person was" in text and "runs; the days count from its end" in text
    for post in ("grid", "command", "resident"):
        assert client_of(town, post).get("/privacy").status_code == 403
    assert str(town.incident.id) not in client_of(town, "auditor").get("/privacy").content.decode()


def test_sixty_incidents_cost_no_more_questions_than_one(town: Town) -> None:
    auditor = client_of(town, "auditor")
    auditor.get("/privacy")
    for n in (1, 60):
        i = town.incident
        Incident.objects.bulk_create(
            Incident(id=uuid4(), hazard=i.hazard, edition=i.edition, area=i.area, title=i.title, phase="closed",
                     alerted_at=i.alerted_at, opened_at=i.opened_at, opened_by=i.opened_by, closed_at=clock.now())
            for _ in range(n)
        )  # fmt: skip
        with CaptureQueriesContext(connection) as seen:
            assert auditor.get("/privacy").status_code == 200
        assert len(statements(seen)) <= 12, [s[:120] for s in statements(seen)]


def test_destroyed_by_hand_certified_by_the_job_witnessed_by_another(town: Town) -> None:
    closed(town)
    admin, url = client_of(town, "admin"), f"/privacy/{town.incident.id}/destroy"
    sent = {"id": str(uuid4()), "class": ["plea", "contact"], "why": "its purpose is reached"}
    refusal(admin.post(url, sent), 422, "base.invalid")  # not said to be sure
    assert live(town) >= {"plea", "contact"}
    for _ in range(2):  # pressed twice
        assert admin.post(url, {**sent, "sure": "1"}).status_code == 302
    order = Destruction.objects.get()
    assert live(town) & {"plea", "contact"} == set()
    paper = f"/privacy/certificates/{order.id}"
    assert "not yet" in admin.get(paper).content.decode()
    refusal(admin.get(paper + ".json"), 404, "privacy.certificate_missing")
    assert town.place.system and certify(by=town.place.system, at=clock.now()) == 1
    auditor = client_of(town, "auditor")
    assert "I was there" in auditor.get(paper).content.decode()
    assert "I was there" not in admin.get(paper).content.decode()
    assert auditor.post(paper + "/witness").status_code == 302
    assert Destruction.objects.get().witnessed_by == town.place.accounts["auditor"].id
    told = auditor.get(paper + ".json").json()
    assert told["states"]["classes"] == ["contact", "plea"] and told["states"]["destroyed_at"] and told["witnessed_at"]
    assert certificate_problem(told) == ""
    told["states"]["unreadable"]["work_items"] += 1
    assert certificate_problem(told) == "it was changed after it was signed"
    assert town.place.names[0] not in auditor.get(paper).content.decode()


def test_an_office_keeps_a_class_and_lets_go(town: Town) -> None:
    closed(town)
    admin = client_of(town, "admin")
    until = (clock.now() + timedelta(days=90)).date().isoformat()
    sent = {"id": str(uuid4()), "class": ["track"], "holder": "区法院 3 号", "why": "诉讼", "until": until}
    refusal(admin.post(f"/privacy/{town.incident.id}/hold", {**sent, "until": "soon"}), 422, "base.invalid")
    refusal(admin.post(f"/privacy/{town.incident.id}/hold", {**sent, "class": []}), 422, "privacy.legal_hold_unfit")
    assert admin.post(f"/privacy/{town.incident.id}/hold", sent).status_code == 302
    assert "区法院 3 号" in admin.get("/privacy").content.decode()
    again = {"id": str(uuid4()), "class": ["track"], "why": "r", "sure": "1"}
    refusal(admin.post(f"/privacy/{town.incident.id}/destroy", again), 409, "privacy.held_by_law")
    hold = LegalHold.objects.get()
    assert admin.post(f"/privacy/holds/{hold.id}/lift").status_code == 302
    assert admin.post(f"/privacy/{town.incident.id}/destroy", again).status_code == 302 and "track" not in live(town)


def test_neither_the_neighbours_administrator_nor_an_auditor_orders_anything(town: Town) -> None:
    closed(town)
    sent = {"id": str(uuid4()), "class": ["plea"], "why": "r", "sure": "1"}
    url = f"/privacy/{town.incident.id}/destroy"
    refusal(client_of(town, "auditor").post(url, sent), 403, "accounts.right_missing")
    for post in ("neighbour", "neighbour_grid", "grid"):
        refusal(client_of(town, post).post(url, sent), 404, "incidents.missing")
    refusal(client_of(town, "admin").post(f"/privacy/{uuid4()}/destroy", sent), 404, "incidents.missing")
    refusal(client_of(town, "admin").post(f"/privacy/holds/{uuid4()}/lift"), 404, "privacy.legal_hold_missing")
    assert live(town) >= {"plea"} and not Destruction.objects.exists()
