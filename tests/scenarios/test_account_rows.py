"""The row of accounts shown through pages: many bodies, each with its own administrator, under one command."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.test import Client

from lianfang.base import clock
from lianfang.domains.accounts.models import Account, RoleGrant
from lianfang.domains.editions.queries import edition
from lianfang.domains.incidents.models import Incident
from lianfang.domains.work.models import Item
from lianfang.domains.work.services import NewItem, open_item
from tests.factories.place import Place
from tests.scenarios.test_incident_rows import reported
from tests.web.conftest import Town
from tests.web.pages import client_of, names_in, refusal, text_of
from tests.web.test_accounts import body_of, granted, opened, signed_in_by

# Body, sort, area it belongs to, the body above it, roles its administrator may hand on.
BODIES = [
    ("税务局", "bureau", "district", "", ("publicity",)),
    ("司法局", "bureau", "district", "", ("street-lead", "grid-worker")),
    ("人民法院", "court", "district", "", ("publicity",)),
    ("客运公司", "company", "street", "司法局", ("volunteer",)),
    ("沙洲小学", "school", "committee", "", ("volunteer", "grid-worker")),
]


def bodies_set_up(place: Place) -> dict[str, Client]:
    """Each body with an account of its own that administers it, opened by the command's administrator; signed in."""
    admin, known, heads = client_of(place, "admin"), {"": None}, {}
    for name, kind, where, above, roles in BODIES:
        parent = {"parent": known[above]} if above else {}
        body = body_of(admin, name, place.area[where], kind=kind, **parent)
        known[name] = body.id
        account, word = opened(admin, f"head.{len(heads)}", place.area[where], body=body.id)
        answer = granted(admin, account, "administrator", place.area[where], of_body="1", delegates=roles)
        assert answer.status_code == 302, text_of(answer)
        heads[name] = signed_in_by(account.username, word)
    return heads


def second_incident(place: Place) -> tuple[Incident, UUID]:
    """Another open incident in the same district, with a task in the same committee."""
    signal = reported(place, "confirmed")
    sent = {"id": uuid4(), "area": place.area["district"]}
    assert client_of(place, "command").post(f"/signals/{signal}/open", sent).status_code == 302
    other = Incident.objects.latest("opened_at")
    item = open_item(kind_name="door-survey", incident_id=other.id, by=place.actor("lead"), at=clock.now(),
                     item=NewItem(uuid4(), place.area["committee"], "household", place.households[2]))  # fmt: skip
    return other, item


def task_beside(town: Town) -> UUID:
    """A task of the same incident in the next committee."""
    place = town.place
    return open_item(kind_name="door-survey", incident_id=town.incident.id, by=place.actor("street"), at=clock.now(),
                     item=NewItem(uuid4(), place.area["committee2"], "household", place.households[8]))  # fmt: skip


@pytest.mark.row("S1-50")
def test_many_bodies_act_under_one_command_each_with_its_own_accounts_and_rights_end_with_the_post(town: Town) -> None:
    place, heads = town.place, bodies_set_up(town.place)
    admin, school, court = client_of(place, "admin"), heads["沙洲小学"], heads["人民法院"]
    listed = text_of(admin.get("/accounts"))
    assert "5 bodies under one command" in listed and "none yet" not in listed
    assert "司法局" in listed.split("客运公司</a>")[1].split("</tr>")[0]  # the company stands under the bureau

    # Each administrator keeps the accounts of its own body and no other's, and reads nothing else.
    body = Account.objects.get(username="head.4").organisation_id
    teacher, word = opened(school, "teacher", place.area["committee"], body=body)
    assert "post teacher" in text_of(school.get("/accounts"))
    assert "post teacher" not in text_of(court.get("/accounts"))
    assert "grid-worker committee" not in text_of(school.get("/accounts"))
    refusal(court.get(f"/accounts/{teacher.id}"), 404, "accounts.missing")
    refusal(court.post(f"/accounts/{teacher.id}/password"), 404, "accounts.missing")
    refusal(school.post("/accounts/new", {"username": "other", "label": "l", "area": place.area["committee"]}), 403,
            "accounts.right_missing")  # fmt: skip
    for address in ("/register", "/work", "/reads", f"/register/door/{place.households[0]}"):
        assert school.get(address).status_code in (403, 404), address
    assert names_in(school.get("/accounts"), place) == set()

    # It hands on what was delegated to it, in its place.
    here, beside = place.area["committee"], place.area["committee2"]
    refusal(granted(school, teacher, "tracer", here), 403, "accounts.role_not_delegated")
    refusal(granted(school, teacher, "administrator", here), 403, "accounts.role_not_delegated")
    refusal(granted(school, teacher, "volunteer", beside), 403, "accounts.right_missing")

    # Rights are role x place x incident: a grid worker of this committee for one of two incidents.
    other, of_other = second_incident(place)
    next_door = task_beside(town)
    assert granted(school, teacher, "grid-worker", here, incident=town.incident.id).status_code == 302
    worker = signed_in_by("teacher", word)
    board = text_of(worker.get("/work?kind=door-survey"))
    assert f"/work/{town.free}" in board and f"/work/{of_other}" not in board and f"/work/{next_door}" not in board
    assert worker.get(f"/work/{town.free}").status_code == 200
    for foreign in (of_other, next_door):
        refusal(worker.get(f"/work/{foreign}"), 404, "work.item_missing")
        assert worker.post(f"/work/{foreign}/take").status_code in (403, 404)
    assert worker.get(f"/incidents/{town.incident.id}").status_code == 200
    refusal(worker.get(f"/incidents/{other.id}"), 404, "incidents.missing")
    refusal(worker.get("/register"), 403, "accounts.right_missing")
    refusal(worker.get(f"/incidents/{town.incident.id}/measures/new"), 403, "accounts.right_missing")

    # A task opens whom it is about to its holder; every such view is on the auditor's page, without names.
    behind = f"/register/door/{place.households[1]}"
    refusal(worker.get(behind), 404, "grid.household_missing")
    assert worker.post(f"/work/{town.free}/take").status_code == 302
    assert worker.get(behind).status_code == 200
    client_of(place, "grid").get(f"/register/door/{place.households[0]}", headers={"X-Purpose": "check of the day"})
    client_of(place, "lead").get(f"/register/door/{place.households[1]}")
    answer = client_of(place, "auditor").get("/reads")
    assert "2 views of personal data" in text_of(answer) and "check of the day" in text_of(answer)
    assert names_in(answer, place) == set()
    refusal(client_of(place, "admin").get("/reads"), 403, "accounts.right_missing")

    # The post ends, its rights end: the open session is refused at its next request, its work is on the board again.
    grant = RoleGrant.objects.get(account=teacher, to_at=None)
    assert school.post(f"/accounts/{teacher.id}/end", {"grant": grant.id}).status_code == 302
    refusal(worker.get("/work"), 403, "accounts.right_missing")
    refusal(worker.get(f"/work/{town.free}"), 404, "work.item_missing")
    refusal(worker.get(behind), 404, "grid.household_missing")
    assert Item.objects.get(id=town.free).owner_id is None


def test_a_post_of_one_incident_opens_every_page_of_it_and_no_list_beside_it(town: Town) -> None:
    """No page breaks for whoever holds a limited post alone; what is not of the incident is refused or empty."""
    place, admin = town.place, client_of(town.place, "admin")
    helper, word = opened(admin, "helper", place.area["district"])
    assert granted(admin, helper, "command", place.area["district"], incident=town.incident.id).status_code == 302
    _, of_other = second_incident(place)
    client = signed_in_by("helper", word)
    shown = ["/", "/map", "/work", "/work/kinds", "/incidents", f"/incidents/{town.incident.id}", "/sheet", "/wall",
             f"/incidents/{town.incident.id}/measures/new", f"/zones/{town.zone}", "/decisions", "/editions",
             f"/work/{town.survey}", "/work/spots", "/map/areas.json", "/map/zones.json"]  # fmt: skip
    for address in shown:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        assert f"/work/{of_other}" not in text_of(answer), address
    for address in ("/register", "/register/marks", "/register/answers", "/accounts", "/reads"):
        refusal(client.get(address), 403, "accounts.right_missing")
    for address in (f"/register/door/{place.households[0]}", f"/work/{of_other}"):
        assert client.get(address).status_code == 404, address


@pytest.mark.row("S1-50")
def test_a_post_for_one_incident_ends_when_the_incident_closes(town: Town) -> None:
    place, admin = town.place, client_of(town.place, "admin")
    helper, word = opened(admin, "helper", place.area["committee"])
    answer = granted(admin, helper, "committee-lead", place.area["committee"], incident=town.incident.id)
    assert answer.status_code == 302, text_of(answer)
    client = signed_in_by("helper", word)
    assert client.get("/work").status_code == 200
    sent = {"to": "", "phase": edition(town.incident.edition)["phases"][-1]["name"], "reason": "over"}
    assert client_of(place, "command").post(f"/incidents/{town.incident.id}/phase", sent).status_code == 302
    refusal(client.get("/work"), 403, "accounts.right_missing")
    refusal(granted(admin, helper, "medic", place.area["committee"], incident=town.incident.id), 409,
            "incidents.closed")  # fmt: skip
    assert "Ended" in text_of(admin.get(f"/accounts/{helper.id}"))
